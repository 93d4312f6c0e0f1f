package main

import "testing"

func TestRouteCommands(t *testing.T) {
	runCommands(t, []command{
		{"a project", "", words("project add 9876 --name Line --number 78001 --number +78002 --queue support@default"), 0, `^$`, ""},
		{"none", "", words("route list"), 0, `^NAME +PROJECT +NUMBERS +HOURS +OPEN +CLOSED +OTHERWISE\n$`, ""},
		{"add", "", append(words("route add day --project 9876 --number 78001 --open queue:support@default --closed hangup:USER_BUSY --announce a.wav --closed-announce b.wav"+
			" --timeout queue:second --no-agents hangup --failed continue --key 1=transfer:100@x --key *=hangup:USER_BUSY"), "--hours", "Mon-Fri 09:00-18:00; 2026-12-31 closed"), 0, `^$`, ""},
		{"add with little", "", words("route add rest --project 9876"), 0, `^$`, ""},
		{"add the default one", "", words("route add std --open hangup:UNALLOCATED_NUMBER"), 0, `^$`, ""},
		{"list, in the order made", "", words("route list"), 0,
			`\nday +9876 +78001 +Mon-Fri 09:00-18:00; 2026-12-31 closed +a\.wav, queue:support@default +b\.wav, hangup:USER_BUSY +` +
				`timeout queue:second, no agents hangup, failed continue, \* hangup:USER_BUSY, 1 transfer:100@x\n` +
				`rest +9876 +\(the rest\) +always +\(first queue\) +continue +-\nstd +\(default\) +\(nobody's\) +always +hangup:UNALLOCATED_NUMBER +continue +-\n$`, ""},
		{"name in use", "", words("route add day --project 9876"), 1, `^$`, "conflict Route"},
		{"no such project", "", words("route add x --project 5"), 1, `^$`, "not found Project"},
		{"a number of nobody's", "", words("route add x --project 9876 --number 5"), 1, `^$`, "…5 is no number of project 9876"},
		{"a number of another route", "", words("route add x --project 9876 --number 78001"), 1, `^$`, "…8001 belongs to route day"},
		{"the rest twice", "", words("route add x --project 9876"), 1, `^$`, "route rest takes the numbers"},
		{"a number of the default route", "", words("route add x --number 5"), 1, `^$`, "names none"},
		{"hours that are none", "", words("route add x --project 9876 --number +78002 --hours daily"), 1, `^$`, "hours"},
		{"step that is none", "", words("route add x --project 9876 --number +78002 --open play:x"), 1, `^$`, "queue:NAME"},
		{"key that is none", "", words("route add x --project 9876 --number +78002 --key A=hangup"), 1, `^$`, "no key"},
		{"key without a step", "", words("route add x --project 9876 --number +78002 --key 1"), 2, `^$`, "KEY=STEP"},
		{"a key twice", "", words("route add x --project 9876 --number +78002 --key 1=hangup --key 1=continue"), 2, `^$`, "each key once"},
		{"no name", "", words("route add --project 9876"), 2, `^$`, "<name>"},
		{"set", "", words("route set day --number +78002 --hours= --announce= --key 5=continue"), 0, `^$`, ""},
		{"it is set, the rest is not", "", words("route list"), 0,
			`\nday +9876 +\+78002 +always +queue:support@default +b\.wav, hangup:USER_BUSY +timeout queue:second, no agents hangup, failed continue, 5 continue\n`, ""},
		{"no keys", "", words("route set day --key="), 0, `^$`, ""},
		{"there are none", "", words("route list"), 0, `failed continue\n`, ""},
		{"set nothing", "", words("route set day"), 2, `^$`, "nothing to change"},
		{"set one that is none", "", words("route set x --open hangup"), 1, `^$`, "not found Route"},
		{"a project keeps what its routes name", "", words("project set 9876 --number 78001"), 1, `^$`, "…8002 is named by route day"},
		{"remove", "", words("route remove day"), 0, `^$`, ""},
		{"remove again", "", words("route remove day"), 1, `^$`, "not found Route"},
		{"routes go with their project", "", words("project remove 9876"), 0, `^$`, ""},
		{"gone", "", words("route list"), 0, `^[^\n]*\nstd [^\n]*\n$`, ""},
	})
}

package main

import "testing"

func TestDestinationCommands(t *testing.T) {
	runCommands(t, []command{
		{"none", "", words("destination list"), 0, `^FOR +ALLOW +DENY +LENGTH +CONCURRENT +DAILY +CODES\n$`, ""},
		{"set", "", words("destination set all --allow 7 --allow 8 --deny 7900 --min-length 5 --max-length 15 --concurrent 9 --daily 100 --codes"), 0, `^$`, ""},
		{"set another", "", append(words("destination set --deny 00"), "user:Анна Б"), 0, `^$`, ""},
		{"list", "", words("destination list"), 0,
			`\nall +7, 8 +7900 +5 to 15 +9 +100 +yes\nuser:Анна Б +- +00 +any to any +any +any +no\n$`, ""},
		{"set one thing", "", words("destination set all --no-codes"), 0, `^$`, ""},
		{"no prefixes", "", words("destination set all --allow= --deny="), 0, `^$`, ""},
		{"they are changed, the rest is not", "", words("destination list"), 0, `\nall +- +- +5 to 15 +9 +100 +no\n`, ""},
		{"prefix that is none", "", words("destination set all --allow 7a"), 1, `^$`, "wrong field allow"},
		{"prefix with a plus", "", words("destination set all --deny +7"), 1, `^$`, "wrong field deny"},
		{"lengths that admit nothing", "", words("destination set all --max-length 4"), 1, `^$`, "below min_length"},
		{"limit below zero", "", words("destination set all --daily=-1"), 1, `^$`, "wrong field daily"},
		{"for nobody", "", words("destination set user: --codes"), 2, `^$`, "want all, user:LOGIN or project:ID"},
		{"for something else", "", words("destination set queue:x --codes"), 2, `^$`, "want all, user:LOGIN or project:ID"},
		{"nothing", "", words("destination set all"), 2, `^$`, "nothing to change"},
		{"remove", "", words("destination remove all"), 0, `^$`, ""},
		{"remove again", "", words("destination remove all"), 1, `^$`, "not found Rule"},
		{"removed", "", words("destination list"), 0, `^[^\n]*\nuser:[^\n]*\n$`, ""},
	})
}

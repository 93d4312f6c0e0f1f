package main

import "testing"

func TestModuleCommands(t *testing.T) {
	runCommands(t, []command{
		{"a project", "", []string{"project", "add", "1111", "--name", "Shop", "--number", "9876"}, 0, ``, ""},
		{"off", "", []string{"module", "off", "contact/add"}, 0, `^$`, ""},
		{"off for a project", "", []string{"module", "off", "sms", "--project", "1111"}, 0, `^$`, ""},
		{"to come", "", []string{"module", "off", "report/sms", "--from", "2126-01-01"}, 1, `^$`, "want a time within a year"},
		{"in a while", "", []string{"module", "on", "report/users", "--from", "+2h"}, 0, `^$`, ""},
		{"off meanwhile, which forgets it", "", []string{"module", "off", "report/users"}, 0, `^$`, ""},
		{"in a while again", "", []string{"module", "on", "report/users", "--from", "+2h"}, 0, `^$`, ""},
		{"another to come", "", []string{"module", "off", "report/demoReport", "--from", "+48h"}, 0, `^$`, ""},
		{"not after all", "", []string{"module", "keep", "report/demoReport"}, 0, `^$`, ""},
		{"in no while", "", []string{"module", "off", "report/sms", "--from", "+later"}, 2, `^$`, "want a time such as"},
		{"from no time", "", []string{"module", "off", "report/sms", "--from", "tomorrow"}, 2, `^$`, "want a time such as"},
		{"long ago", "", []string{"module", "off", "report/sms", "--from", "2020-01-01 10:00"}, 0, `^$`, ""},
		{"no project", "", []string{"module", "off", "sms", "--project", "2222"}, 1, `^$`, "not found Project"},
		{"no action", "", []string{"module", "off", "sms/sent"}, 1, `^$`, "no module or action sms/sent"},
		{"no module", "", []string{"module", "off", "other"}, 1, `^$`, "no module or action other"},
		{"a right", "", []string{"module", "off", "numbers/see"}, 1, `^$`, "no module or action numbers/see"},
		{"nothing to come", "", []string{"module", "keep", "sms"}, 1, `^$`, "not found Switch"},
		{"the switches themselves", "", []string{"module", "off", "modules/edit"}, 0, `^$`, ""},
		{"list", "", []string{"module", "list"}, 0,
			`(?s)^MODULE +PROJECT +STATE +TO COME +WHAT\n.*\ncontact/add +- +off since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by command line +- +Make a call\ncontact/audio +- +on +- .*` +
				`\nsms +- +on +- .*\nsms +1111 +off since .*\nreport/sms +- +off since [^\n]*\n.*\nreport/users +- +off since \S+ \S+ by command line +on from \S+ \S+ by command line +Users\nreport/demoReport +- +on +- .*\nmodules/edit +- +off since `, ""},
	})
	for text, want := range map[string]string{"2026-12-01 18:00": "2026-12-01T18:00:00+03:00", "2026-12-01": "2026-12-01T00:00:00+03:00", "2026-12-01T18:00:00Z": "2026-12-01T18:00:00Z"} {
		f := flags{TimeZone: "Europe/Moscow"}
		if got, err := f.moment(text); err != nil || got.Format("2006-01-02T15:04:05Z07:00") != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
}

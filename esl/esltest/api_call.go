package esltest

import (
	"fmt"
	"slices"
	"strings"
)

const originateSyntax = "<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]"

func (s *Switch) apiOriginate(arg string) string {
	argv := separate(arg, ' ', 10)
	if len(argv) < 2 || len(argv) > 7 {
		return "-USAGE: " + originateSyntax + "\n"
	}
	for i := range argv {
		if strings.EqualFold(argv[i], "undef") {
			argv[i] = ""
		}
	}
	argv = append(argv, make([]string, 7-len(argv))...)
	dialplan, context, timeout := argv[2], argv[3], 60
	if dialplan == "" {
		dialplan = "XML"
	}
	if context == "" {
		context = "default"
	}
	if argv[6] != "" {
		timeout = atoi(argv[6])
	}
	c, cause := s.originate(origination{dial: argv[0], timeout: timeout, name: argv[4], number: argv[5]})
	if s.faults.late > 0 {
		s.sleep(s.faults.late)
	}
	if c == nil {
		return "-ERR " + cause + "\n"
	}
	if app, ok := strings.CutPrefix(argv[1], "&"); ok && app != "" {
		app, _, _ = strings.Cut(app, ")")
		name, data, _ := strings.Cut(app, "(")
		c.setExtension(&extension{name: name, number: data, apps: []App{{name, data}}})
		c.setState(csExecute)
	} else {
		c.transfer(argv[1], dialplan, context)
	}
	return "+OK " + c.uuid + "\n"
}

// apiHangupAll hangs up, newest first, all channels or those with a variable.
func (s *Switch) apiHangupAll(arg string) string {
	argv := separate(arg, ' ', 11)
	cause := "MANAGER_REQUEST"
	if len(argv) > 0 {
		cause = causeOr(argv[0], cause)
	}
	name, value, matching := "", "", len(argv) > 2
	if matching {
		name, value = argv[1], argv[2]
	}
	s.hangupMatching(name, value, cause)
	if matching {
		return fmt.Sprintf("+OK hangup all channels matching [%s]=[%s] with cause: %s\n", name, value, cause)
	}
	return "+OK hangup all channels with cause " + cause + "\n"
}

func (s *Switch) hangupMatching(name, value, cause string) {
	for _, c := range slices.Backward(slices.Clone(s.order)) {
		if name == "" || c.get(name) == value {
			c.hangup(cause)
		}
	}
}

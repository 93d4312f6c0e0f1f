package esltest

import (
	"strconv"
	"strings"
	"time"
)

// api is one command: what it prints, or ok=false for "Command not found!".
type api func(s *Switch, arg string) (out string, ok bool)

// say makes an api of a function that always succeeds.
func say(f func(s *Switch, arg string) string) api {
	return func(s *Switch, arg string) (string, bool) { return f(s, arg), true }
}

func findAPI(name string) api {
	switch strings.ToLower(name) {
	case "status":
		return say(func(s *Switch, _ string) string { return s.status() })
	case "version":
		return say((*Switch).apiVersion)
	case "uptime":
		return say((*Switch).apiUptime)
	case "originate":
		return say((*Switch).apiOriginate)
	case "uuid_kill":
		return say((*Switch).apiKill)
	case "uuid_bridge":
		return say((*Switch).apiBridge)
	case "uuid_transfer":
		return say((*Switch).apiTransfer)
	case "uuid_record":
		return say((*Switch).apiRecord)
	case "uuid_getvar":
		return say((*Switch).apiGetVar)
	case "uuid_setvar":
		return say((*Switch).apiSetVar)
	case "uuid_dump":
		return say((*Switch).apiDump)
	case "uuid_exists":
		return say(func(s *Switch, arg string) string { return strconv.FormatBool(s.locate(arg) != nil) })
	case "uuid_broadcast":
		return say((*Switch).apiBroadcast)
	case "uuid_break":
		return say((*Switch).apiBreak)
	case "uuid_hold":
		return say((*Switch).apiHold)
	case "uuid_park":
		return say((*Switch).apiPark)
	case "uuid_audio":
		return say((*Switch).apiAudio)
	case "uuid_send_dtmf":
		return say((*Switch).apiSendDTMF)
	case "uuid_buglist":
		return say((*Switch).apiBugs)
	case "uuid_answer":
		return say((*Switch).apiAnswer)
	case "hupall":
		return say((*Switch).apiHangupAll)
	case "eval":
		return say((*Switch).apiEval)
	case "expand":
		return say((*Switch).apiExpand)
	case "echo":
		return say(func(_ *Switch, arg string) string { return arg })
	case "global_getvar":
		return say((*Switch).apiGlobal)
	case "global_setvar":
		return say((*Switch).apiSetGlobal)
	case "show":
		return say((*Switch).apiShow)
	case "json":
		return say((*Switch).apiJSON)
	case "callcenter_config":
		return say(func(s *Switch, arg string) string { return s.cc.config(arg) })
	case "callcenter_break":
		return say(func(s *Switch, arg string) string { return s.cc.breakOff(arg) })
	case "sofia":
		return say((*Switch).apiSofia)
	case "sofia_contact":
		return say((*Switch).apiSofiaContact)
	case "create_uuid":
		return say(func(s *Switch, _ string) string { return s.newUUID() })
	case "msleep":
		return say(func(s *Switch, arg string) string {
			s.sleep(time.Duration(atoi(arg)) * time.Millisecond)
			return "+OK"
		})
	case "reloadxml":
		return say(func(s *Switch, _ string) string {
			s.fire(s.begin(siteReload, "RELOADXML"))
			return "+OK [Success]\n"
		})
	case "module_exists":
		return say((*Switch).apiModule)
	case "strepoch":
		return say(func(s *Switch, _ string) string { return seconds(s.now().Unix()) })
	case "strftime":
		return say((*Switch).apiStrftime)
	case "fsctl":
		return say((*Switch).apiControl)
	case "hostname", "switchname":
		return say(func(s *Switch, _ string) string { return s.cfg.Hostname })
	case "xml_locate":
		return say((*Switch).apiLocate)
	case "file_exists":
		return say((*Switch).apiFileExists)
	case "acl":
		return say((*Switch).apiACL)
	case "cond":
		return say(apiCond)
	}
	return nil
}

// execute runs an api command and returns what it prints. console reads the
// whole text as one line, as console_execute does.
func (s *Switch) execute(name, arg string, console bool) string {
	if console {
		line := strings.TrimSpace(strings.TrimSpace(name) + " " + arg)
		name, arg, _ = strings.Cut(line, " ")
	}
	s.received.command(strings.TrimSuffix(name+" "+arg, " "))
	if s.heard("API") {
		e := s.begin(siteAPI, "API")
		e.headers.add("API-Command", name)
		e.headers.add("API-Command-Argument", arg)
		s.fire(e)
	} else {
		s.seq++ // events count even if nobody listens
	}
	if life := s.life; s.faults.delay > 0 {
		if s.sleep(s.faults.delay); s.life != life {
			return ""
		}
	}
	if text, ok := s.faults.failing(name + " " + arg); ok {
		return text
	}
	if s.cutAt(s.faults.cutBefore, name+" "+arg) {
		return ""
	}
	defer s.cutAt(s.faults.cutAfter, name+" "+arg)
	if run := findAPI(name); run != nil {
		if out, ok := run(s, arg); ok {
			return out
		}
	}
	return "-ERR " + name + " Command not found!\n"
}

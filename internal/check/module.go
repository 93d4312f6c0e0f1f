package check

import (
	"context"
	"strings"
)

// needed are modules and what is not there without them.
var needed = [...]struct{ name, without string }{
	{"mod_dptools", "no dialplan can do anything"}, {"mod_dialplan_xml", "no call finds its dialplan"}, {"mod_sofia", "there are no SIP calls"},
	{"mod_callcenter", "there are no queues"}, {"mod_xml_cdr", "no CDR is posted"}, {"mod_sndfile", "nothing is recorded as wav"},
}

// modules sees that what callgate needs is loaded.
//
// Source: mod_commands.c module_exists_function.
func (x *examination) modules(ctx context.Context) {
	var there []string
	loaded := func(name string) (yes, known bool) {
		answer, ok := x.ask(ctx, "module_exists", name)
		if !ok {
			return false, false
		}
		switch answer {
		case "true":
			there = append(there, strings.TrimPrefix(name, "mod_"))
			return true, true
		case "false":
			return false, true
		}
		x.unknown("module_exists "+name, answer)
		return false, false
	}
	for _, m := range needed {
		if yes, known := loaded(m.name); known && !yes {
			x.wrong(m.name+" is not loaded: "+m.without, "load "+m.name+", and name it in modules.conf.xml for the next start")
		}
	}
	tones, known := loaded("mod_tone_stream")
	if music, _ := loaded("mod_local_stream"); known && !tones && !music {
		x.advise("neither mod_tone_stream nor mod_local_stream is loaded: who waits hears nothing", "load mod_tone_stream, and name it in modules.conf.xml")
	}
	if x.XMLPassword != "" {
		if yes, known := loaded("mod_xml_curl"); known && !yes {
			x.advise("mod_xml_curl is not loaded: queues defined in callgate are not seen", "load it before mod_callcenter in modules.conf.xml, or unset CALLGATE_XML_PASSWORD")
		}
	}
	if len(there) > 0 {
		x.ok("loaded: " + strings.Join(there, " "))
	}
}

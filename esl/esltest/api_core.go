package esltest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Switch) apiVersion(arg string) string {
	if strings.Contains(strings.ToLower(arg), "short") {
		return s.cfg.Version + "\n"
	}
	return "FreeSWITCH Version " + s.fullVersion() + " (" + s.cfg.BuildFor + ")\n"
}

func (s *Switch) apiUptime(arg string) string {
	unit := map[string]time.Duration{
		"": time.Second, "s": time.Second, "seconds": time.Second, "ms": time.Millisecond, "milliseconds": time.Millisecond,
		"us": time.Microsecond, "microseconds": time.Microsecond, "m": time.Minute, "minutes": time.Minute,
		"h": time.Hour, "hours": time.Hour, "d": 24 * time.Hour, "days": 24 * time.Hour,
	}[strings.ToLower(arg)]
	if unit == 0 {
		return "-USAGE: [us|ms|s|m|h|d|microseconds|milliseconds|seconds|minutes|hours|days]\n"
	}
	// Printed as 32 bits, whatever the unit.
	return strconv.FormatUint(uint64(uint32(s.now().Sub(s.started)/unit)), 10) + "\n"
}

func (s *Switch) apiEval(arg string) string {
	c, text := s.about(arg)
	if text == "" {
		return "-ERR No input\n"
	}
	return s.expand(text, c)
}

// about reads the uuid:X prefix of eval and expand.
func (s *Switch) about(arg string) (*channel, string) {
	if rest, ok := strings.CutPrefix(arg, "uuid:"); ok {
		id, text, _ := strings.Cut(rest, " ")
		return s.locate(id), text
	}
	return nil, arg
}

func (s *Switch) apiExpand(arg string) string {
	c, text := s.about(arg)
	if text == "" {
		return "-ERR No input\n"
	}
	name, rest, _ := strings.Cut(text, " ")
	if run := findAPI(name); run != nil {
		if out, ok := run(s, s.expand(rest, c)); ok {
			return out
		}
	}
	return "-ERR Cannot execute command\n"
}

func (s *Switch) apiGlobal(arg string) string {
	if arg != "" {
		return s.globals.get(arg)
	}
	var b strings.Builder
	for _, v := range s.globals {
		b.WriteString(v.name + "=" + v.value + "\n")
	}
	return b.String()
}

func (s *Switch) apiSetGlobal(arg string) string {
	name, value, ok := strings.Cut(arg, "=")
	if !ok || name == "" {
		return "-USAGE: <var>=<value> [=<value2>]\n"
	}
	s.globals.set(name, value)
	return "+OK"
}

func (s *Switch) apiModule(arg string) string {
	if arg == "" {
		return ""
	}
	known := []string{"mod_event_socket", "mod_callcenter", "mod_sofia", "mod_loopback", "mod_commands", "mod_dptools",
		"mod_dialplan_xml", "mod_xml_cdr", "mod_tone_stream", "mod_sndfile"}
	return strconv.FormatBool(slices.Contains(known, arg) || slices.Contains(s.cfg.Modules, arg))
}

// apiStrftime formats the clock, or an epoch given as "N|".
func (s *Switch) apiStrftime(arg string) string {
	at := s.now()
	if epoch, rest, ok := strings.Cut(arg, "|"); ok {
		at, arg = time.Unix(int64(atoi(epoch)), 0), rest
	}
	if arg == "" {
		arg = "%Y-%m-%d %T"
	}
	var b strings.Builder
	for i := 0; i < len(arg); i++ {
		if arg[i] != '%' || i+1 == len(arg) {
			b.WriteByte(arg[i])
			continue
		}
		i++
		layout, ok := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'T': "15:04:05",
			'F': "2006-01-02", 'y': "06", 'Z': "MST", 'z': "-0700", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January"}[arg[i]]
		switch {
		case ok:
			b.WriteString(at.Format(layout))
		case arg[i] == '%':
			b.WriteByte('%')
		default:
			return "" // switch_strftime refuses what it does not know, %s among them
		}
	}
	return b.String()
}

// control is what fsctl sets and nothing but a restart sets back. The processor of a pretend switch is always idle enough.
type control struct {
	noExpansion, paused bool
	minIdle             float64
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (s *Switch) apiControl(arg string) string {
	argv := append(separate(arg, ' ', 3), "", "")
	switch strings.ToLower(argv[0]) {
	case "":
		return "-USAGE: [api_expansion [on|off]|last_sps|max_sessions|sps|verbose_events [on|off]|uptime_msec]\n"
	case "hupall":
		s.hangupMatching("", "", causeOr(argv[1], "MANAGER_REQUEST"))
		return "+OK\n"
	case "max_sessions":
		if argv[1] != "" {
			s.cfg.MaxSessions = atoi(argv[1])
		}
		return "+OK max sessions: " + strconv.Itoa(s.cfg.MaxSessions) + "\n"
	case "sps":
		if argv[1] != "" {
			s.cfg.SessionsRate = atoi(argv[1])
		}
		return "+OK sessions per second: " + strconv.Itoa(s.cfg.SessionsRate) + "\n"
	case "last_sps":
		s.stats.tick(s.now())
		return "+OK last sessions per second: " + strconv.Itoa(s.stats.last) + "\n"
	case "api_expansion":
		if argv[1] != "" {
			s.control.noExpansion = !isTrue(argv[1])
		}
		return "+OK api_expansion is " + onOff(!s.control.noExpansion) + " \n"
	case "pause", "resume": // of both directions, whatever else is said
		s.control.paused = strings.EqualFold(argv[0], "pause")
		return "+OK\n"
	case "pause_check":
		return strconv.FormatBool(s.control.paused)
	case "min_idle_cpu":
		if argv[1] != "" {
			s.control.minIdle, _ = strconv.ParseFloat(argv[1], 64)
		}
		if s.control.minIdle <= 0 {
			return "+OK min idle cpu: DISABLED\n"
		}
		return fmt.Sprintf("+OK min idle cpu: %.2f\n", s.control.minIdle) // the sign after it is a broken format
	case "uptime_msec":
		return "+OK " + strconv.FormatInt(s.now().Sub(s.started).Milliseconds(), 10) + "\n"
	}
	return "+OK\n"
}

// apiCond is the ternary of dialplans, for equality only.
func apiCond(_ *Switch, arg string) string {
	test, rest, ok := strings.Cut(arg, " ? ")
	yes, no, both := strings.Cut(rest, " : ")
	left, right, equal := strings.Cut(test, " == ")
	if !ok || !both || !equal {
		return "-ERR"
	}
	if strings.Trim(left, "' ") == strings.Trim(right, "' ") {
		return yes
	}
	return no
}

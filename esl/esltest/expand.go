package esltest

import (
	"regexp"
	"strconv"
	"strings"
)

// isTrue reads a boolean as FreeSWITCH does.
func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	return atoi(s) != 0
}

// matchExpression matches a text against /expression/ or a bare expression.
func matchExpression(text, expression string) bool {
	expression = strings.TrimPrefix(expression, "/")
	if i := strings.LastIndexByte(expression, '/'); i >= 0 {
		expression = expression[:i]
	}
	re, err := regexp.Compile(expression)
	return err == nil && re.MatchString(text)
}

// separate splits an argument at delim as switch_separate_string does: single
// quotes group and vanish, a backslash escapes, several spaces count as one, the
// last of max parts takes the rest, and a leading ^^X changes the delimiter.
func separate(s string, delim byte, max int) []string {
	if len(s) > 3 && strings.HasPrefix(s, "^^") {
		delim, s = s[2], s[3:]
	}
	var parts []string
	for len(s) > 0 {
		if delim == ' ' {
			if s = strings.TrimLeft(s, " "); s == "" {
				break
			}
		}
		if len(parts) == max-1 {
			parts = append(parts, unquote(s))
			return parts
		}
		end, quoted := 0, false
		for end < len(s) && (s[end] != delim || quoted) {
			if s[end] == '\\' && end+1 < len(s) {
				end++
			} else if s[end] == '\'' {
				quoted = !quoted
			}
			end++
		}
		parts = append(parts, unquote(s[:min(end, len(s))]))
		if end >= len(s) {
			return parts
		}
		if s = s[end+1:]; s == "" && delim != ' ' {
			parts = append(parts, "")
		}
	}
	return parts
}

func unquote(s string) string {
	s = strings.Trim(s, " ")
	if !strings.ContainsAny(s, `'\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'':
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 'r':
				b.WriteByte('\r')
			case 't':
				b.WriteByte('\t')
			case 's':
				b.WriteByte(' ')
			case '\'', '\\', '"', ',', ' ', '$', '|':
				b.WriteByte(s[i])
			default:
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// expand replaces ${name}, ${name[i]}, ${api(args)} and $${global}. Channel
// variables come first, then the channel's own facts, then global variables.
func (s *Switch) expand(text string, c *channel) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		skip := 0
		switch {
		case strings.HasPrefix(rest, "$${"):
			skip = 3
		case strings.HasPrefix(rest, "${"):
			skip = 2
		case strings.HasPrefix(rest, `\$`):
			b.WriteByte('$')
			i++
			continue
		}
		end := closing(rest, skip)
		if skip == 0 || end < 0 {
			b.WriteByte(text[i])
			continue
		}
		name := s.expand(rest[skip:end], c)
		i += end
		if skip == 3 {
			b.WriteString(s.globals.get(name))
			continue
		}
		if api, arg, ok := strings.Cut(name, "("); ok && strings.HasSuffix(arg, ")") {
			b.WriteString(s.execute(strings.TrimSpace(api), strings.TrimSuffix(arg, ")"), false))
			continue
		}
		b.WriteString(s.variable(name, c))
	}
	return b.String()
}

// closing finds the brace that closes the one before from.
func closing(s string, from int) int {
	depth := 1
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (s *Switch) variable(name string, c *channel) string {
	index := -1
	if base, rest, ok := strings.Cut(name, "["); ok {
		index, name = atoi(rest), base
	}
	if c != nil {
		for _, v := range c.vars {
			if strings.EqualFold(v.name, name) {
				if index >= 0 && index < len(v.array) {
					return v.array[index]
				}
				return v.value
			}
		}
		if v := c.fact(name); v != "" {
			return v
		}
	}
	return s.globals.get(name)
}

// fact is what a channel knows about itself without a variable.
func (c *channel) fact(name string) string {
	p := c.profile
	if p == nil {
		return ""
	}
	switch strings.ToLower(name) {
	case "uuid":
		return c.uuid
	case "channel_name", "chan_name":
		return c.name
	case "caller_id_name":
		return p.name
	case "caller_id_number":
		return p.number
	case "callee_id_name":
		return p.calleeName
	case "callee_id_number":
		return p.calleeNumber
	case "destination_number":
		return p.destination
	case "username":
		return p.username
	case "network_addr":
		return p.networkAddr
	case "ani":
		return p.ani
	case "rdnis":
		return p.rdnis
	case "context":
		return p.context
	case "dialplan":
		return p.dialplan
	case "source":
		return p.source
	case "created_time":
		return micros(p.times.created)
	case "state":
		return stateNames[c.state]
	case "session_id":
		return strconv.Itoa(c.sessionID)
	}
	return ""
}

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

// separate splits an argument as switch_separate_string does: single quotes
// group and vanish, a backslash escapes, several blanks count as one, the last of
// max parts takes the rest, and a leading ^^X changes the delimiter.
func separate(s string, delim byte, max int) []string {
	if len(s) > 3 && strings.HasPrefix(s, "^^") {
		delim, s = s[2], s[3:]
	}
	blank := delim == ' '
	var parts []string
	lastQuote := len(s) - strings.LastIndexByte(s, '\'') // counted from the end
	for s != "" && len(parts) < max {
		end, quoted := 0, false
		for blank && end < len(s) && s[end] == ' ' { // leading ones
			end++
		}
	token:
		for ; end < len(s); end++ {
			switch { // in this order, whatever the delimiter is
			case s[end] == '\\':
				end++
			case s[end] == '\'' && (blank || quoted || len(s)-end > lastQuote):
				quoted = !quoted
			case s[end] == delim && !quoted:
				break token
			}
		}
		end = min(end, len(s))
		if len(parts) == max-1 {
			end = len(s)
		}
		parts = append(parts, unquote(s[:end], delim))
		s = s[min(end+1, len(s)):]
		if blank {
			s = strings.TrimLeft(s, " ")
		}
	}
	return parts
}

// unquote takes quotes, one level of escapes and the blanks around off a part.
// The delimiter itself can be escaped unless it is the blank.
func unquote(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	out := make([]byte, 0, len(s))
	end, quoted := 0, false // end is where the part ends without trailing blanks
	lastQuote := strings.LastIndexByte(s, '\'')
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && escaped(s[i+1], delim) != 0:
			i++
			out = append(out, escaped(s[i], delim))
			end = len(out)
		case s[i] == '\'' && (quoted || i < lastQuote):
			if quoted = !quoted; quoted {
				end = len(out)
			}
		default:
			out = append(out, s[i])
			if s[i] != ' ' || quoted {
				end = len(out)
			}
		}
	}
	return string(out[:end])
}

// escaped is what a backslash makes of c; 0 leaves both as they are.
func escaped(c, delim byte) byte {
	if c == delim && delim != ' ' {
		return c
	}
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 's':
		return ' '
	case '\'', '"', '\\':
		return c
	}
	return 0
}

// maxNesting bounds ${…${…}…}.
const maxNesting = 16

// expand replaces ${name}, ${name[i]}, ${api(args)} and $${global}. Channel
// variables come first, then the channel's own facts, then global variables.
func (s *Switch) expand(text string, c *channel) string { return s.expandNested(text, c, 0) }

func (s *Switch) expandNested(text string, c *channel, depth int) string {
	if !strings.Contains(text, "$") || depth > maxNesting {
		return text
	}
	closing := braces(text)
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
		end, closed := closing[i+skip-1]
		if skip == 0 || !closed {
			b.WriteByte(text[i])
			continue
		}
		name := s.expandNested(text[i+skip:end], c, depth+1)
		i = end
		if skip == 3 {
			b.WriteString(s.globals.get(name))
			continue
		}
		if api, arg, ok := strings.Cut(name, "("); ok && strings.HasSuffix(arg, ")") {
			if s.control.noExpansion {
				denied := "<API execute Permission Denied>" // switch_event_expand_headers
				if c != nil {
					denied = "<API Execute Permission Denied>" // switch_channel_expand_variables
				}
				b.WriteString(denied)
				continue
			}
			b.WriteString(s.execute(strings.TrimSpace(api), strings.TrimSuffix(arg, ")"), false))
			continue
		}
		b.WriteString(s.variable(name, c))
	}
	return b.String()
}

// braces finds, for every opening brace, where it is closed.
func braces(s string) map[int]int {
	closing := map[int]int{}
	var open []int
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '{':
			open = append(open, i)
		case s[i] == '}' && len(open) > 0:
			closing[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return closing
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

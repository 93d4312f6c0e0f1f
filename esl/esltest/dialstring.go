package esltest

import "strings"

// target is one leg of a dial string.
type target struct {
	endpoint string // sofia, user, loopback…
	address  string
	vars     headers // of [..]
	ovars    headers // of {..} and <..>
}

// splitDial parses a dial string into groups that are tried one after the
// other, each of legs that ring together. ok is false for unbalanced brackets.
func splitDial(dial string) (vars headers, groups [][]target, ok bool) {
	dial = strings.TrimLeft(dial, " ")
	for strings.HasPrefix(dial, "{") || strings.HasPrefix(dial, "<") {
		end := matching(dial)
		if end < 0 {
			return nil, nil, false
		}
		bracketVars(&vars, dial[1:end])
		dial = strings.TrimLeft(dial[end+1:], " ")
	}
	dial = strings.ReplaceAll(dial, ":_:", ",")
	for _, group := range splitOutside(dial, '|') {
		var legs []target
		for _, text := range splitOutside(group, ',') {
			var t target
			text = strings.TrimLeft(text, " ")
			for strings.HasPrefix(text, "[") {
				end := matching(text)
				if end < 0 {
					return nil, nil, false
				}
				bracketVars(&t.vars, text[1:end])
				text = text[end+1:]
			}
			t.endpoint, t.address, _ = strings.Cut(text, "/")
			legs = append(legs, t)
		}
		groups = append(groups, legs)
	}
	return vars, groups, true
}

// matching finds the bracket that closes the first one; nothing escapes it.
func matching(s string) int {
	open := s[0]
	shut := map[byte]byte{'{': '}', '[': ']', '<': '>'}[open]
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func splitOutside(s string, sep byte) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', '{', '(':
			depth++
		case ']', '}', ')':
			depth--
		case sep:
			if depth <= 0 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// bracketVars reads a=b,c=d. Values are taken as they are, and one that would
// need expansion is dropped.
func bracketVars(h *headers, text string) {
	nested := strings.Contains(text, "origination_nested_vars=true")
	for _, part := range separate(text, ',', 1024) {
		name, value, ok := strings.Cut(part, "=")
		if !ok || strings.Contains(value, "${") && !nested {
			continue
		}
		h.set(name, value)
	}
}

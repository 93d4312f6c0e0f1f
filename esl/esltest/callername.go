package esltest

import (
	"encoding/hex"
	"strings"
)

// callerName is what a channel has for the name in a From header: percent
// encoding is taken off, line breaks included, and what would be a variable or
// function is disarmed (check_decode, switch_clean_string,
// switch_string_var_check).
func callerName(display string) string {
	var b strings.Builder
	for i := 0; i < len(display); i++ {
		if display[i] == '%' && i+2 < len(display) {
			if x, err := hex.DecodeString(display[i+1 : i+3]); err == nil {
				b.Write(x)
				i += 2
				continue
			}
		}
		b.WriteByte(display[i])
	}
	name, _, _ := strings.Cut(b.String(), "\x00")
	name = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' {
			return ' '
		}
		return r
	}, name)
	return strings.ReplaceAll(name, "${", "%{")
}

// hasVariable says whether FreeSWITCH refuses a text as a variable's value
// (switch_channel_set_variable_var_check).
func hasVariable(text string) bool { return strings.Contains(text, "${") }

// sanitized is what is left of a name or number on a SIP leg that calls out: up
// to an @, and after the last / and : (switch_sanitize_number, which is meant for
// numbers).
func sanitized(text string) string {
	text, _, _ = strings.Cut(text, "@")
	for _, sign := range []string{"/", ":"} {
		text = text[strings.LastIndex(text, sign)+1:]
	}
	return text
}

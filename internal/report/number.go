package report

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Hidden stands in the place of a phone number that a user may not see.
const Hidden = "*****"

// numberKeys are the documented fields that hold a phone number, whatever it looks like, and idKeys those whose digits
// are none.
var numberKeys = map[string]bool{"called_number": true, "caller_number": true, "phone": true}
var idKeys = map[string]bool{"id": true, "project_id": true, "session_id": true}

var (
	longRun  = regexp.MustCompile(`\+?[0-9]{7,}`)
	uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	// Where nobody can tell a field from its value a shorter run is suspect, in the ways JSON and forms write it too.
	shortRun = regexp.MustCompile(`(?:\+|\\u002[Bb]|%2[Bb])?(?:[0-9]|\\u003[0-9]|%3[0-9]){5,}`)
)

// HideNumbers makes of a logged body what a user may read who has no right to see phone numbers. In JSON the values of
// called_number, caller_number and phone are hidden at any depth, and in all other texts and numbers every run of seven
// digits and more; but not in a UUID, nor in what stands directly under id, project_id or session_id. All else stays as
// it came. In what is not JSON, as what was cut is not, every run of five digits and more is hidden.
func HideNumbers(body string) string {
	if !json.Valid([]byte(body)) {
		return shortRun.ReplaceAllString(body, Hidden)
	}
	doc := []byte(body)
	var out []byte
	copied := 0
	replace := func(from, to int, with string) {
		out = append(append(out, doc[copied:from]...), with...)
		copied = to
	}
	for i := 0; i < len(doc); {
		switch c := doc[i]; {
		case c == '"':
			end := stringEnd(doc, i)
			text := unquoted(doc[i:end])
			if shown, changed := withoutRuns(text); changed {
				replace(i, end, quoted(shown))
			}
			i = end
			value := skipSpace(doc, i)
			if value == len(doc) || doc[value] != ':' {
				continue
			}
			value = skipSpace(doc, value+1) // text was a key
			switch {
			case numberKeys[strings.ToLower(text)]:
				i = valueEnd(doc, value)
				replace(value, i, quoted(Hidden))
			case idKeys[text] && doc[value] != '{' && doc[value] != '[':
				i = valueEnd(doc, value)
			}
		case c == '-' || c >= '0' && c <= '9':
			end := valueEnd(doc, i)
			if longRun.Match(doc[i:end]) {
				replace(i, end, quoted(Hidden))
			}
			i = end
		default:
			i++
		}
	}
	return string(append(out, doc[copied:]...))
}

func withoutRuns(text string) (shown string, changed bool) {
	if !longRun.MatchString(text) || uuidForm.MatchString(text) {
		return text, false
	}
	return longRun.ReplaceAllString(text, Hidden), true
}

func unquoted(raw []byte) (text string) {
	_ = json.Unmarshal(raw, &text) // it is a string of a valid document
	return text
}

func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

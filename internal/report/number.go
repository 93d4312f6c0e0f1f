package report

import (
	"encoding/json"
	"regexp"
	"strings"

	"callgate/cdr"
)

// Hidden stands in the place of a phone number that a user may not see.
const Hidden = cdr.Hidden

// ShownNumber is a phone number, or a name that may show one, as somebody sees it who may see numbers or may not.
func ShownNumber(number string, may bool) string {
	if may || number == "" {
		return number
	}
	return Hidden
}

// ShownText is the same of a text in which numbers may stand, by the rule of [cdr.AppendHidden]: what reads as one is
// hidden. Inner numbers and accounts of fewer than seven digits stay.
func ShownText(text string, may bool) string {
	if may {
		return text
	}
	return string(cdr.AppendHidden(nil, []byte(text)))
}

// numberKeys are the documented fields that hold a phone number, whatever it looks like, and idKeys those whose digits
// are none.
var numberKeys = map[string]bool{"called_number": true, "caller_number": true, "phone": true}
var idKeys = map[string]bool{"id": true, "project_id": true, "session_id": true}

// Where nobody can tell a field from its value a shorter run is suspect, in the ways JSON and forms write it too.
var shortRun = regexp.MustCompile(`(?:\+|\\u002[Bb]|%2[Bb])?(?:[0-9]|\\u003[0-9]|%3[0-9]){5,}`)

// HideNumbers makes of a logged body what a user may read who has no right to see phone numbers. In JSON the values of
// called_number, caller_number and phone are hidden at any depth, and in all other texts and numbers what [ShownText]
// hides, but not in what stands directly under id, project_id or session_id. All else stays as it came. In what is not
// JSON, as what was cut is not, every run of five digits and more is hidden.
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
			if shown := ShownText(text, false); shown != text {
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
			if number := string(doc[i:end]); ShownText(number, false) != number {
				replace(i, end, quoted(Hidden))
			}
			i = end
		default:
			i++
		}
	}
	return string(append(out, doc[copied:]...))
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

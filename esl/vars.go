package esl

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// NumberChars are what a telephone number may consist of, for Var.Allow.
const NumberChars = "0123456789+*#"

const (
	// unsafeChars have a meaning in one of the passes by which FreeSWITCH reads a dial string, and most of them cannot
	// be escaped in a way that outlives all passes: quotes vanish in the first, and nothing escapes a closing brace.
	unsafeChars = "{}[]<>()|'\"\\^$&,;@"
	// allowable are those of them that mean something only outside the braces, so that a field may admit them.
	allowable = "@;&"
	// maxValue bounds one value; dial strings are no place for documents.
	maxValue = 4096
)

// Var is one channel variable of a dial string.
type Var struct {
	// Name is made of letters, digits, _ . and -.
	Name string
	// Value is the text the variable shall have.
	Value string
	// Allow, if not empty, lists every character that the value may hold, as NumberChars does. Only by it may a value
	// hold @ ; or &, and nothing lets in the other characters that Quote refuses.
	Allow string
}

// Vars writes the variables as the {a=b,c=d} that begins a dial string, in the order given, and nothing for no variable.
// The text may stand in an originate command, where an argument ends at a blank. It fails with ErrArgument rather than
// change a value.
func Vars(vars ...Var) (string, error) {
	if len(vars) == 0 {
		return "", nil
	}
	var b strings.Builder
	for i, v := range vars {
		if !isVariableName(v.Name) {
			return "", fmt.Errorf("%w: variable name %.40q", ErrArgument, v.Name)
		}
		quoted, err := quote(v.Value, v.Allow)
		if err != nil {
			return "", fmt.Errorf("variable %s: %w", v.Name, err)
		}
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(v.Name + "=" + quoted)
	}
	b.WriteByte('}')
	return b.String(), nil
}

// Quote writes one value as it must stand in such a list: blanks as \s, everything else unchanged. It refuses, with
// ErrArgument, what FreeSWITCH would alter or take for something else: control characters, bytes that are not UTF-8,
// { } [ ] < > ( ) | ' " \ ^ $ & , ; @ and :_: (which splits a dial string wherever it stands), blanks at either end
// (they are trimmed), and the empty value (its variable is left out).
func Quote(value string) (string, error) { return quote(value, "") }

// quote is explained by Quote. The error never repeats the value: it may be a person's number or name.
func quote(value, allow string) (string, error) {
	switch {
	case value == "":
		return "", fmt.Errorf("%w: empty value", ErrArgument)
	case len(value) > maxValue:
		return "", fmt.Errorf("%w: value over %d bytes", ErrArgument, maxValue)
	case !utf8.ValidString(value):
		return "", fmt.Errorf("%w: value is not UTF-8", ErrArgument)
	case value != strings.Trim(value, " "):
		return "", fmt.Errorf("%w: blank at the end of a value", ErrArgument)
	case strings.Contains(value, ":_:"):
		return "", fmt.Errorf("%w: :_: in a value", ErrArgument)
	}
	for _, r := range value {
		listed := allow == "" || strings.ContainsRune(allow, r)
		admitted := allow != "" && listed && strings.ContainsRune(allowable, r)
		if r < ' ' || r == 0x7f || !listed || strings.ContainsRune(unsafeChars, r) && !admitted {
			return "", fmt.Errorf("%w: character %q in a value", ErrArgument, r)
		}
	}
	return strings.ReplaceAll(value, " ", `\s`), nil
}

// Escape writes any text as a value that FreeSWITCH alters nowhere, in a dial string, an argument or a variable: all but
// letters, digits and -._~ percent-encoded. Events and CDRs percent-encode once more, but leave what is encoded already as
// it is (switch_utils.c switch_url_encode_opt), so that from them it comes as the text itself.
func Escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// Unescape reads what Escape has written, from wherever; a text that is none is returned as it is.
func Unescape(value string) string {
	text, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	return text
}

func isVariableName(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.-", r)
	})
}

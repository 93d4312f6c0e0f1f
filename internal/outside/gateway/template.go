package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// part is a piece of a template: what stands there as it is, or the names of values of which the first that is not
// empty stands there.
type part struct {
	literal string
	names   []string
	at      int // the character at which the placeholder begins, from 1
}

// template is a text with placeholders such as {number}, or {from|sender} where one stands in for the other. Two braces
// are one that is meant.
type template []part

// scan implements scanner.
func (t *template) scan(place string, from any) error {
	text, ok := from.(string)
	if !ok {
		return wrong(place, "want a text")
	}
	parsed, err := parseTemplate(text)
	*t = parsed
	if err != nil {
		return wrong(place, "%w", err)
	}
	return nil
}

func parseTemplate(text string) (template, error) {
	t := template{}
	literal := ""
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		doubled := i+1 < len(runes) && runes[i+1] == runes[i]
		switch {
		case strings.ContainsRune("{}", runes[i]) && doubled:
			literal += string(runes[i])
			i++
		case runes[i] == '}':
			return nil, fmt.Errorf("a } without its { at character %d: write }} where one is meant", i+1)
		case runes[i] == '{':
			name, _, closed := strings.Cut(string(runes[i+1:]), "}")
			if !closed || strings.Contains(name, "{") {
				return nil, fmt.Errorf("unclosed { at character %d: write {{ where one is meant", i+1)
			}
			if literal != "" {
				t, literal = append(t, part{literal: literal}), ""
			}
			t = append(t, part{names: strings.Split(name, "|"), at: i + 1})
			i += len([]rune(name)) + 1
		default:
			literal += string(runes[i])
		}
	}
	if literal != "" {
		t = append(t, part{literal: literal})
	}
	return t, nil
}

// lone is the placeholder of a template that is nothing else.
func (t template) lone() *part {
	if len(t) == 1 && t[0].names != nil {
		return &t[0]
	}
	return nil
}

// only tells whether a template is this placeholder and nothing else.
func (t template) only(name string) bool {
	p := t.lone()
	return p != nil && len(p.names) == 1 && p.names[0] == name
}

// onLine tells whether what stands in a template as it is stands on one line.
func (t template) onLine() bool {
	return !slices.ContainsFunc(t, func(p part) bool { return strings.ContainsFunc(p.literal, isControl) })
}

// values are what placeholders stand for.
type values struct {
	texts map[string]string
	ids   []string // of several messages, {ids}
}

func (v values) of(p part) string {
	for _, name := range p.names {
		if text := v.texts[name]; text != "" {
			return text
		}
		if name == placeIDs {
			return strings.Join(v.ids, ",")
		}
	}
	return ""
}

// render fills a template in. It is left out when it is only a placeholder, and that is empty.
func (t template) render(v values, escape func(string) string) (text string, left bool) {
	var b strings.Builder
	for _, p := range t {
		if p.names == nil {
			b.WriteString(p.literal)
		} else {
			b.WriteString(escape(v.of(p)))
		}
	}
	return b.String(), t.lone() != nil && b.Len() == 0
}

func asItIs(text string) string { return text }

// body is a value of JSON whose texts are templates.
type body struct{ value any }

// scan implements scanner.
func (b *body) scan(place string, from any) (err error) {
	b.value, err = compiled(place, from)
	return err
}

func compiled(place string, from any) (any, error) {
	switch v := from.(type) {
	case object:
		all, seen := object{}, map[string]bool{}
		for _, m := range v {
			at := below(place, m.name)
			if seen[m.name] {
				return nil, wrong(at, "it stands there twice")
			}
			seen[m.name] = true
			value, err := compiled(at, m.value)
			if err != nil {
				return nil, err
			}
			all = append(all, member{m.name, value})
		}
		return all, nil
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			var err error
			if all[i], err = compiled(fmt.Sprintf("%s[%d]", place, i), element); err != nil {
				return nil, err
			}
		}
		return all, nil
	case string:
		var t template
		err := t.scan(place, v)
		return t, err
	}
	return from, nil
}

// appendJSON fills a body in. What is left out takes the object or list around it along when nothing else is in there.
func appendJSON(b []byte, value any, v values) (out []byte, left bool) {
	begins, n := len(b), 0
	each := func(name []byte, value any) {
		before := len(b)
		if n > 0 {
			b = append(b, ',')
		}
		if b, left = appendJSON(append(b, name...), value, v); left {
			b = b[:before]
		} else {
			n++
		}
	}
	switch value := value.(type) {
	case object:
		b = append(b, '{')
		for _, m := range value {
			each(append(quoted(m.name), ':'), m.value)
		}
		return append(b, '}'), n == 0 && len(value) > 0
	case []any:
		b = append(b, '[')
		for _, element := range value {
			each(nil, element)
		}
		return append(b, ']'), n == 0 && len(value) > 0
	case template:
		if value.only(placeIDs) {
			ids, _ := json.Marshal(v.ids) // texts can be encoded
			return append(b, ids...), false
		}
		text, left := value.render(v, asItIs)
		if value.only(placeMinutes) && !left {
			return append(b, text...), false
		}
		return append(b, quoted(text)...), left
	}
	raw, _ := json.Marshal(value) // a number, a truth value or null as it was read
	return append(b[:begins], raw...), false
}

func quoted(text string) []byte {
	b, _ := json.Marshal(text) // a text can be encoded
	return b
}

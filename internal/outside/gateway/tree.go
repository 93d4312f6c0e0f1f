package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// object is a JSON object in the order of its members. Other values are []any, string, json.Number, bool and nil.
type object []member

type member struct {
	name  string
	value any
}

var byteOrderMark = []byte("\ufeff")

// parse reads one JSON value. Its failures tell the place and quote at most one character.
func parse(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	var whole json.RawMessage // which also bounds how deep values lie in each other
	if err := json.Unmarshal(data, &whole); err != nil {
		if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
			before := data[:min(max(wrong.Offset-1, 0), int64(len(data)))]
			line, begins := bytes.Count(before, []byte("\n"))+1, bytes.LastIndexByte(before, '\n')+1
			return nil, fmt.Errorf("no JSON at line %d, character %d: %w", line, len([]rune(string(before[begins:])))+1, err)
		}
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(whole))
	dec.UseNumber()
	return next(dec)
}

// next reads the value that comes next of what is known to be valid.
func next(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		all := object{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := next(dec)
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			all = append(all, member{text, value})
		}
		_, err = dec.Token()
		return all, err
	case json.Delim('['):
		all := []any{}
		for dec.More() {
			value, err := next(dec)
			if err != nil {
				return nil, err
			}
			all = append(all, value)
		}
		_, err = dec.Token()
		return all, err
	}
	return token, nil
}

// of is the member of a name, nil when there is none. One that stands there twice leaves open which is meant.
func (o object) of(name string) (found any) {
	seen := false
	for _, m := range o {
		if m.name == name {
			if seen {
				return nil
			}
			found, seen = m.value, true
		}
	}
	return found
}

// scalar is the text of a value that is one; numbers and truth values as they are written.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// flat are all texts in a value one after the other, with names of members where they are wanted.
func flat(value any, names bool) (all []string) {
	switch v := value.(type) {
	case object:
		for _, m := range v {
			if names {
				all = append(all, m.name)
			}
			all = append(all, flat(m.value, names)...)
		}
	case []any:
		for _, element := range v {
			all = append(all, flat(element, names)...)
		}
	default:
		if text, ok := scalar(v); ok {
			all = append(all, text)
		}
	}
	return all
}

// lines is a text as the array of its lines.
func lines(text string) (all []any) {
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimRight(line, "\r\n"))
	}
	return all
}

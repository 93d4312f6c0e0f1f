package v1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON reads bodies as JSON in which no key stands twice: of two, one would be checked and the other used, or shown to a
// proxy before us.
func strictJSON() huma.Format {
	lenient := huma.DefaultJSONFormat
	return huma.Format{Marshal: lenient.Marshal, Unmarshal: func(text []byte, v any) error {
		if err := lenient.Unmarshal(text, v); err != nil {
			return err
		}
		if _, first := v.(*any); !first { // it is what was read before
			return nil
		}
		return onlyOnce(text)
	}}
}

// onlyOnce refuses valid JSON with an object of which a key stands there twice. Case does not tell keys apart, as it does not
// where a body becomes a struct.
func onlyOnce(text []byte) error {
	type object map[string]bool // the keys; nil is a list
	var open []object
	key := false // whether a key comes next
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return nil // the end: it is valid
		}
		name, isText := token.(string)
		switch {
		case token == json.Delim('{'):
			open = append(open, object{})
		case token == json.Delim('['):
			open = append(open, nil)
		case token == json.Delim('}'), token == json.Delim(']'):
			open = open[:len(open)-1]
		case isText && key:
			in, folded := open[len(open)-1], strings.Map(fold, name)
			if in[folded] {
				return fmt.Errorf("the key %.64q stands there twice", name)
			}
			in[folded] = true
			key = false
			continue
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

// fold is the same for all letters that only case tells apart.
func fold(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

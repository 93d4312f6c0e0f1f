package v1

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOnlyOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, twice string }{
		{"none", `{}`, ""},
		{"no object", `["a","a"]`, ""},
		{"different ones", `{"a":1,"b":"a","c":["a","b",{"a":{},"b":null}],"d":true}`, ""},
		{"twice", `{"a":1,"b":2,"a":1}`, "a"},
		{"behind an object", `{"a":{"b":{"x":[]}},"a":1}`, "a"},
		{"behind a list", `{"a":[1,["x"],{}],"b":0,"a":[]}`, "a"},
		{"inside", `[{"a":1},{"a":1,"b":{"c":1,"c":{}}}]`, "c"},
		{"as a value before", `{"a":"b","b":"a","c":"c"}`, ""},
		{"in another case", `{"name":1,"NAME":2}`, "NAME"},
		{"in another script's case", `{"имя":1,"Имя":2}`, "Имя"},
		{"as a letter that folds", `{"kill":1,"\u212aill":2}`, "\u212aill"},
		{"escaped", `{"a":1,"\u0061":2}`, "a"},
		{"empty", `{"":1,"":2}`, ""},
	} {
		err := onlyOnce([]byte(tt.text))
		if tt.name == "empty" {
			if err == nil {
				t.Error("an empty key stands there twice")
			}
			continue
		}
		if (err == nil) != (tt.twice == "") || err != nil && !strings.Contains(err.Error(), `"`+tt.twice+`"`) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// FuzzOnlyOnce: what is taken loses nothing when it is read into a map.
func FuzzOnlyOnce(f *testing.F) {
	f.Add(`{"a":1,"b":{"a":[{"a":2}]}}`)
	f.Add(`{"a":1,"a":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		var all any
		if json.Unmarshal([]byte(text), &all) != nil || onlyOnce([]byte(text)) != nil {
			return
		}
		kept := 0
		var count func(v any)
		count = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				for _, inner := range v {
					kept++
					count(inner)
				}
			case []any:
				for _, inner := range v {
					count(inner)
				}
			}
		}
		count(all)
		colons, quoted := 0, false
		for i := 0; i < len(text); i++ {
			switch {
			case quoted && text[i] == '\\':
				i++
			case text[i] == '"':
				quoted = !quoted
			case !quoted && text[i] == ':':
				colons++
			}
		}
		if colons != kept {
			t.Errorf("of %d keys %d are left", colons, kept)
		}
	})
}

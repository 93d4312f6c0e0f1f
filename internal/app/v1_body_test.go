package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// sample is a value as a schema wants it. What is in its optional fields is there too, and what is at the path long is a text of
// that length, if a text may be there.
func sample(s *openapi3.Schema, path, long string, length int) any {
	if len(s.Enum) > 0 && path != long {
		return s.Enum[0]
	}
	switch {
	case s.Type == nil:
		return nil
	case s.Type.Includes("object"):
		all := map[string]any{}
		for name, field := range s.Properties {
			if inner := path + "." + name; slices.Contains(s.Required, name) || strings.HasPrefix(long+".", inner+".") || strings.HasPrefix(long, inner+"[") {
				all[name] = sample(field.Value, inner, long, length)
			}
		}
		return all
	case s.Type.Includes("array"):
		if s.MinItems == 0 && !strings.HasPrefix(long, path+"[]") {
			return []any{}
		}
		return []any{sample(s.Items.Value, path+"[]", long, length)}
	case s.Type.Includes("integer"), s.Type.Includes("number"):
		return max(1, int(value(s.Min)))
	case s.Type.Includes("boolean"):
		return true
	case path == long:
		return strings.Repeat("x", length)
	case s.Format == "date-time":
		return "2026-01-01T00:00:00Z"
	}
	return "x"
}

func value(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// texts are the paths of all texts in a schema.
func texts(s *openapi3.Schema, path string) (all []string) {
	switch {
	case s.Type == nil:
	case s.Type.Includes("object"):
		for name, field := range s.Properties {
			all = append(all, texts(field.Value, path+"."+name)...)
		}
	case s.Type.Includes("array"):
		all = texts(s.Items.Value, path+"[]")
	case s.Type.Includes("string"):
		all = []string{path}
	}
	slices.Sort(all)
	return all
}

// TestBadBodies sends to every operation that takes a body what is none for it, made of the document: nothing of it is taken.
func TestBadBodies(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	operations, tooLong := 0, strings.Repeat(" ", 5<<20)+"{}"
	for path, item := range m.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.RequestBody == nil {
				continue
			}
			operations++
			t.Run(method+" "+path, func(t *testing.T) {
				content := o.RequestBody.Value.Content["application/json"]
				if content == nil || len(o.RequestBody.Value.Content) != 1 {
					t.Fatal("it takes something else than JSON")
				}
				schema := content.Schema.Value
				target := v1.Base + path
				var wanted []string
				for _, p := range slices.Concat(item.Parameters, o.Parameters) {
					given := fmt.Sprint(sample(p.Value.Schema.Value, "", "-", 0))
					if p.Value.In == "path" {
						target = strings.ReplaceAll(target, "{"+p.Value.Name+"}", given)
					} else if p.Value.In == "query" && p.Value.Required {
						wanted = append(wanted, p.Value.Name, given)
					}
				}
				target = query(target, wanted...)
				ask := func(body, kind string) reply {
					h := http.Header{"Authorization": {"Bearer " + m.token}}
					if kind != "" {
						h.Set("Content-Type", kind)
					}
					return m.do(method, target, body, h)
				}
				first := "any"
				for name := range schema.Properties {
					first = min(first, name)
				}
				valid := sample(schema, "", "-", 0)
				good, err := json.Marshal(valid)
				if err != nil {
					t.Fatal(err)
				}
				for _, tt := range []struct {
					name, body, kind string
					status           int
					names            string
				}{
					{"a key that stands there twice", fmt.Sprintf(`{%q:null,%[1]q:null}`, first), "application/json", 400, first},
					{"in another case", fmt.Sprintf(`{%q:null,%q:null}`, first, strings.ToUpper(first)), "application/json", 400, strings.ToUpper(first)},
					{"twice inside", `{"x":[{"inner":1,"inner":2}]}`, "application/json", 400, "inner"},
					{"an unknown field", `{"nobodyKnowsIt":1}`, "application/json", 422, "nobodyKnowsIt"},
					{"a form", string(good), "application/x-www-form-urlencoded", 415, ""},
					{"plain text", string(good), "text/plain", 415, ""},
					{"no JSON", `{"`, "application/json", 400, ""},
					{"something behind it", string(good) + "{}", "application/json", 400, ""},
					{"a list", `[1]`, "application/json", 422, ""},
					{"a text", `"x"`, "application/json", 422, ""},
					{"too long", tooLong, "application/json", 413, ""},
				} {
					got := ask(tt.body, tt.kind)
					if got.status != tt.status || got.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(got.body, tt.names) {
						t.Errorf("%s: %d %.300s, want %d about %q", tt.name, got.status, got.body, tt.status, tt.names)
					}
				}
				for _, field := range texts(schema, "") {
					body, err := json.Marshal(sample(schema, "", field, 60_000))
					if err != nil {
						t.Fatal(err)
					}
					if !strings.Contains(string(body), "xxxxxxxxxx") {
						t.Fatalf("no text at %s", field)
					}
					// Of many messages each is answered for itself.
					if got := ask(string(body), "application/json"); got.status/100 != 4 && !strings.Contains(got.body, `"accepted":0,"refused":1`) {
						t.Errorf("a text of 60,000 characters at %s: %d %.300s", field, got.status, got.body)
					}
				}
			})
		}
	}
	if operations < 20 {
		t.Errorf("%d operations take a body", operations)
	}
}

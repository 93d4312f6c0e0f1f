package gateway_test

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
)

// TestDocs: the page tells every field and every preset, names tests that there are, and its example works.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../../docs/sms-providers.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, name := range fields(reflect.TypeFor[gateway.Description]()) {
		if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, `"`+name+`"`) {
			t.Errorf("the page does not tell of %s", name)
		}
	}
	for _, p := range gateway.Presets() {
		begins := "| `" + p.Name + "` | " + p.Description.Title
		if p.Description.Experimental {
			begins += ", experimental"
		}
		_, row, found := strings.Cut(page, begins+" |")
		row, _, _ = strings.Cut(row, "\n")
		if !found || !strings.Contains(row, "("+p.Description.Source+")") {
			t.Errorf("the page has no row of %s with its page", p.Name)
		}
	}
	tests := ""
	files, _ := filepath.Glob("*_test.go")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(text)
	}
	for _, name := range regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(page, -1) {
		if !strings.Contains(tests, "func "+name+"(") {
			t.Errorf("%s does not exist", name)
		}
	}

	_, example, _ := strings.Cut(page, "```json\n")
	example, _, _ = strings.Cut(example, "```")
	p := newProvider(t, "sms.example")
	h := driver(t, described(t, example), map[string]string{"token": "hush"}, p.options())
	p.answers(200, `{"result":{"code":0,"uid":"u-1"}}`)
	if got := h.Send(t.Context(), order()); got != (gateway.Sent{Outcome: gateway.Taken, ID: "u-1"}) {
		t.Errorf("%+v", got)
	}
	s, _ := p.last()
	want := read(`{"channel":"sms","recipient":{"phone":"+79255070602"},"sender":"FRONTLINE","body":"Код: «12»","ttl":90}`)
	if diff := cmp.Diff(want, s.json); diff != "" || s.header.Get("X-Token") != "hush" {
		t.Errorf("it is sent (-want, +got):\n%s", diff)
	}
	p.answers(200, `{"message":{"state":"rejected","error":"stop list"}}`)
	receipt := []gateway.Receipt{{ID: "u-1", State: gateway.Failed, Reason: "stop list"}}
	got, err := h.States(t.Context(), []gateway.Asked{{ID: "u-1"}})
	if diff := cmp.Diff(receipt, got); diff != "" || err != nil {
		t.Errorf("its state: %v (-want, +got):\n%s", err, diff)
	}
	if s, _ := p.last(); s.address != "https://sms.example/v2/messages/u-1" {
		t.Errorf("asked at %s", s.address)
	}
	got, answer, err := h.Receipts("POST", nil, http.Header{}, []byte(`{"events":[{"type":"click","uid":"u-1","state":"rejected"},{"type":"status","uid":"u-1","state":"rejected","error":"stop list"}]}`))
	if diff := cmp.Diff(receipt, got); diff != "" || err != nil || answer.Text != `{"ok":true}` {
		t.Errorf("its call: %v %q (-want, +got):\n%s", err, answer, diff)
	}
}

// fields are the names of all fields that a description may have.
func fields(of reflect.Type) (all []string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil
	}
	for i := range of.NumField() {
		f := of.Field(i)
		if tag := f.Tag.Get("json"); tag != "" {
			all = append(all, tag)
		}
		if f.Anonymous || f.Tag.Get("json") != "" {
			all = append(all, fields(f.Type)...)
		}
	}
	return all
}

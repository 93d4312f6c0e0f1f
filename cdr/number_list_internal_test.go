package cdr

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNumberListOnCaptures: every field in which a capture has many digits in a row is on a list, and no field that is
// said to hold no number has one of a party in it.
func TestNumberListOnCaptures(t *testing.T) {
	files, err := filepath.Glob("testdata/captures/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	fields := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		doc := read(document(body))
		h := hider{}
		for i := 1; i < len(doc.elements); i++ {
			if holds(doc.name(int32(i))) == whole {
				h.add(doc.bytes(doc.elements[i].text))
			}
		}
		check := func(name, value []byte, in holding) {
			fields++
			decoded := unpercent(value)
			if in == anything && longDigits.Match(decoded) {
				t.Errorf("%s: %s is on no list: %s", file, name, decoded)
			}
			if in == never && len(h.text(value, false)) != len(value) {
				t.Errorf("%s: %s is said to hold no number: %s", file, name, decoded)
			}
		}
		for i := 1; i < len(doc.elements); i++ {
			check(doc.name(int32(i)), doc.bytes(doc.elements[i].text), holds(doc.name(int32(i))))
		}
		for _, a := range doc.attributes {
			check(doc.bytes(a.name), doc.bytes(a.value), attributeFields[string(doc.bytes(a.name))])
		}
	}
	if fields < 3000 {
		t.Errorf("only %d fields were looked at", fields)
	}
}

// TestNumberListIsDocumented: docs/numbers.md has the list, each field under what it holds, and no other.
func TestNumberListIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/numbers.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"hidden as a whole": nil, "hidden in part": nil, "never a number": nil}
	names := map[holding]string{whole: "hidden as a whole", mixed: "hidden in part", never: "never a number"}
	for _, name := range slices.Sorted(maps.Keys(numberFields)) {
		want[names[numberFields[name]]] = append(want[names[numberFields[name]]], name)
	}
	for _, name := range slices.Sorted(maps.Keys(attributeFields)) {
		want[names[attributeFields[name]]] = append(want[names[attributeFields[name]]], "@"+name)
	}
	for _, end := range neverEnds {
		want["never a number"] = append(want["never a number"], "…"+end)
	}
	for _, beginning := range neverBegins {
		want["never a number"] = append(want["never a number"], beginning+"…")
	}
	for title, all := range want {
		line := "| " + title + " | `" + strings.Join(all, "` `") + "` |\n"
		if !strings.Contains(string(page), line) {
			t.Errorf("docs/numbers.md ought to have\n%s", line)
		}
	}
}

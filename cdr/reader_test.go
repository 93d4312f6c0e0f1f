package cdr

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// node is an element for comparing.
type node struct {
	Name       string
	Attributes [][2]string
	Text       string
	Children   []*node
}

// shape returns what the reader made of raw, and whether it found damage; nil if there is no element.
func shape(raw string) (*node, bool) {
	t := read([]byte(raw))
	if len(t.elements) == 1 {
		return nil, t.damaged
	}
	var build func(i int32) *node
	build = func(i int32) *node {
		e := t.elements[i]
		n := &node{Name: string(t.bytes(e.name)), Text: string(t.bytes(e.text))}
		for _, a := range t.attributesOf(i) {
			n.Attributes = append(n.Attributes, [2]string{string(t.bytes(a.name)), string(t.bytes(a.value))})
		}
		for c := e.child; c != 0; c = t.elements[c].next {
			n.Children = append(n.Children, build(c))
		}
		return n
	}
	return build(1), t.damaged
}

// reference returns what encoding/xml makes of raw, nil unless raw is one well-formed element within the reader's
// limits. Text beside children, and text that is only layout, is dropped as the reader does.
func reference(raw string) *node {
	for d := xml.NewDecoder(strings.NewReader(raw)); ; { // checks that tags match, which RawToken does not
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil
		}
	}
	name := func(n xml.Name) string {
		if n.Space != "" {
			return n.Space + ":" + n.Local
		}
		return n.Local
	}
	top := &node{}
	open := []*node{top}
	for d := xml.NewDecoder(strings.NewReader(raw)); ; {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		in := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{Name: name(t.Name)}
			seen := map[string]bool{}
			for _, a := range t.Attr {
				n.Attributes = append(n.Attributes, [2]string{name(a.Name), a.Value})
				if seen[name(a.Name)] || len(t.Attr) > maxAttributes { // encoding/xml lets them pass
					return nil
				}
				seen[name(a.Name)] = true
			}
			in.Children, open = append(in.Children, n), append(open, n)
			if len(open) > maxDepth+1 {
				return nil
			}
		case xml.EndElement:
			if len(in.Children) > 0 || isLayout([]byte(in.Text)) {
				in.Text = ""
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if in == top && !isBlank(bytes.TrimPrefix(t, []byte("\uFEFF"))) {
				return nil
			}
			in.Text += string(t)
		}
	}
	if len(top.Children) != 1 {
		return nil
	}
	return top.Children[0]
}

// xmlCaptures returns the XML of every capture.
func xmlCaptures(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("testdata/captures/*.http")
	if err != nil || len(files) != 15 {
		tb.Fatalf("found %d captures (%v), want 15", len(files), err)
	}
	all := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		_, body, _ := strings.Cut(string(raw), "\r\n\r\n")
		all[filepath.Base(file)] = string(document([]byte(body)))
	}
	return all
}

func TestReadAgreesWithEncodingXML(t *testing.T) {
	documents := xmlCaptures(t)
	documents["prolog"] = "\uFEFF<?xml version='1.0'?>\n<?style x?>\n<a/>\n"
	documents["white space in tags"] = "<a\n b = 'c\"'\td=\"e'>\" ><f /></a\r\n>"
	documents["entities"] = `<a b="&lt;&#x3c;&#60;&#000060;&quot;&#10;">&amp;lt;&#1F600;`[:48] + `">&amp;lt;&#x1F600;&apos;&gt;]</a>`
	documents["line ends"] = "<a b='\r\n\r'>x\r\ny\rz&#13;\r</a>"
	documents["instruction in text"] = "<a>x<?y z?>w<?y z?>v</a>"
	documents["mixed"] = "<a>x<b>y</b>z<c/></a>"
	documents["layout"] = "<a><b>\n </b><c> </c><d>\n x</d></a>"
	documents["colons"] = `<a:b c:d="e" xmlns:c="f"/>`
	documents["repeated"] = "<a><b>1</b><c>-2.50</c><b/><b k='007'>x\\\"</b><d>-0.0</d><e/><f/><g/><h/><i/><b>9007199254740992</b></a>"
	documents["beyond ASCII"] = `<имя ключ="знач">текст</имя>`
	for name, raw := range documents {
		t.Run(name, func(t *testing.T) {
			want := reference(raw)
			if want == nil {
				t.Fatalf("encoding/xml does not read %q", raw)
			}
			got, damaged := shape(raw)
			if diff := cmp.Diff(want, got); diff != "" || damaged {
				t.Errorf("damaged %v, mismatch (-want, +got):\n%s", damaged, diff)
			}
			shown, err := AppendJSON(nil, []byte(raw))
			if diff := cmp.Diff(want.json(), string(shown)); diff != "" || err != nil {
				t.Errorf("error %v, mismatch (-want, +got):\n%s", err, diff)
			}
		})
	}
}

func FuzzReadAgreesWithEncodingXML(f *testing.F) {
	// Seeds are short, because the fuzzer spends its time on making long ones shorter.
	f.Add("<?xml version=\"1.0\"?>\n<cdr core-uuid=\"c\">\n  <v>\n    <n>%40&#x420;</n>\n  </v>\n  <e></e>\n</cdr>\n")
	f.Add("<a b='c' d=\"e\">&lt;&#65;<?x y?>\r\n<f/></a >")
	f.Add("<a><b>1</b><c>-2.50</c><b/><b k='007'>x\\\"</b><d><b>0.0</b></d></a>")
	f.Fuzz(func(t *testing.T, raw string) {
		got, _ := shape(raw)
		if strings.Contains(raw, "<!") { // the one place where the reader holds with FreeSWITCH against XML
			return
		}
		if want := reference(raw); want != nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			shown, err := AppendJSON(nil, []byte(raw))
			if diff := cmp.Diff(want.json(), string(shown)); diff != "" || err != nil {
				t.Errorf("error %v, mismatch (-want, +got):\n%s", err, diff)
			}
		}
	})
}

// TestReadLimits reads documents that go over one limit each.
func TestReadLimits(t *testing.T) {
	attributes := new(strings.Builder)
	for i := range 2 * maxAttributes {
		attributes.WriteString(" a" + strings.Repeat("x", i) + `="1"`)
	}
	for _, test := range []struct {
		name, raw                   string
		wantElements, wantAttribute int
	}{
		{"depth", strings.Repeat("<a>", 2*maxDepth) + strings.Repeat("</a>", 2*maxDepth), maxDepth, 0},
		{"depth of text", strings.Repeat("<a>", maxDepth) + "<b>c</b>" + strings.Repeat("</a>", maxDepth), maxDepth, 0},
		{"elements of text", "<a>" + strings.Repeat("<b>c</b>", 2*maxElements) + "</a>", maxElements - 1, 0},
		{"elements", "<a>" + strings.Repeat("<b/>", 2*maxElements) + "</a>", maxElements - 1, 0},
		{"attributes", "<a" + attributes.String() + "/>", 1, maxAttributes},
		{"attributes in all", "<a>" + strings.Repeat(`<b c="" d=""/>`, maxElements*3/4) + "</a>", maxElements*3/4 + 1, maxElements},
		{"second root", "<a/><b/>", 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := read([]byte(test.raw))
			if len(got.elements)-1 != test.wantElements || len(got.attributes) != test.wantAttribute || !got.damaged {
				t.Errorf("got %d elements, %d attributes, damaged %v; want %d, %d, true",
					len(got.elements)-1, len(got.attributes), got.damaged, test.wantElements, test.wantAttribute)
			}
		})
	}
}

// TestReadIsLinear reads large documents, each made to trap a reader that looks ahead or copies again and again. It
// measures nothing, since machines differ: with quadratic effort one document takes many seconds, all of them hours, and
// the test is killed by its deadline.
func TestReadIsLinear(t *testing.T) {
	size := 1 << 19
	if testing.Short() {
		size = 1 << 16
	}
	var numbered strings.Builder // every name once
	for i := 0; numbered.Len() < 4*size; i++ {
		fmt.Fprintf(&numbered, "<a%d><!</a%d>", i, i)
	}
	for _, trap := range []string{
		"<", "<a", "<a ", "<a b", `<a b="`, `<a b="<!`, `<a b="<!>`, `<a b=">`, `<a b="<!" c="`, "</", "</a", "<a/", "<a/>x", "< >",
		"<!", "<!--", "<![CDATA[", "<!a>", "<?", "<?a?>x", "x<?a?>", "\n<!--", "\n<!-- -->", "&", "&#", "&#1", "&#;", "\r", "\xd0",
		"<a><!</a>", "<a>\n<!</a>", "<a><!<a></a>", "<a>\n<!-->", "<a></b>", "<a>x</b>", "<a><b></a>", "<a b></a b>", "<a b>x", `"`, ">",
		"<a><b><!</b></a>", `<a b='<!`, "<b>\n", "a b='c' ", "a='<!\" ", `a="<!" `, "<!\n", "</a>\n",
		numbered.String(),
	} {
		for _, before := range []string{"", "<r><s>", "<r><s>\n", `<r a="<!`} {
			raw := before + strings.Repeat(trap, max(1, size/len(trap))) + "x"
			if got := read([]byte(raw)); len(got.elements) > maxElements {
				t.Errorf("%q and then many of %.20q: %d elements", before, trap, len(got.elements))
			}
		}
	}
}

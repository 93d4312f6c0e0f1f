package sms_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

// failure is an error as somebody reads it; "" is none.
func failure(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestTemplateCheck: what cannot be rendered is refused, with the place.
func TestTemplateCheck(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
	}{
		{"no places", "Проверка \"1\"\n😀", ""},
		{"places", "{имя}, your code is {code_1}: {код}{имя}", ""},
		{"braces", "{{not a place}} {{{place}}} }}{{", ""},
		{"as long as can be", strings.Repeat("ю", 39_015), ""},
		{"too long", strings.Repeat("ю", 39_016), "wrong field text: want at most 39015 characters"},
		{"none", "", "empty field text"},
		{"blanks", " \n", "empty field text"},
		{"open", "Your code {code", "wrong field text: character 11: { without }"},
		{"open, counted in characters", "Ваш код 😀 {code", "wrong field text: character 11: { without }"},
		{"open at the end", "x{", "wrong field text: character 2: { without }"},
		{"closed", "code} x", "wrong field text: character 5: } without {"},
		{"closed once more", "{code}}", "wrong field text: character 7: } without {"},
		{"two words", "x {{ {a b}", `wrong field text: character 6: "a b" is no name`},
		{"no name", "{}", `wrong field text: character 1: "" is no name`},
		{"a digit first", "{1}", `wrong field text: character 1: "1" is no name`},
		{"a place in a place", "{a{b}}", `wrong field text: character 1: "a{b" is no name`},
		{"a line break", "{a\n}", `wrong field text: character 1: "a\n" is no name`},
		{"a long name", "{" + strings.Repeat("a", 65) + "}", `wrong field text: character 1: "` + strings.Repeat("a", 40) + `" is no name`},
		{"NUL", "ab\x00c", "wrong field text: character 3: NUL cannot be sent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := failure((&sms.Template{Name: "t", Text: tt.text}).Check()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, name := range []string{"", "A", "a b", "a/b", strings.Repeat("a", 33)} {
		if got := failure((&sms.Template{Name: name, Text: "x"}).Check()); !strings.HasPrefix(got, "wrong field name: ") {
			t.Errorf("named %q: %s", name, got)
		}
	}
}

// TestRender: each place gets its value and nothing else is touched; what does not fit is named.
func TestRender(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		values     map[string]string
		want, err  string
	}{
		{"none", "a", nil, "a", ""},
		{"some", "{имя}: {code}, {code}", map[string]string{"имя": "Анна", "code": "12"}, "Анна: 12, 12", ""},
		{"braces", "{{code}} {{{code}}}", map[string]string{"code": "12"}, "{code} {12}", ""},
		{"values with braces", "{a}{b}", map[string]string{"a": "{b}", "b": "}}{{ {a"}, "{b}}}{{ {a", ""},
		{"values of all kinds", "<{a}>", map[string]string{"a": "\"'\n😀" + strings.Repeat("x", 2000)}, "<\"'\n😀" + strings.Repeat("x", 2000) + ">", ""},
		{"an empty value", "<{a}>", map[string]string{"a": ""}, "<>", ""},
		{"no value", "{a}{b}", map[string]string{"a": ""}, "", "wrong field values: there is no value for {b}"},
		{"values for nothing", "{a}", map[string]string{"a": "", "c": "", "b": ""}, "", "wrong field values: the template has no place {b}"},
		{"as long as can be", "{a}{b}", map[string]string{"a": strings.Repeat("😀", 39_014), "b": "😀"}, strings.Repeat("😀", 39_015), ""},
		{"a value in many places", strings.Repeat("{a}", 13_005), map[string]string{"a": strings.Repeat("x", 1000)}, "", "wrong field values: the text is too long to be sent"},
		{"a text that is wrong", "{a", nil, "", "wrong field text: character 1: { without }"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(tt.values)
			got, err := (&sms.Template{Text: tt.text}).Render(tt.values)
			if got != tt.want || failure(err) != tt.err || len(tt.values) != before {
				t.Errorf("got %q, %v; want %q, %s", got, err, tt.want, tt.err)
			}
		})
	}
	if got := (&sms.Template{Text: "{b} {{x}} {a} {b}"}).Places(); !cmp.Equal(got, []string{"b", "a"}) {
		t.Errorf("places: %q", got)
	}
}

// FuzzTemplate: a text either is refused, or what it becomes can be turned back into it.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"{имя}, {code}", "{{{a}}}", "}{", "{a", "a}", "{a b}", "\x00", "\xff{a}", "{a}{{a}}{a}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := sms.Template{Name: "t", Text: text}
		if err := n.Check(); err != nil {
			problem, _ := fault.Of(err)
			if problem.Kind != fault.EmptyField && problem.Kind != fault.WrongField {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		// With each place in its place and each brace doubled again it is what it was.
		marks := map[string]string{}
		for _, name := range n.Places() {
			marks[name] = "\x00" + name + "\x01"
		}
		marked, err := n.Render(marks)
		if err != nil {
			t.Fatal(err)
		}
		back := strings.NewReplacer("{", "{{", "}", "}}", "\x00", "{", "\x01", "}").Replace(marked)
		if !strings.Contains(text, "\x01") && back != text {
			t.Errorf("%q became %q", text, back)
		}
	})
}

// board keeps templates in memory, as a TemplateStore does.
type board map[string]sms.Template

func (b board) Templates(context.Context) ([]sms.Template, error) { return nil, nil }

func (b board) Template(_ context.Context, name string) (sms.Template, error) { return b[name], nil }

func (b board) KeepTemplate(_ context.Context, n sms.Template, allow func(*sms.Template) error) error {
	if err := allow(nil); err != nil {
		return err
	}
	b[n.Name] = n
	return nil
}

func (b board) RemoveTemplate(context.Context, string, func(*sms.Template) error) error { return nil }

// TestPutTemplate: what is kept can be rendered, and says since when and by whom.
func TestPutTemplate(t *testing.T) {
	kept, at := board{}, time.Date(2026, 11, 27, 1, 2, 3, 4567, time.UTC)
	all := sms.NewTemplates(kept, func() time.Time { return at })
	may := func(*sms.Template) error { return nil }
	got, err := all.Put(t.Context(), sms.Template{Name: "code", Project: "1111", Text: "{code}"}, "anna", may)
	want := sms.Template{Name: "code", Project: "1111", Text: "{code}", ChangedAt: at.Truncate(time.Microsecond), ChangedBy: "anna"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || !cmp.Equal(kept["code"], want) {
		t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
	}
	if _, err := all.Put(t.Context(), sms.Template{Name: "code", Text: "{"}, "anna", may); err == nil || !cmp.Equal(kept["code"], want) {
		t.Errorf("it is %+v, %v", kept["code"], err)
	}
	denied := fault.New(fault.Denied, "")
	if _, err := all.Put(t.Context(), sms.Template{Name: "x", Text: "x"}, "anna", func(*sms.Template) error { return denied }); failure(err) != "put template x: denied" {
		t.Errorf("denied: %v", err)
	}
}

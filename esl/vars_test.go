package esl_test

import (
	"errors"
	"strings"
	"testing"

	"callgate/esl"
)

func TestVars(t *testing.T) {
	tests := []struct {
		name string
		vars []esl.Var
		want string // "" with vars means refused
	}{
		{"one", []esl.Var{{Name: "a", Value: "b"}}, "{a=b}"},
		{"in the order given", []esl.Var{{Name: "z", Value: "1"}, {Name: "a", Value: "2"}, {Name: "sip_h_X-Tag", Value: "3"}}, "{z=1,a=2,sip_h_X-Tag=3}"},
		{"blank", []esl.Var{{Name: "a", Value: "Иван  Петров"}}, `{a=Иван\s\sПетров}`},
		{"harmless", []esl.Var{{Name: "a", Value: "b=c/d:e_f.g-h%i!j~k?l*m#n+o"}}, "{a=b=c/d:e_f.g-h%i!j~k?l*m#n+o}"},
		{"number", []esl.Var{{Name: "a", Value: "+79190000001*#", Allow: esl.NumberChars}}, "{a=+79190000001*#}"},
		{"admitted", []esl.Var{{Name: "a", Value: "x@y;&", Allow: "xy@;&"}}, "{a=x@y;&}"},
		{"letter in a number", []esl.Var{{Name: "a", Value: "1a", Allow: esl.NumberChars}}, ""},
		{"listed in vain", []esl.Var{{Name: "a", Value: "1,2", Allow: "12,"}}, ""},
		{"brace listed in vain", []esl.Var{{Name: "a", Value: "1}", Allow: "1}"}}, ""},
		{"second is refused", []esl.Var{{Name: "a", Value: "b"}, {Name: "c", Value: "}"}}, ""},
		{"no name", []esl.Var{{Value: "b"}}, ""},
		{"name with a comma", []esl.Var{{Name: "a,b", Value: "b"}}, ""},
		{"name with a delimiter prefix", []esl.Var{{Name: "^^;a", Value: "b"}}, ""},
		{"name with an equals sign", []esl.Var{{Name: "a=b", Value: "b"}}, ""},
		{"long name", []esl.Var{{Name: strings.Repeat("a", 129), Value: "b"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := esl.Vars(tt.vars...)
			if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, esl.ErrArgument) {
				t.Errorf("Vars() = %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	if got, err := esl.Vars(); got != "" || err != nil {
		t.Errorf("Vars() of none = %q, %v", got, err)
	}
}

func TestQuoteRefuses(t *testing.T) {
	refused := []string{"", " a", "a ", "a\rb", "a\nb", "a\x00b", "a\tb", "a\x7fb", "a:_:b", "${uuid}", "\xff", strings.Repeat("a", 4097)}
	for _, c := range `{}[]<>()|'"\^$&,;@` {
		refused = append(refused, "a"+string(c)+"b")
	}
	for _, value := range refused {
		if got, err := esl.Quote(value); !errors.Is(err, esl.ErrArgument) {
			t.Errorf("Quote(%.20q) = %q, %v; want ErrArgument", value, got, err)
		}
	}
	if got, err := esl.Quote("a b"); got != `a\sb` || err != nil {
		t.Errorf("Quote() = %q, %v", got, err)
	}
	_, err := esl.Quote("+79190000001,")
	if err == nil || strings.Contains(err.Error(), "7919") {
		t.Errorf("error shows the value: %v", err)
	}
}

// Whatever is accepted comes out of FreeSWITCH's two passes as it went in.
func FuzzVars(f *testing.F) {
	f.Add("Иван Петров", "b")
	f.Add("a,b", "}")
	f.Add("${x}", `\s`)
	f.Fuzz(func(t *testing.T, a, b string) {
		text, err := esl.Vars(esl.Var{Name: "a", Value: a}, esl.Var{Name: "b", Value: b})
		if err != nil {
			return
		}
		if strings.ContainsAny(text, " \r\n\x00'\"") || strings.Count(text, "{") != 1 || strings.Count(text, "}") != 1 || strings.Count(text, ",") != 1 {
			t.Fatalf("%q", text)
		}
		inner := strings.ReplaceAll(text[1:len(text)-1], `\s`, " ") // the first pass
		one, two, _ := strings.Cut(inner, ",")                      // the second
		if one != "a="+a || two != "b="+b {
			t.Errorf("%q and %q became %q", a, b, text)
		}
	})
}

// TestEscape: what is escaped may stand anywhere, and comes back.
func TestEscape(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"as it is", "project-9876_a.b~c", "project-9876_a.b~c"},
		{"blank and plus", "a b+c", "a%20b%2Bc"},
		{"code", `${system(x)}'"\,;`, "%24%7Bsystem%28x%29%7D%27%22%5C%2C%3B"},
		{"not ASCII", "Анна", "%D0%90%D0%BD%D0%BD%D0%B0"},
		{"per cent", "100%", "100%25"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := esl.Escape(tt.text)
			if got != tt.want || esl.Unescape(got) != tt.text {
				t.Errorf("got %q and back %q, want %q", got, esl.Unescape(got), tt.want)
			}
			if quoted, err := esl.Quote(got); err != nil || quoted != got {
				t.Errorf("quoted %q, %v", quoted, err)
			}
		})
	}
	if got := esl.Unescape("50%"); got != "50%" {
		t.Errorf("what nobody escaped became %q", got)
	}
}

package esltest

import (
	"slices"
	"testing"
)

// TestSeparate has what switch_separate_string itself made of these arguments.
func TestSeparate(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"blanks", "  a   b ", []string{"a", "b"}},
		{"quotes group", "a 'b c' d", []string{"a", "b c", "d"}},
		{"a quote in a word", "a'b 'c", []string{"ab c"}},
		{"a quote without an end", "a 'b c", []string{"a", "'b c"}},
		{"escapes", `a\sb \'c \\d \"e f\g`, []string{"a b", "'c", `\d`, `"e`, `f\g`}},
		{"escaped blanks at the end stay", `a\s b\s`, []string{"a ", "b "}},
		{"nothing", "a '' b", []string{"a", "", "b"}},
		{"the eighth has the rest", "1 2 3 4 5 6 7 8 9 10", []string{"1", "2", "3", "4", "5", "6", "7", "8 9 10"}},
		{"another delimiter", "^^|a b|c", []string{"a b", "c"}},
		{"another delimiter escaped", `^^|a\|b|c`, []string{"a|b", "c"}},
		{"a backslash as delimiter escapes", `^^\a\b c`, []string{`a\b c`}},
		{"a letter as delimiter, escaped", `^^ta\tbtc`, []string{"atb", "c"}},
		{"a quote as delimiter only groups", "^^'a'b'c", []string{"abc"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := separate(tt.in, ' ', 8); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

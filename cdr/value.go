package cdr

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// first returns the first text that is not empty.
func first(texts ...[]byte) []byte {
	for _, s := range texts {
		if len(s) > 0 {
			return s
		}
	}
	return nil
}

// oneOf returns s if it is one of those words, else "".
func oneOf(s string, words ...string) string {
	if slices.Contains(words, s) {
		return s
	}
	return ""
}

// natural returns the number that s is in decimal digits; 0 if it is none or over limit.
func natural(s []byte, limit int64) int64 {
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0
		}
		if n = n*10 + int64(c-'0'); n > limit {
			return 0
		}
	}
	return n
}

// clean returns s with U+FFFD for control characters and invalid UTF-8, cut to at most limit bytes. NUL would make
// PostgreSQL refuse a record.
func clean(s []byte, limit int) string {
	text := cut(string(s[:min(len(s), limit+utf8.UTFMax)]), limit)
	return cut(strings.Map(func(char rune) rune {
		if char < ' ' || char == 0x7f {
			return utf8.RuneError
		}
		return char
	}, text), limit)
}

// cut returns at most limit bytes of s, no character halved.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

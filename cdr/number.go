package cdr

import "strings"

const (
	maxInteger     = "9007199254740991" // 2^53-1: the largest integer that every JSON reader keeps exact
	maxSignificant = 15                 // decimal digits that a double always keeps
	maxNumber      = 64                 // bytes; a longer decimal could be too small for a double
)

// number returns s as a JSON number in shortest form. It reports false when s is not a plain decimal
// (-?digits[.digits], no leading zero, no plus, no exponent, digits on both sides of the point) or when a reader that
// holds numbers as doubles would lose something: an integer beyond ±maxInteger, a fraction with more than
// maxSignificant significant digits as written, a negative zero.
func number(s string) (string, bool) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(s) > maxNumber {
		return "", false
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if !isDigits(whole) || hasPoint && !isDigits(fraction) || len(whole) > 1 && whole[0] == '0' {
		return "", false
	}
	significant := strings.TrimLeft(whole+fraction, "0")
	switch {
	case significant == "" && digits != s: // the sign of -0 would be lost
		return "", false
	case hasPoint && len(significant) > maxSignificant:
		return "", false
	case !hasPoint && (len(whole) > len(maxInteger) || len(whole) == len(maxInteger) && whole > maxInteger):
		return "", false
	case hasPoint:
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s, true
}

// isDigits reports whether s is one or more ASCII digits.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

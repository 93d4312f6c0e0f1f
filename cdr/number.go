package cdr

import "bytes"

const (
	maxInteger     = "9007199254740991" // 2^53-1: the largest integer that every JSON reader keeps exact
	maxSignificant = 15                 // decimal digits that a double always keeps
	maxNumber      = 64                 // bytes; a longer decimal could be too small for a double
)

// number returns s as a JSON number in shortest form. It reports false when s is not a plain decimal
// (-?digits[.digits], no leading zero, no plus, no exponent, digits on both sides of the point) or when a reader that
// holds numbers as doubles would lose something: an integer beyond ±maxInteger, a fraction with more than
// maxSignificant significant digits as written, a negative zero.
func number(s []byte) ([]byte, bool) {
	if len(s) == 0 || len(s) > maxNumber || s[0] > '9' {
		return nil, false
	}
	negative := s[0] == '-'
	digits := s
	if negative {
		digits = s[1:]
	}
	point := digitsEnd(digits)
	whole := digits[:point]
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' {
		return nil, false
	}
	if point == len(digits) {
		if negative && whole[0] == '0' || len(whole) > len(maxInteger) || len(whole) == len(maxInteger) && string(whole) > maxInteger {
			return nil, false
		}
		return s, true
	}
	fraction := digits[point+1:]
	if digits[point] != '.' || len(fraction) == 0 || digitsEnd(fraction) < len(fraction) {
		return nil, false
	}
	significant := len(whole) + len(fraction)
	if whole[0] == '0' {
		significant = len(bytes.TrimLeft(fraction, "0"))
	}
	if significant > maxSignificant || negative && significant == 0 { // the sign of -0 would be lost
		return nil, false
	}
	return bytes.TrimRight(bytes.TrimRight(s, "0"), "."), true
}

// digitsEnd returns where the ASCII digits end that s begins with.
func digitsEnd(s []byte) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

package project

import (
	"slices"
	"strings"
)

// Country is how numbers are dialled in a country, as far as it takes to write them as E.164 has them. It is immutable.
type Country struct {
	iso    string
	code   string   // calling code
	trunk  prefixes // of national numbers; one that is out of use still comes in
	abroad prefixes // before a calling code; 00 still comes from switches where people dial another one
	bare   int      // digits of the shortest national number that is known without anything before it
	shapes []shape  // of national numbers
}

// prefixes are what is dialled before a number; "" is none.
type prefixes [2]string

// shape is what national numbers may look like: their first digit is one of these, their digits are so many.
type shape struct {
	first    string
	min, max int
}

const (
	maxCode    = 3  // digits of the longest calling code
	maxDigits  = 32 // what is longer is no number
	minForeign = 7  // digits of the shortest number with a calling code
	maxForeign = 15 // and of the longest, by E.164
)

// Normal writes a number as E.164 does: + and calling code first, nothing between digits. It takes what follows the
// international prefix, the trunk prefix or the calling code, and the national number alone, where the country's numbering
// plan has such a number; one that could be both, in countries whose numbers have many lengths, is taken to have the
// calling code. Whatever has a + keeps its digits. Anything else stays exactly as it is: short and internal numbers, codes
// with * or #, names. Normal of what Normal made is the same.
func (c *Country) Normal(number string) string {
	var buf [1 + maxCode + maxDigits]byte
	const start = 1 + maxCode
	n, plus, laidOut := 0, false, false
	for i := 0; i < len(number); i++ {
		switch b := number[i]; {
		case b >= '0' && b <= '9':
			if n == maxDigits {
				return number
			}
			buf[start+n] = b
			n++
		case b == '+' && n == 0 && !plus:
			plus = true
		case b == ' ' || b == '-' || b == '.' || b == '(' || b == ')':
			laidOut = true
		case b == '\xc2' && i+1 < len(number) && number[i+1] == '\xa0': // a no-break space
			laidOut = true
			i++
		default:
			return number
		}
	}
	digits := buf[start : start+n]
	if plus {
		if !laidOut || n == 0 {
			return number
		}
		buf[start-1] = '+'
		return string(buf[start-1 : start+n])
	}
	skip, code := c.split(digits)
	if skip < 0 {
		return number
	}
	from := start + skip - len(code)
	copy(buf[from:], code)
	buf[from-1] = '+'
	return string(buf[from-1 : start+n])
}

// split tells how many digits go, and what calling code comes in their place; -1 for what is no number of the plan.
func (c *Country) split(digits []byte) (skip int, code string) {
	for _, prefix := range c.abroad {
		if rest, ok := after(digits, prefix); ok && rest[0] != '0' && len(rest) >= minForeign && len(rest) <= maxForeign {
			return len(prefix), ""
		}
	}
	for _, prefix := range c.trunk {
		if rest, ok := after(digits, prefix); ok && c.has(rest) {
			return len(prefix), c.code
		}
	}
	if rest, ok := after(digits, c.code); ok && c.has(rest) {
		return 0, ""
	}
	if len(digits) >= c.bare && c.has(digits) {
		return 0, c.code
	}
	return -1, ""
}

// Beginnings are how the numbers begin, as Normal writes them, that somebody means who has typed the beginning of one:
// digits, with a + before them or not. With a + it is that alone. Else it is what was typed, as of an internal number, and
// each form that Normal takes which could begin so: nobody can tell 831 from 8 31 before the number is whole.
func (c *Country) Beginnings(typed string) []string {
	all := []string{typed}
	if strings.HasPrefix(typed, "+") {
		return all
	}
	add := func(code string, rest []byte) {
		if b := "+" + code + string(rest); !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	digits := []byte(typed)
	for _, prefix := range c.abroad {
		if rest, ok := after(digits, prefix); ok && rest[0] != '0' && len(rest) <= maxForeign {
			add("", rest)
		}
	}
	for _, prefix := range append(c.trunk[:], c.code) {
		if rest, ok := after(digits, prefix); ok && c.begins(rest) {
			add(c.code, rest)
		}
	}
	if c.begins(digits) {
		add(c.code, digits)
	}
	return all
}

// after is what follows a prefix, if there is one and something follows it.
func after(digits []byte, prefix string) ([]byte, bool) {
	if prefix == "" || len(digits) <= len(prefix) || string(digits[:len(prefix)]) != prefix {
		return nil, false
	}
	return digits[len(prefix):], true
}

// has tells whether the plan has national numbers like that.
func (c *Country) has(national []byte) bool {
	for i := range c.shapes {
		if s := &c.shapes[i]; len(national) >= s.min && len(national) <= s.max && strings.IndexByte(s.first, national[0]) >= 0 {
			return true
		}
	}
	return false
}

// begins tells whether national numbers of the plan may begin like that.
func (c *Country) begins(national []byte) bool {
	return len(national) > 0 && slices.ContainsFunc(c.shapes, func(s shape) bool {
		return len(national) <= s.max && strings.IndexByte(s.first, national[0]) >= 0
	})
}

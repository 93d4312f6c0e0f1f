package cdr

import "bytes"

// Hidden stands in the place of a phone number that somebody may not see.
const Hidden = "*****"

// How many digits make a phone number, and not an inner one or an account.
const (
	longNumber     = 7
	spelledShort   = 10 // with blanks, hyphens and brackets, and a plus sign or a bracket
	spelledRussian = 11 // with blanks and hyphens: 7 or 8, the code and the number
)

// AppendHidden appends text to dst with [Hidden] in the place of what reads as a phone number: seven digits and more in
// a row, but not in a UUID, nor the seconds before one in a transfer history; and numbers as people write them, with
// blanks, hyphens and brackets: ten digits and more with a plus sign or a bracket, eleven from 7 or 8 on. Digits may be
// percent-encoded. All else stays as it is. Safe for concurrent use.
func AppendHidden(dst, text []byte) []byte {
	h := hider{}
	return append(dst, h.text(text, true)...)
}

// party is a number that a CDR's fields name, in digits. Elsewhere it may have another prefix: only its tail has to be
// there.
type party struct{ digits, tail []byte }

// hider hides numbers in texts.
type hider struct {
	parties []party // hidden wherever they are

	// A cluster: digits with no more between them than people put between those of a number.
	digits  []byte
	at      []span // where each stands in the text
	hide    []bool // each
	plus    int    // where the sign before the first stands; -1 for none
	bracket bool   // there is one in it
}

const maxParties = 64 // of one document, which names a dozen

// add makes parties of the numbers that a field holds which is hidden as a whole.
func (h *hider) add(value []byte) {
	value = unpercent(value)
	for at := 0; at < len(value); at++ {
		end := at + digitsEnd(value[at:])
		h.addDigits(value[at:end])
		at = end
	}
	if len(bytes.Trim(value, "+0123456789 -()")) == 0 { // one number, as people write it
		h.addDigits(bytes.Join(bytes.FieldsFunc(value, func(r rune) bool { return r < '0' || r > '9' }), nil))
	}
}

// addDigits adds a number, unless it is an inner one, all zeros, which is FreeSWITCH's word for none, or known already.
func (h *hider) addDigits(digits []byte) {
	if len(digits) < longNumber || len(bytes.Trim(digits, "0")) == 0 || len(h.parties) == maxParties {
		return
	}
	for _, p := range h.parties {
		if bytes.Equal(p.digits, digits) {
			return
		}
	}
	tail := longNumber
	if len(digits) > spelledShort { // with a country's code, of up to three digits
		tail++
	}
	h.parties = append(h.parties, party{digits, digits[len(digits)-tail:]})
}

// text returns s without the parties' numbers and, where all is set, without what else reads as one. It returns s itself
// where there is nothing to hide.
func (h *hider) text(s []byte, all bool) []byte {
	if !all && len(h.parties) == 0 || !manyDigits(s) {
		return s
	}
	var out []byte
	copied := 0
	for next := 0; next < len(s); {
		next = h.read(s, next)
		if len(h.digits) < longNumber {
			continue
		}
		h.hide = append(h.hide[:0], make([]bool, len(h.digits))...)
		if all {
			h.hideLong(s)
		}
		h.hideParties()
		for i := 0; i < len(h.hide); i++ {
			if !h.hide[i] {
				continue
			}
			from := int(h.at[i].from)
			if i == 0 && h.plus >= 0 {
				from = h.plus
			}
			for i+1 < len(h.hide) && h.hide[i+1] {
				i++
			}
			out = append(append(out, s[copied:from]...), Hidden...)
			copied = int(h.at[i].to)
		}
	}
	if copied == 0 {
		return s
	}
	return append(out, s[copied:]...)
}

// manyDigits tells whether there can be a number in s.
func manyDigits(s []byte) bool {
	n := 0
	for _, c := range s {
		if c-'0' < 10 {
			n++
		}
	}
	return n >= longNumber
}

// read reads the next cluster of s from at on, which may be none, and returns where to go on.
func (h *hider) read(s []byte, at int) (next int) {
	h.digits, h.at, h.plus, h.bracket = h.digits[:0], h.at[:0], -1, false
	for gap := 0; at < len(s); {
		c, n := s[at], 1
		if c == '%' && at+2 < len(s) {
			c, n = unhexPair(s[at:])
		}
		switch begun := len(h.digits) > 0; {
		case c-'0' < 10:
			h.digits, h.at, gap = append(h.digits, c), append(h.at, part(at, at+n)), 0
		case c == '(' || begun && gap < 3 && (c == ' ' || c == '-' || c == ')'):
			h.bracket, gap = h.bracket || c == '(', gap+1
		case begun:
			return at
		case c == '+':
			h.plus, h.bracket = at, false
		default:
			h.plus, h.bracket = -1, false
		}
		at += n
	}
	return at
}

// hideLong hides what in the cluster reads as a number.
func (h *hider) hideLong(s []byte) {
	n := len(h.digits)
	if n >= spelledShort && (h.plus >= 0 || h.bracket) && !inUUID(s, int(h.at[0].from)) {
		h.hideFrom(0, n)
		return
	}
	for from := 0; from < n; {
		to, russian := h.runEnd(from), from+spelledRussian
		switch {
		case to-from >= longNumber:
			if !inUUID(s, int(h.at[from].from)) && !isTime(s, h.at[from].from, h.at[to-1].to) {
				h.hideFrom(from, to)
			}
		case (h.digits[from] == '7' || h.digits[from] == '8') && russian <= n && h.runEnd(russian-1) == russian && !inUUID(s, int(h.at[from].from)):
			h.hideFrom(from, russian)
			to = russian
		}
		from = to
	}
}

// hideFrom hides digits.
func (h *hider) hideFrom(from, to int) {
	for i := from; i < to; i++ {
		h.hide[i] = true
	}
}

// runEnd returns where the run ends that begins with a digit, or that the digit is in.
func (h *hider) runEnd(i int) int {
	for i++; i < len(h.at) && h.at[i].from == h.at[i-1].to; i++ {
	}
	return i
}

// hideParties hides the parties' numbers in the cluster, each with what stands before it in the same way as in the
// party's, and all of the runs that it is in.
func (h *hider) hideParties() {
	for _, p := range h.parties {
		for done := 0; ; {
			i := bytes.Index(h.digits[done:], p.tail)
			if i < 0 {
				break
			}
			from, to := done+i, h.runEnd(done+i+len(p.tail)-1)
			for before := len(p.digits) - len(p.tail) - 1; from > 0 && before >= 0 && h.digits[from-1] == p.digits[before]; before-- {
				from--
			}
			for from > 0 && h.at[from-1].to == h.at[from].from {
				from--
			}
			h.hideFrom(from, to)
			done = to
		}
	}
}

// inUUID tells whether what stands at a place of s is part of a UUID.
func inUUID(s []byte, at int) bool {
	for from := max(0, at-uuidLength+1); from <= at; from++ {
		escaped := from > 2 && s[from-3] == '%'
		if uuidAt(s, from) && (from == 0 || escaped || !isWord(s[from-1])) {
			return true
		}
	}
	return false
}

const uuidLength = 36

// uuidAt tells whether a UUID begins at a place of s.
func uuidAt(s []byte, at int) bool {
	if at+uuidLength > len(s) || at+uuidLength < len(s) && isWord(s[at+uuidLength]) {
		return false
	}
	for i, c := range s[at : at+uuidLength] {
		if hyphen := i == 8 || i == 13 || i == 18 || i == 23; hyphen != (c == '-') || !hyphen && unhex(c) > 15 {
			return false
		}
	}
	return true
}

// isWord reports whether c is an ASCII letter or digit.
func isWord(c byte) bool { return c-'0' < 10 || c|0x20-'a' < 26 }

// isTime tells whether what stands there in s is the time of a step in a transfer history: ten digits, a colon, a UUID.
//
// Source: switch_ivr.c switch_ivr_session_transfer.
func isTime(s []byte, from, to uint32) bool {
	rest, ok := bytes.CutPrefix(s[to:], []byte("%3A"))
	if !ok {
		rest, ok = bytes.CutPrefix(s[to:], []byte(":"))
	}
	return ok && to-from == 10 && uuidAt(rest, 0)
}

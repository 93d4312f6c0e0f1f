package cdr

import (
	"encoding/binary"
	"math/bits"
)

// Text is looked through eight bytes at a time: most names and values are shorter than that, and a byte at a time most
// of the effort would go into guessing wrong where each ends.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080 // the marks: the highest bit of each byte
)

// word returns eight bytes of s from at on, the first one lowest.
func word(s []byte, at int) uint64 { return binary.LittleEndian.Uint64(s[at : at+8]) }

// lowest returns which byte the lowest of the marks is on.
func lowest(marks uint64) int { return bits.TrailingZeros64(marks) >> 3 }

// plainEnd returns where from at on s stops being plain: at a control character, '"', '&', '<', a backslash, or a byte
// beyond ASCII. Plain text is the same in XML and JSON.
func plainEnd(s []byte, at int) int {
	for ; at+8 <= len(s); at += 8 {
		w := word(s, at)
		// A byte goes below zero where it is what is subtracted from it, or less. What it borrows can only spoil the
		// bytes after it.
		marks := w | (w - ' '*ones) | (w ^ '"'*ones - ones) | (w ^ '&'*ones - ones) | (w ^ '<'*ones - ones) | (w ^ '\\'*ones - ones)
		if marks &= highs; marks != 0 {
			return at + lowest(marks)
		}
	}
	for at < len(s) && isPlain(s[at]) {
		at++
	}
	return at
}

// isPlain is plainEnd for one byte.
func isPlain(c byte) bool {
	return c >= ' ' && c < 0x80 && c != '"' && c != '&' && c != '<' && c != '\\'
}

// nameEnd returns where from at on the first byte of s is that no name in well-formed XML holds, or one beyond ASCII.
func nameEnd(s []byte, at int) int {
	for ; at+8 <= len(s); at += 8 {
		w := word(s, at)
		seven := w &^ highs
		marks := between(seven|0x20*ones, 'a', 'z') | between(seven, '0', ':') | between(seven, '-', '.') | between(seven, '_', '_')
		if marks = ^(marks &^ w) & highs; marks != 0 {
			return at + lowest(marks)
		}
	}
	for at < len(s) && s[at] < 0x80 && isNameByte(s[at]) {
		at++
	}
	return at
}

// between marks the bytes of w from low to high; no byte of w has its highest bit set.
func between(w uint64, low, high uint64) uint64 {
	return (w + (0x80-low)*ones) &^ (w + (0x7f-high)*ones)
}

// layoutEnd returns where from at on the text ends that stands between tags: a line feed and spaces.
func layoutEnd(s []byte, at int) int {
	if at < len(s) && s[at] == '\n' {
		at++
	}
	for ; at+8 <= len(s); at += 8 {
		if other := word(s, at) ^ ' '*ones; other != 0 {
			return at + lowest(other)
		}
	}
	for at < len(s) && s[at] == ' ' {
		at++
	}
	return at
}

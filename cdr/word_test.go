package cdr

import (
	"bytes"
	"fmt"
	"testing"
)

// TestEnds puts every byte at every place of a text of every length that one or two words reach over, among bytes that
// could be taken for it where words borrow and carry, and looks for it as a reader of single bytes would.
func TestEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(s []byte, at int) int
		within func(c byte) bool
		fill   string
	}{
		{"plain", plainEnd, func(c byte) bool { return c >= ' ' && c < 0x80 && !bytes.ContainsRune([]byte(`"&<\`), rune(c)) }, " !#%';=[]~\x7f"},
		{"name", nameEnd, func(c byte) bool { return c < 0x80 && isNameByte(c) }, "azAZ09_:.-"},
		{"spaces", layoutEnd, func(c byte) bool { return c == ' ' }, " "},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, fill := range []byte(test.fill) {
				for length := range 18 {
					for place := range length {
						for c := range 256 {
							s := bytes.Repeat([]byte{fill}, length)
							s[place] = byte(c)
							if place+1 < length {
								s[place+1] = byte(c) + 1 // a borrow would hit this one
							}
							want := 0
							for want < length && (test.within(s[want]) || want == 0 && test.name == "spaces" && s[0] == '\n') {
								want++
							}
							if got := test.end(append([]byte("<"), s...), 1) - 1; got != want {
								t.Fatalf("%q: got %d, want %d", s, got, want)
							}
						}
					}
				}
			}
		})
	}
}

// plainUnpercent is unpercent, one byte after the other.
func plainUnpercent(s []byte) []byte {
	out := []byte{}
	for i := 0; i < len(s); i++ {
		var c byte
		if _, err := fmt.Sscanf(string(s[i:min(len(s), i+3)]), "%%%02x", &c); err == nil && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, c)
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

func isHex(c byte) bool { return bytes.IndexByte([]byte("0123456789abcdefABCDEF"), c) >= 0 }

func TestUnpercentAtEveryPlace(t *testing.T) {
	for _, escape := range []string{"%41", "%c3%A9", "%", "%4", "%zz", "%%41", "%4%41", "%\xff1", "+", "%25%34%31", "%2B%2b"} {
		for before := range 20 {
			for after := range 20 {
				s := []byte("abcdefghijklmnopqrst"[:before] + escape + "ABCDEFGHIJKLMNOPQRST"[:after] + escape)
				if got, want := unpercent(s), plainUnpercent(s); !bytes.Equal(got, want) {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
			}
		}
	}
}

func FuzzUnpercent(f *testing.F) {
	f.Add([]byte("%41b%"))
	f.Fuzz(func(t *testing.T, s []byte) {
		if got, want := unpercent(s), plainUnpercent(s); !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

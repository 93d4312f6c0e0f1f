package smpp_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linxGnu/gosmpp/data"

	"callgate/internal/outside/smpp"
	"callgate/internal/sms"
)

// TestSplit: a text travels in as many parts as it is counted, each fits into a message, none ends or begins in a character,
// and together they are the text.
func TestSplit(t *testing.T) {
	for name, text := range texts() {
		t.Run(name, func(t *testing.T) {
			ucs2, parts := smpp.Split(text, smpp.Auto, smpp.UDH)
			encoding, want := sms.Count(text)
			if (encoding == sms.UCS2) != ucs2 || len(parts) != want {
				t.Errorf("%d parts, UCS-2 %v; counted are %d of %s", len(parts), ucs2, want, encoding)
			}
			whole(t, text, ucs2, parts, 6)
			ucs2, parts = smpp.Split(text, smpp.Auto, smpp.WideUDH)
			whole(t, text, ucs2, parts, 7)
			ucs2, parts = smpp.Split(text, smpp.UCS2, smpp.UDH)
			if !ucs2 {
				t.Error("not in UCS-2")
			}
			whole(t, text, ucs2, parts, 6)
		})
	}
}

// whole holds parts against the text that they are of. What has a header has so many octets less.
func whole(t *testing.T, text string, ucs2 bool, parts [][]byte, header int) {
	t.Helper()
	encoding, bits := data.GSM7BIT, 7
	if ucs2 {
		encoding, bits = data.UCS2, 8
	}
	if len(parts) == 1 {
		header = 0
	}
	var all strings.Builder
	for i, part := range parts {
		if n := (len(part)*bits+7)/8 + header; n > 140 {
			t.Errorf("part %d has %d octets", i+1, n)
		}
		read, err := encoding.Decode(part)
		if err != nil || ucs2 && strings.ContainsRune(read, utf8.RuneError) {
			t.Errorf("part %d is not of whole characters: %x, %v", i+1, part, err)
		}
		all.WriteString(read)
	}
	if all.String() != text {
		t.Errorf("the parts are %q", all.String())
	}
}

// texts are those at whose borders something is to be divided, and some more.
func texts() map[string]string {
	all := map[string]string{
		"none": "", "one": "x", "2,000 letters": strings.Repeat("Ёж ", 666) + "!!", "2,000 characters": strings.Repeat("a", 2000),
		"all of the default alphabet": "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€",
		"nearly in it":                "`", "an escape": "a\x1bb", "families": strings.Repeat("👩‍👩‍👧", 40),
	}
	for _, n := range []int{69, 70, 71, 133, 134, 135, 152, 153, 154, 159, 160, 161, 305, 306, 307, 459, 460} {
		for name, s := range map[string][2]string{"a": {"a", "€"}, "я": {"я", "🙂"}, "{": {"{", "}"}, "emoji": {"🙂", "я"}} {
			at := fmt.Sprintf("%d %s", n, name)
			all[at] = strings.Repeat(s[0], n)
			all[at+" and another"] = strings.Repeat(s[0], n-1) + s[1]
			all[at+" after another"] = s[1] + strings.Repeat(s[0], n-1)
		}
	}
	random := rand.New(rand.NewPCG(8, 8))
	characters := []rune("aя€🙂{ж\n@`")
	for i := range 300 {
		var b strings.Builder
		few := characters[:1+random.IntN(len(characters))]
		for range random.IntN(700) {
			b.WriteRune(few[random.IntN(len(few))])
		}
		all[fmt.Sprintf("random %d", i)] = b.String()
	}
	return all
}

func FuzzSplit(f *testing.F) {
	for _, text := range texts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
			t.Skip()
		}
		ucs2, parts := smpp.Split(text, smpp.Auto, smpp.UDH)
		if encoding, want := sms.Count(text); (encoding == sms.UCS2) != ucs2 || len(parts) != want {
			t.Errorf("%d parts, UCS-2 %v; counted are %d of %s", len(parts), ucs2, want, encoding)
		}
		whole(t, text, ucs2, parts, 6)
	})
}

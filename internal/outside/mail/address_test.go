package mail_test

import (
	"encoding/base64"
	"io"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	ours "callgate/internal/outside/mail"
)

// decoded is a part as it was meant.
func decoded(t *testing.T, p *multipart.Part) string {
	t.Helper()
	var r io.Reader = p // quoted-printable is read by NextPart
	if p.Header.Get("Content-Transfer-Encoding") == "base64" {
		r = base64.NewDecoder(base64.StdEncoding, p)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"plain", "anna@example.com", true},
		{"with signs", "anna.b+reports_x-1@mail.example.com", true},
		{"of this machine", "root@localhost", true},
		{"in other letters", "anna@xn--e1aybc.xn--p1ai", true},
		{"nothing", "", false},
		{"no domain", "anna", false},
		{"no name", "@example.com", false},
		{"two signs", "a@b@example.com", false},
		{"Cyrillic", "анна@пример.рф", false},
		{"two dots", "a..b@example.com", false},
		{"dot in front", ".a@example.com", false},
		{"with a name", "Anna <anna@example.com>", false},
		{"quoted", `"a b"@example.com`, false},
		{"two addresses", "a@example.com,b@example.com", false},
		{"blank", "a@example.com ", false},
		{"line break", "a@example.com\r\n", false},
		{"group", "x:a@example.com;", false},
		{"host of a hyphen", "a@-example.com", false},
		{"address of a machine", "a@[127.0.0.1]", false},
		{"too long", strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 100) + "com", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := ours.CheckAddress(tt.text); (err == nil) != tt.want {
				t.Errorf("got %v", err)
			} else if err != nil && len(tt.text) > 3 && strings.Contains(err.Error(), tt.text) {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}

// FuzzAddress: what is taken is one address, which stands for itself, on one line.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"anna@example.com", "a@b@c", "a@b\r\n", "<a@b>", `"a"@b`, "a.@b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if ours.CheckAddress(text) != nil {
			return
		}
		all, err := mail.ParseAddressList(text)
		if err != nil || len(all) != 1 || all[0].Address != text || strings.ContainsAny(text, "\r\n<>\" ,;:") {
			t.Errorf("%q: %v %v", text, all, err)
		}
		if _, err := ours.ParseSender(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

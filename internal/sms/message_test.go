package sms_test

import (
	"strings"
	"testing"

	"callgate/internal/project"
	"callgate/internal/sms"
)

func TestPhones(t *testing.T) {
	for _, tt := range []struct {
		phone string
		want  string // as a provider gets it; "" is refused
	}{
		{"89190000000", "+79190000000"},
		{"+79190000000", "+79190000000"},
		{"79190000000", "+79190000000"},
		{"9190000000", "+79190000000"},
		{"8 (919) 000-00-00", "+79190000000"},
		{"+7 (919) 000 00 00", "+79190000000"},
		{"+7-919-000-00-00", "+79190000000"},
		{" 8 919 000 00 00 ", "+79190000000"},
		{"810 49 30 901820", "+4930901820"},
		{"+49 (30) 90 18 20", "+4930901820"},
		{"+1 (202) 456-1414", "+12024561414"},
		{"12345", "12345"},
		{"12-34-5", "12345"},
		{"(12) 345", "12345"},
		{"-----", "-"}, // the form has it; nobody is reached
		{"1234", ""},
		{"", ""},
		{"+", ""},
		{"8919000000a", ""},
		{"8.919.000.00.00", ""},
		{"8919000000\n", ""},
		{"\u00a089190000000", ""},
		{"89190000000;89190000001", ""},
		{"89190000000,1", ""},
		{"8+9190000000", ""},
		{"++79190000000", ""},
		{"٨٩١٩٠٠٠٠٠٠٠", ""},
		{"123456789012345678901234", "123456789012345678901234"},
		{"1234567890123456789012345", ""},
		{"+123456789012345678901234", "+123456789012345678901234"},
	} {
		t.Run(tt.phone, func(t *testing.T) {
			if got := sms.IsPhone(tt.phone); got != (tt.want != "") {
				t.Fatalf("has the form: %v", got)
			}
			if tt.want == "" {
				return
			}
			got, err := russian(t).Send(t.Context(), sms.Message{Phone: tt.phone})
			if want := strings.TrimPrefix(tt.want, "-"); got.Number != want || got.Phone != tt.phone || err != nil {
				t.Errorf("a provider gets %q for %q, %v, want %q", got.Number, got.Phone, err, want)
			}
		})
	}
}

func TestLengths(t *testing.T) {
	for _, tt := range []struct {
		name string
		is   func(string) bool
		most int
	}{{"text", sms.IsText, 39015}, {"mark", sms.IsMark, 255}} {
		t.Run(tt.name, func(t *testing.T) {
			for _, letter := range []string{"x", "ю", "😀"} {
				if whole := strings.Repeat(letter, tt.most); !tt.is(whole) || tt.is(whole+letter) || !tt.is("") {
					t.Errorf("%d of %s", tt.most, letter)
				}
			}
		})
	}
}

// FuzzPhone: whatever has the form becomes digits, with a + before them or not.
func FuzzPhone(f *testing.F) {
	f.Add("8 (919) 000-00-00")
	f.Add("+--- (")
	service := russian(f)
	f.Fuzz(func(t *testing.T, phone string) {
		if !sms.IsPhone(phone) {
			return
		}
		got, err := service.Send(t.Context(), sms.Message{Phone: phone})
		if left := strings.Trim(strings.TrimPrefix(got.Number, "+"), "0123456789"); left != "" || err != nil {
			t.Errorf("a provider gets %q for %q, %v", got.Number, phone, err)
		}
	})
}

// russian runs a service without providers where numbers are read by the Russian plan.
func russian(t testing.TB) *sms.Service {
	o := options(newBook(), map[string]sms.Carrier{})
	russia, _ := project.FindCountry("RU")
	o.Normal = func(_, number string) string { return russia.Normal(number) }
	return start(t, o)
}

package account_test

import (
	"testing"

	"callgate/internal/account"
	"callgate/internal/fault"
)

func TestParseRight(t *testing.T) {
	for _, tt := range []struct {
		text string
		want account.Right
		good bool
	}{
		{"contact/add", account.Right{Module: "contact", Action: "add"}, true},
		{"report/badRequest", account.Right{Module: "report", Action: "badRequest"}, true},
		{"numbers/see", account.Right{Module: "numbers", Action: "see"}, true},
		{"contact/*", account.Right{Module: "contact", Action: "*"}, true},
		{"*/get", account.Right{Module: "*", Action: "get"}, true},
		{"*/*", account.Right{Module: "*", Action: "*"}, true},
		{"", account.Right{}, false},
		{"*", account.Right{}, false},
		{"contact", account.Right{}, false},
		{"contact/", account.Right{}, false},
		{"/add", account.Right{}, false},
		{"contact/add/x", account.Right{}, false},
		{"con tact/add", account.Right{}, false},
		{"contact/a*", account.Right{}, false},
		{"1contact/add", account.Right{}, false},
		{"контакт/add", account.Right{}, false},
		{"contact/add\n", account.Right{}, false},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := account.ParseRight(tt.text)
			if got != tt.want || (err == nil) != tt.good {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
			if err != nil {
				wantKind(t, "refusal", err, fault.WrongField, "right")
			} else if got.String() != tt.text {
				t.Errorf("written as %q", got)
			}
		})
	}
}

func FuzzParseRight(f *testing.F) {
	f.Add("contact/add")
	f.Add("*/*")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := account.ParseRight(text); err == nil && r.String() != text {
			t.Errorf("%q was read as %q", text, r)
		}
	})
}

func TestIdentity(t *testing.T) {
	all := &account.Identity{Rights: []account.Right{{Module: "*", Action: "*"}}}
	some := &account.Identity{Projects: []string{"101"}, Rights: []account.Right{{Module: "contact", Action: "*"}, {Module: "*", Action: "get"}, {Module: "sms", Action: "send"}}}
	for _, tt := range []struct {
		name           string
		id             *account.Identity
		module, action string
		want           bool
	}{
		{"everything", all, "recordings", "listen", true},
		{"any action", some, "contact", "cdr", true},
		{"any module", some, "onlinestat", "get", true},
		{"exact", some, "sms", "send", true},
		{"another action", some, "sms", "list", false},
		{"another case", some, "sms", "Send", false},
		{"no rights", &account.Identity{}, "sms", "send", false},
		{"nobody", nil, "sms", "send", false},
		{"a wildcard asked for", &account.Identity{Rights: []account.Right{{Module: "sms", Action: "send"}}}, "sms", "*", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.id.May(tt.module, tt.action); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if !some.Sees("101") || some.Sees("102") || !all.Sees("102") || (*account.Identity)(nil).Sees("101") {
		t.Error("projects are not kept apart")
	}
}

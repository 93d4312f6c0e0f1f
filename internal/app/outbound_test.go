package app_test

import (
	"strings"
	"testing"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

// TestOutbound has calls handed over: from where that is allowed they are taken and go on with their dialplan, from
// elsewhere they are not taken at all, and go on as well.
func TestOutbound(t *testing.T) {
	for _, tt := range []struct {
		name    string
		allow   string
		outcome string
	}{
		{"this machine", "127.0.0.1", "handled"},
		{"somewhere else", "192.0.2.0/24", "not_allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := freeAddr(t)
			l := newLand(t, storetest.SQLite(t), func(c *esltest.Config) {
				c.Extensions = append(c.Extensions, esltest.Extension{Match: "^hand$", Apps: []esltest.App{
					{Name: "answer"}, {Name: "socket", Data: addr + " full"}, {Name: "park"}}})
			})
			h := l.build(t, func(c *app.Config) {
				c.OutboundAddr = addr
				var err error
				if c.OutboundAllow, err = app.ParsePrefixes(tt.allow); err != nil {
					t.Fatal(err)
				}
			})
			h.ready()
			h.signIn()
			if got := h.app.OutboundAddr(); got != addr {
				t.Errorf("calls are taken at %s, want %s", got, addr)
			}
			caller, err := l.sw.Call(esltest.Call{Number: "79190000001", Extension: "hand"})
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the call is in the next action of its dialplan", func() bool {
				return h.command(t, "uuid_getvar "+caller.UUID()+" current_application") == "park"
			})
			want := `callgate_outbound_calls_total{outcome="` + tt.outcome + `"} 1`
			eventually(t, want, func() bool { return strings.Contains(h.get("/metrics").body, want) })
		})
	}
}

// TestPrefixes reads networks as operators write them.
func TestPrefixes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"address", "192.0.2.1", "192.0.2.1/32"},
		{"networks", " 10.0.0.0/8, ::1/128 ", "10.0.0.0/8,::1/128"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := app.ParsePrefixes(tt.text)
			if text := app.FormatPrefixes(got); text != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", text, err, tt.want)
			}
		})
	}
	if got, err := app.ParsePrefixes("localhost"); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}

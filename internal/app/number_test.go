package app_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/internal/store/storetest"
)

// TestNumbersNowhere: who may do everything but see numbers finds none of them in any answer, and who may see them does.
func TestNumbersNowhere(t *testing.T) {
	t.Parallel() // it mostly waits
	m, _ := newRouted(t, storetest.SQLite(t))
	const (
		called, customer = "89100000000", "89190000001"
		recorded         = "89160000005"
		dialled          = "79261234567"
		agents           = "79160000002"
		denied           = "78090000001"
		noted            = "79160000003"
		leg              = "e11f9649-810b-44d4-867f-4bf94cc3bf5b"
	)
	numbers := []string{called, customer, recorded, dialled, agents, denied, noted}

	// A customer's call, with its CDR and a recording that is named after him; a call that is up; what was set.
	capture := string(readFile(t, "../../cdr/testdata/captures/queue-member-answered-recorded-utf8-name.http"))
	_, body, _ := strings.Cut(capture, "\r\n\r\n")
	if got := m.postCDR(t, "a_"+leg, "application/x-www-form-urlencoded", body); got.status != 200 {
		t.Fatal(got)
	}
	record(t, m.recordings, recorded, time.Second)
	m.sw.Fire("RECORD_STOP", "", []string{"Unique-ID", "leg", "Record-File-Path", filepath.Join(m.recordings, recorded+".wav")}, "")
	m.becomes(t, "leg", "complete")
	record(t, m.recordings, "other", time.Second)
	m.sw.Fire("RECORD_STOP", "", []string{"Unique-ID", "other", "Record-File-Path", filepath.Join(m.recordings, "other.wav")}, "")
	m.becomes(t, "other", "complete")
	o, got := m.make(t, "", "sip", "1234", "called_number", called, "caller_number", called)
	if got.status != 200 {
		t.Fatal(got)
	}
	m.want(t, 200, "PUT", query("/routes", "name", "day"), object("project", "9876", "numbers", []string{"78001112233"}, "open", "bridge:sofia/gateway/t/"+dialled))
	m.want(t, 200, "PATCH", query("/destination-rules", "for", "all"), object("deny", []string{denied, "00"}))
	agent := query("/agents", "name", "1000@default")
	m.want(t, 200, "PATCH", agent, object("contact", "sofia/gateway/t/"+agents, "status", "On Break", "reason", "rings "+noted))
	m.post("/contact/"+customer, "", m.token)

	states := strings.Replace(agent, "/agents", "/agents/states", 1)
	eventually(t, "the reason of a pause", func() bool { return strings.Contains(m.as(m.token, "GET", states, "").body, noted) })

	blind := m.user("blind", append(slices.Clone(v1Rights), "contact/*", "report/*", "recordings/*")...)
	days := fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, time.Now().AddDate(0, 0, -1).Format(time.DateOnly), time.Now().AddDate(0, 0, 1).Format(time.DateOnly))
	seen := map[string]bool{}
	for _, tt := range []struct {
		path  string
		shows []string // to who may see numbers
	}{
		{"/calls?from=2026-01-01", []string{customer[1:]}},
		{"/calls?from=2026-01-01&limit=1", nil},
		{"/calls?agent=1001@default&from=2026-01-01", nil},
		{"/calls/" + leg, []string{customer[1:]}},
		{"/calls/" + leg + "/cdr", []string{customer}},
		{"/calls/export?from=2026-01-01&format=csv", []string{customer[1:]}},
		{"/calls/live", []string{called}},
		{"/calls/live/" + o.UUID, []string{called}},
		{"/calls/leg/recording", []string{recorded}},
		{"/calls/leg/recording/audio", nil},
		{"/recordings", []string{recorded}},
		{"/recordings?limit=1", nil},
		{"/queues", nil},
		{"/queues/callers", nil},
		{"/queue-definitions", nil},
		{"/switches", nil},
		{"/tiers", nil},
		{"/agents", []string{agents}},
		{strings.Replace(agent, "/agents", "/agents/history", 1), []string{noted}},
		{states, []string{noted}},
		{query("/reports/agents", "interval", "whole", "from", time.Now().Format(time.DateOnly), "to", time.Now().Format(time.DateOnly)), nil},
		{"/routes", []string{dialled, "78001112233"}},
		{"/decisions?from=2026-01-01T00:00:00Z", nil},
		{"/destination-rules", []string{denied}},
		{"/cdr-gaps", nil},
		{"POST /contact/cdr " + object("id", leg), []string{customer}},
		{"POST /contact/audio " + object("id", leg), nil},
		{"POST /contact/queues ", nil},
		{"POST /contact/tiers ", nil},
		{"POST /contact/tier " + object("queue", "support2@default"), nil},
		{"POST /report/request " + days, nil},
		{"POST /report/demoReport " + days, nil},
		{"POST /report/badRequest " + days, []string{customer}},
	} {
		ask := func(token string) reply {
			if rest, post := strings.CutPrefix(tt.path, "POST "); post {
				path, body, _ := strings.Cut(rest, " ")
				return m.post(path, body, token)
			}
			return m.as(token, "GET", tt.path, "")
		}
		got := ask(m.token)
		if got.status != 200 && got.status != 404 {
			t.Errorf("%s: %d %s", tt.path, got.status, got.body)
		}
		for _, number := range tt.shows {
			if !strings.Contains(got.body, number) {
				t.Errorf("%s does not show %s to who may see it: %s", tt.path, number, got.body)
			}
		}
		shown := ask(blind)
		if shown.status != got.status {
			t.Errorf("%s without numbers/see: %d, want %d: %s", tt.path, shown.status, got.status, shown.body)
		}
		all := fmt.Sprint(shown.header, shown.body)
		for n := 0; n < 2; n++ {
			for _, number := range append([]string{"78001112233"}, numbers...) {
				seen[number] = seen[number] || strings.Contains(fmt.Sprint(got.header, got.body), number[1:])
				if strings.Contains(all, number[1:]) {
					t.Errorf("%s shows %s to who may not see it: %.2000s", tt.path, number, all)
				}
			}
			all, _ = url.PathUnescape(all)
		}
	}
	for _, number := range numbers {
		if !seen[number] {
			t.Errorf("%s was nowhere, so that nothing was hidden", number)
		}
	}
	// Nor can they be asked for, digit by digit or as a whole; nor given back as they were shown.
	for _, number := range []string{"891*", "+7919*", customer} {
		for _, path := range []string{"/calls", "/calls/export?format=csv"} {
			joiner := "?"
			if strings.Contains(path, "?") {
				joiner = "&"
			}
			refused(t, m.as(blind, "GET", path+joiner+url.Values{"number": {number}, "from": {"2026-01-01"}}.Encode(), ""), 403, "")
		}
	}
	refused(t, m.as(blind, "GET", "/calls/"+leg+"/cdr?format=xml", ""), 403, "")
	refused(t, m.as(blind, "PATCH", query("/destination-rules", "for", "all"), object("deny", []string{"*****", "00"})), 403, "")
	refused(t, m.as(blind, "PATCH", agent, object("contact", "sofia/gateway/t/*****")), 403, "")
	refused(t, m.as(blind, "POST", "/agents", object("name", "new", "contact", "sofia/gateway/t/*****")), 403, "")
	refused(t, m.as(blind, "PUT", query("/routes", "name", "day"), object("project", "9876", "numbers", []string{"*****"})), 403, "")
}

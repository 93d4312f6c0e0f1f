package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestSendThroughProviders: what the manual asks to be sent goes to a provider, and the answer is OK as soon as one has taken
// it: the next, where the first has certainly not got it. It is error when none takes it, or it is not known; then nothing
// is sent later. The report has each as it was answered.
func TestSendThroughProviders(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		first, second, l := newTextGate(t), newTextGate(t), newLand(t, database, nil)
		m := newModern(t, l)
		m.provider(t, l, "first", first)
		m.provider(t, l, "second", second)
		m.want(t, 200, "PUT", "/sms/providers/nobody", object("kind", "http", "description", unreachable(first.description()), "values", map[string]string{"login": "me", "key": "s3cret"}))
		l.set(t, "sms.answer_time", "5s")
		began := time.Now().Add(-time.Minute).Format("2006-01-02 15:04:05")
		var want []string
		for _, tt := range []struct {
			name, order, body string
			result            string
			first, second     int // messages that they are given
		}{
			{"the manual's", "first", manual(t, "send.request.json"), "OK", 1, 0},
			{"nobody is there, the next takes it", "nobody,first", `{"phone":"89190000001","message":"ok"}`, "OK", 1, 0},
			{"not now, nor the next", "first,second", `{"phone":"89190000002","message":"later"}`, "error", 1, 1},
			{"refused by all", "first,second", `{"phone":"89190000003","message":"refuse"}`, "error", 1, 1},
			{"nobody knows", "first,second", `{"phone":"89190000004","message":"break"}`, "error", 1, 0},
			{"nobody is there", "nobody", `{"phone":"89190000005","message":"ok"}`, "error", 0, 0},
			{"none is set", "", `{"phone":"89190000006","message":"ok"}`, "error", 0, 0},
		} {
			t.Run(tt.name, func(t *testing.T) {
				l.set(t, "sms.provider", tt.order)
				eventually(t, "the order", func() bool { return m.order(t) == tt.order })
				one, two := len(first.all()), len(second.all())
				if got := m.post("/sms/send", tt.body, m.token); got.status != http.StatusOK || got.body != fmt.Sprintf(`{"result":%q}`, tt.result) {
					t.Errorf("got %d %s", got.status, got.body)
				}
				want = append(want, tt.result)
				if one, two = len(first.all())-one, len(second.all())-two; one != tt.first || two != tt.second {
					t.Errorf("the first was given %d, the second %d", one, two)
				}
			})
		}
		one, two := len(first.all()), len(second.all())
		l.set(t, "sms.provider", "second,first")
		eventually(t, "the order", func() bool { return m.order(t) == "second,first" })
		m.in(t, m.send(t, "", "phone", "89190000007", "text", "ok").ID, "sent") // whoever sends what is due has looked
		if len(first.all()) != one || len(second.all()) != two+1 {
			t.Error("something was sent later")
		}
		got := rows(t, m.post("/report/sms", fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, began, time.Now().AddDate(0, 0, 1).Format("2006-01-02")), m.token))
		if want = append(want, "OK"); len(got) != len(want) || got[0]["message"] != "Проверка работы ПО АРІ ЦОВ" {
			t.Fatalf("the report has %v", got)
		}
		for i, row := range got {
			if row["result"] != want[i] {
				t.Errorf("the report has %v, want %s", row, want[i])
			}
		}
	})
}

// unreachable is a description of one who is not there.
func unreachable(d map[string]any) map[string]any {
	d["send"].(map[string]any)["url"] = "http://127.0.0.1:1/"
	return d
}

// order is the setting sms.provider as the process has it.
func (m *modern) order(t *testing.T) string {
	t.Helper()
	names := map[int]string{}
	for _, p := range m.list(t) {
		names[p.Place] = p.Name
	}
	all := names[1]
	for i := 2; names[i] != ""; i++ {
		all += "," + names[i]
	}
	return all
}

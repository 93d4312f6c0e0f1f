package gateway_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
)

// given is what the presets need, all of it different.
var given = map[string]map[string]string{
	"smsc":           {"login": "shop", "password": "p&ss=w:rd", "signing": "word"},
	"smsru":          {"api_id": "API-ID-7f"},
	"smsaero":        {"email": "me@example.com", "key": "aero+key", "sign": "BIZNES"},
	"mts-exolve":     {"key": "ex.olve", "sender": "79990001122"},
	"mts-marketolog": {"login": "mark", "password": "etolog", "sender": "MTSM_Test"},
}

// hosts are those of all presets.
var hosts = []string{"smsc.ru", "sms.ru", "gate.smsaero.ru", "api.exolve.ru", "omnichannel.mts.ru"}

// order is a message that goes to each.
func order() gateway.Text {
	return gateway.Text{ID: 77, Number: "+79255070602", From: "FRONTLINE", Text: "Код: «12»", Until: time.Now().Add(90*time.Minute + 30*time.Second)}
}

// TestPresetsSend: every preset puts a message to the provider as its page says, and understands the page's answers.
func TestPresetsSend(t *testing.T) {
	const sms = `{"status":"OK","status_code":100,"sms":{"79255070602":`
	type want = gateway.Sent
	for _, tt := range []struct {
		preset, name string
		status       int
		answer       string
		want         want
	}{
		{"smsc", "taken", 200, "{ \"id\": 33, \"cnt\": 1 }", want{Outcome: gateway.Taken, ID: "33"}},
		{"smsc", "taken, with its price", 200, `{"balance": "83.6", "cnt": 1, "cost": "4.1", "id": 14}`, want{Outcome: gateway.Taken, ID: "14"}},
		{"smsc", "wrong number, which has an id as well", 200, `{"error":"invalid number","error_code":7,"id":34}`, refused("status 200: 7 invalid number")},
		{"smsc", "wrong password", 200, `{"error":"authorise error","error_code":2}`, refused("status 200: 2 authorise error")},
		{"smsc", "forbidden", 200, `{"error":"message is denied","error_code":6,"id":35}`, refused("status 200: 6 message is denied")},
		{"smsc", "cannot be delivered", 200, `{"error":"can't to deliver","id":1,"error_code":8}`, refused("status 200: 8 can't to deliver")},
		{"smsc", "parameters", 200, `{"error":"parameters error","error_code":1}`, refused("status 200: 1 parameters error")},
		{"smsc", "no money", 200, `{"error":"no money","error_code":3,"id":36}`, later("status 200: 3 no money", 0)},
		{"smsc", "blocked for a while", 200, `{"error":"IP blocked","error_code":4}`, later("status 200: 4 IP blocked", time.Minute)},
		{"smsc", "too often", 200, `{"error":"duplicate request, wait a minute","error_code":9}`, later("status 200: 9 duplicate request, wait a minute", time.Minute)},
		{"smsc", "neither", 200, `{"cnt":1}`, unknown("status 200, and no rule knows the answer")},

		{"smsru", "taken", 200, sms + `{"status":"OK","status_code":100,"sms_id":"000000-10000000"}},"balance":4122.56}`,
			want{Outcome: gateway.Taken, ID: "000000-10000000"}},
		{"smsru", "this number not", 200, sms + `{"status":"ERROR","status_code":207,"status_text":"На этот номер (или один из номеров) нельзя отправлять сообщения, либо указано более 100 номеров в списке получателей"}},"balance":4122.56}`,
			refused("status 200: 207 На этот номер (или один из номеров) нельзя отправлять сообщения, либо указано более 100 номеров в списке получателей")},
		{"smsru", "no sender, which has an id as well", 200, sms + `{"status":"ERROR","status_code":221,"status_text":"Для работы с нашим сервисом, необходимо создать буквенного отправителя","sms_id":"202626-1000002"}}}`,
			refused("status 200: 221 Для работы с нашим сервисом, необходимо создать буквенного отправителя")},
		{"smsru", "wrong key", 200, `{"status":"ERROR","status_code":200,"status_text":"Неправильный api_id"}`, refused("status 200: 200 Неправильный api_id")},
		{"smsru", "no money", 200, `{"status":"ERROR","status_code":201,"status_text":"Не хватает средств"}`, later("status 200: 201 Не хватает средств", 0)},
		{"smsru", "not now", 200, `{"status":"ERROR","status_code":220,"status_text":"Сервис временно недоступен"}`, later("status 200: 220 Сервис временно недоступен", 0)},
		{"smsru", "the same a minute ago", 200, sms + `{"status":"ERROR","status_code":231,"status_text":"Лимит"}}}`, later("status 200: 231 Лимит", time.Minute)},
		{"smsru", "the same today", 200, sms + `{"status":"ERROR","status_code":232,"status_text":"Лимит"}}}`, refused("status 200: 232 Лимит")},
		{"smsru", "nothing of the message", 200, `{"status":"OK","status_code":100,"balance":1}`, unknown("status 200: 100, and no rule knows the answer")},

		{"smsaero", "taken", 200, `{"success": true,"data": {"id": 5,"from": "BIZNES","number": "79990000000","text": "Test text","status": 0,"extendStatus": "queue","channel": "DIRECT","cost": 2.2,"dateCreate": 1532342510,"dateSend": 1532342510},"message": null}`,
			want{Outcome: gateway.Taken, ID: "5"}},
		{"smsaero", "taken, in a list", 200, `{"success": true,"data": [{"id": 1,"from": "SMS Aero","number": "79990000000","text": "your text","status": 0,"extendStatus": "queue","channel": "FREE SIGN","cost": 1.95,"dateCreate": 1510656981,"dateSend": 1510656981}],"message": null}`,
			want{Outcome: gateway.Taken, ID: "1"}},
		{"smsaero", "rejected at once", 200, `{"success": true,"data": {"id": 5,"status": 6},"message": "rejected"}`, refused("status 200: rejected id 5 status 6")},
		{"smsaero", "wrong number", 200, `{"success": false,"data": {"number": ["incorrect"]},"message": "Validation error."}`, refused("status 200: Validation error. number incorrect")},
		{"smsaero", "wrong key", 401, `{"success": false,"data": null,"message": "Your request was made with invalid credentials."}`,
			refused("status 401: Your request was made with invalid credentials.")},
		{"smsaero", "no money", 402, `{"success": false,"data": null,"message": "Not enough money"}`, later("status 402: Not enough money", 0)},
		{"smsaero", "no money, as it once was", 200, `{"result":"no credits"}`, later("status 200", 0)},
		{"smsaero", "refused, as it once was", 200, `{"result":"reject","reason":"empty field"}`, refused("status 200: empty field")},
		{"smsaero", "throttled", 429, `{}`, later("status 429", 0)},
		{"smsaero", "throttled, as it says failures", 429, `{"success":false,"data":null,"message":"Too many requests"}`, later("status 429: Too many requests", 0)},

		{"mts-exolve", "taken, a number", 200, `{"message_id": 439166538239448536}`, want{Outcome: gateway.Taken, ID: "439166538239448536"}},
		{"mts-exolve", "taken, a text", 200, `{"message_id":"439166538239448536"}`, want{Outcome: gateway.Taken, ID: "439166538239448536"}},
		{"mts-exolve", "refused", 400, `{"error":{"message":"incorrect customer state","details":"account"}}`, refused("status 400: incorrect customer state account")},
		{"mts-exolve", "wrong key", 401, ``, refused("status 401")},
		{"mts-exolve", "throttled", 429, `{"message":"slow"}`, later("status 429", 0)},
		{"mts-exolve", "throttled, as it says failures", 429, `{"error":{"message":"too many requests"}}`, later("status 429: too many requests", 0)},
		{"mts-exolve", "out of order", 500, `{"error":{"message":"internal"}}`, unknown("status 500: internal")},

		{"mts-marketolog", "taken", 200, `{"messages":[{"internal_id":"c5f2","message_id":"x","msisdn":"79255070602"}]}`, want{Outcome: gateway.Taken, ID: "c5f2"}},
		{"mts-marketolog", "taken, with a code that says so", 200, `{"messages":[{"internal_id":"c5f2","error_code":0}]}`, want{Outcome: gateway.Taken, ID: "c5f2"}},
		{"mts-marketolog", "this message not", 200, `{"messages":[{"internal_id":"c5f2","error_code":103,"error_message":"wrong naming"}]}`, refused("status 200: 103 wrong naming")},
		{"mts-marketolog", "none", 400, `{"code":3,"message":"bad request"}`, refused("status 400: 3 bad request")},
		{"mts-marketolog", "throttled, as it says failures", 429, `{"code":429,"message":"too many requests"}`, later("status 429: 429 too many requests", 0)},
		{"mts-marketolog", "wrong password", 401, `Unauthorized`, refused("status 401")},
		{"mts-marketolog", "neither", 200, `{"messages":[]}`, unknown("status 200, and no rule knows the answer")},
	} {
		t.Run(tt.preset+" "+tt.name, func(t *testing.T) {
			p := newProvider(t, hosts...)
			p.answers(tt.status, tt.answer)
			h := driver(t, gateway.FindPreset(tt.preset), given[tt.preset], p.options())
			if diff := cmp.Diff(tt.want, h.Send(t.Context(), order())); diff != "" {
				t.Errorf("(-want, +got):\n%s", diff)
			}
			s, n := p.last()
			if n != 1 {
				t.Fatalf("%d requests", n)
			}
			asked(t, tt.preset, s)
		})
	}
}

func refused(reason string) gateway.Sent {
	return gateway.Sent{Outcome: gateway.Refused, Reason: reason}
}
func unknown(reason string) gateway.Sent {
	return gateway.Sent{Outcome: gateway.Unknown, Reason: reason}
}
func later(reason string, wait time.Duration) gateway.Sent {
	return gateway.Sent{Outcome: gateway.Later, Reason: reason, Wait: wait}
}

// asked compares the request for the order with the provider's page.
func asked(t *testing.T, preset string, s seen) {
	t.Helper()
	want := map[string]seen{
		"smsc": {method: "POST", address: "https://smsc.ru/sys/send.php", form: values("login", "shop", "psw", "p&ss=w:rd", "phones", "+79255070602",
			"mes", "Код: «12»", "sender", "FRONTLINE", "valid", "01:30", "charset", "utf-8", "fmt", "3")},
		"smsru": {method: "POST", address: "https://sms.ru/sms/send", query: values("json", "1"),
			form: values("api_id", "API-ID-7f", "to", "79255070602", "msg", "Код: «12»", "from", "FRONTLINE", "ttl", "90")},
		"smsaero": {method: "POST", address: "https://gate.smsaero.ru/v2/sms/send", user: "me@example.com", password: "aero+key",
			json: read(`{"number":"79255070602","sign":"FRONTLINE","text":"Код: «12»"}`)},
		"mts-exolve": {method: "POST", address: "https://api.exolve.ru/messaging/v1/SendSMS",
			json: read(`{"number":"FRONTLINE","destination":"79255070602","text":"Код: «12»"}`)},
		"mts-marketolog": {method: "POST", address: "https://omnichannel.mts.ru/http-api/v1/messages", user: "mark", password: "etolog",
			json: read(`{"messages":[{"content":{"short_text":"Код: «12»"},"from":{"sms_address":"FRONTLINE"},"to":[{"msisdn":"79255070602"}]}]}`)},
	}[preset]
	if preset == "mts-exolve" && s.header.Get("Authorization") != "Bearer ex.olve" {
		t.Errorf("it says that it is %q", s.header.Get("Authorization"))
	}
	if want.query == nil {
		want.query = url.Values{}
	}
	s.header = nil
	if diff := cmp.Diff(want, s, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("the request (-want, +got):\n%s", diff)
	}
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func read(text string) (value any) {
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic(err)
	}
	return value
}

// TestPresetsSayWhatWasRead: a preset names the page that it was read from, and what makes it experimental.
func TestPresetsSayWhatWasRead(t *testing.T) {
	got := map[string]bool{}
	for _, p := range gateway.Presets() {
		got[p.Name] = p.Description.Experimental
		if p.Description.Source == "" || p.Description.Read == "" {
			t.Errorf("%s: %q, %q", p.Name, p.Description.Source, p.Description.Read)
		}
		if raw, err := json.Marshal(p.Description); err != nil || !strings.Contains(string(raw), p.Description.Source) {
			t.Errorf("%s: as JSON %.100s, %v", p.Name, raw, err)
		}
	}
	want := map[string]bool{"smsc": false, "smsru": false, "smsaero": true, "mts-exolve": true, "mts-marketolog": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("which are experimental (-want, +got):\n%s", diff)
	}
	if gateway.FindPreset("nobody") != nil {
		t.Error("a preset that does not exist")
	}
}

// TestSenders: what a message does not say is left out, or what stands in for it is sent.
func TestSenders(t *testing.T) {
	p := newProvider(t, hosts...)
	for _, tt := range []struct {
		preset, answer string
		want           func(s seen) any
		is             any
	}{
		{"smsc", `{"id":1}`, func(s seen) any { return s.form }, values("apikey", "k", "phones", "+7", "mes", "x", "charset", "utf-8", "fmt", "3")},
		{"smsru", `{}`, func(s seen) any { return s.form }, values("api_id", "API-ID-7f", "to", "7", "msg", "x")},
		{"mts-exolve", `{}`, func(s seen) any { return s.json }, read(`{"number":"79990001122","destination":"7","text":"x"}`)},
		{"smsaero", `{}`, func(s seen) any { return s.json }, read(`{"number":"7","sign":"BIZNES","text":"x"}`)},
	} {
		t.Run(tt.preset, func(t *testing.T) {
			p.answers(200, tt.answer)
			needs := given[tt.preset]
			if tt.preset == "smsc" {
				needs = map[string]string{"key": "k"}
			}
			driver(t, gateway.FindPreset(tt.preset), needs, p.options()).Send(t.Context(), gateway.Text{ID: 1, Number: "+7", Text: "x"})
			s, _ := p.last()
			if diff := cmp.Diff(tt.is, tt.want(s)); diff != "" {
				t.Errorf("(-want, +got):\n%s", diff)
			}
		})
	}
}

// TestUntil: how long a message is of use, in each provider's words, and no longer than it tries.
func TestUntil(t *testing.T) {
	p := newProvider(t, hosts...)
	p.answers(200, `{}`)
	for _, tt := range []struct {
		name       string
		left       time.Duration
		ttl, valid string
	}{
		{"seconds", 20 * time.Second, "1", "00:01"},
		{"rounded down", 10*time.Minute + 59*time.Second, "10", "00:10"},
		{"days", 72 * time.Hour, "1440", "24:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := [2]string{}
			for i, preset := range []string{"smsru", "smsc"} {
				m := order()
				m.Until = time.Now().Add(tt.left)
				driver(t, gateway.FindPreset(preset), given[preset], p.options()).Send(t.Context(), m)
				s, _ := p.last()
				got[i] = s.form.Get([]string{"ttl", "valid"}[i])
			}
			if want := [2]string{tt.ttl, tt.valid}; got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

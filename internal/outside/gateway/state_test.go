package gateway_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
)

// TestPresetsStates: what each page says of states is asked for and understood.
func TestPresetsStates(t *testing.T) {
	type receipts = []gateway.Receipt
	smsc := func(status int) string {
		return fmt.Sprintf(`{ "status": %d, "last_date": "18.10.2016 15:34:12", "last_timestamp": 1476794052 }`, status)
	}
	aero := func(status int) string {
		return fmt.Sprintf(`{"success":true,"data":{"id":12345,"from":"SMS Aero","number":"79031234567","text":"Hello, World!","status":%d,"extendStatus":"word","channel":"FREE SIGN","cost":"5.49"},"message":null}`, status)
	}
	mts := func(status string) string {
		return `{"events_info":[{"events_info":[{"internal_id":"a","status":200,"event_at":"x"},{"internal_id":"a","status":` + status + `}],"key":"a"},{"events_info":[{"internal_id":"b","status":300}],"key":"b"}]}`
	}
	type test struct {
		preset, name, answer string
		want                 receipts
	}
	tests := []test{
		{"smsc", "not found", smsc(-3), nil},
		{"smsru", "two", `{"status":"OK","status_code":100,"sms":{"a":{"status":"OK","status_code":103,"cost":0.50,"status_text":"Сообщение доставлено"},"b":{"status":"OK","status_code":104,"cost":0.50,"status_text":"Не может быть доставлено"}}}`,
			receipts{{ID: "a", State: gateway.Delivered}, {ID: "b", State: gateway.Expired}}},
		{"smsru", "one of two", `{"status":"OK","status_code":100,"sms":{"b":{"status":"ERROR","status_code":-1,"status_text":"Сообщение не найдено"},"a":{"status":"OK","status_code":108,"status_text":"Не может быть доставлено: отклонено"}}}`,
			receipts{{ID: "a", State: gateway.Failed, Reason: "108 Не может быть доставлено: отклонено"}}},
		{"smsru", "one that nobody asked for", `{"status":"OK","status_code":100,"sms":{"c":{"status_code":103}}}`, nil},
		{"smsaero", "in a list", `{"success":true,"data":[{"id":12345,"status":1}],"message":null}`, receipts{{ID: "12345", State: gateway.Delivered}}},
		{"smsaero", "another one", `{"success":true,"data":{"id":5,"status":1},"message":null}`, nil},
		{"mts-marketolog", "the last counts", mts("201"), receipts{{ID: "a", State: gateway.Failed, Reason: "201"}, {ID: "b", State: gateway.Delivered}}},
		{"mts-marketolog", "and why", mts(`301,"internal_errors":[7]`), receipts{{ID: "a", State: gateway.Failed, Reason: "7"}, {ID: "b", State: gateway.Delivered}}},
	}
	for state, all := range map[gateway.State][]int{gateway.OnItsWay: {-2, -1, 0}, gateway.Delivered: {1, 2, 4}, gateway.Expired: {3}, gateway.Failed: {20, 22, 23, 24, 25}} {
		for _, code := range all {
			tests = append(tests, test{"smsc", fmt.Sprint(code), smsc(code), receipts{{ID: "33", State: state, Reason: because(state, fmt.Sprint(code))}}})
		}
	}
	for state, all := range map[gateway.State][]int{gateway.OnItsWay: {0, 3, 4, 8}, gateway.Delivered: {1}, gateway.Failed: {2, 6}} {
		for _, code := range all {
			tests = append(tests, test{"smsaero", fmt.Sprint(code), aero(code), receipts{{ID: "12345", State: state, Reason: because(state, "word")}}})
		}
	}
	for state, all := range map[gateway.State][]int{gateway.OnItsWay: {100, 101, 102}, gateway.Delivered: {103, 110}, gateway.Expired: {104}, gateway.Failed: {105, 106, 107, 108, 150}} {
		for _, code := range all {
			answer := fmt.Sprintf(`{"status":"OK","status_code":100,"sms":{"a":{"status":"OK","status_code":%d,"cost":0.5,"status_text":"word"}}}`, code)
			tests = append(tests, test{"smsru", fmt.Sprint(code), answer, receipts{{ID: "a", State: state, Reason: because(state, fmt.Sprint(code)+" word")}}})
		}
	}
	for state, all := range map[gateway.State][]string{gateway.OnItsWay: {"200", "202"}, gateway.Delivered: {"300"}, gateway.Failed: {"201", "301", "302"}} {
		for _, code := range all {
			tests = append(tests, test{"mts-marketolog", code, mts(code), receipts{{ID: "a", State: state, Reason: because(state, code)}, {ID: "b", State: gateway.Delivered}}})
		}
	}
	questions := map[string][]gateway.Asked{"smsc": {{ID: "33", Number: "+79255070602"}}, "smsaero": {{ID: "12345"}}, "smsru": {{ID: "a"}, {ID: "b"}}, "mts-marketolog": {{ID: "a"}, {ID: "b"}}}
	for _, tt := range tests {
		t.Run(tt.preset+" "+tt.name, func(t *testing.T) {
			p := newProvider(t, hosts...)
			p.answers(200, tt.answer)
			h := driver(t, gateway.FindPreset(tt.preset), given[tt.preset], p.options())
			got, err := h.States(t.Context(), questions[tt.preset])
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want, +got):\n%s", err, diff)
			}
			s, n := p.last()
			want := map[string]seen{
				"smsc": {method: "POST", address: "https://smsc.ru/sys/status.php", form: values("login", "shop", "psw", "p&ss=w:rd", "phone", "+79255070602",
					"id", "33", "charset", "utf-8", "fmt", "3")},
				"smsru": {method: "GET", address: "https://sms.ru/sms/status", query: values("api_id", "API-ID-7f", "sms_id", "a,b", "json", "1")},
				"smsaero": {method: "GET", address: "https://gate.smsaero.ru/v2/sms/status", query: values("id", "12345"), user: "me@example.com",
					password: "aero+key"},
				"mts-marketolog": {method: "POST", address: "https://omnichannel.mts.ru/http-api/v1/messages/info", json: read(`{"int_ids":["a","b"]}`),
					user: "mark", password: "etolog"},
			}[tt.preset]
			if want.query == nil {
				want.query = url.Values{}
			}
			s.header = nil
			if diff := cmp.Diff(want, s, cmp.AllowUnexported(seen{})); diff != "" || n != 1 {
				t.Errorf("%d requests, the last (-want, +got):\n%s", n, diff)
			}
		})
	}
}

// because is the reason of a state, which only a failure has.
func because(s gateway.State, reason string) string {
	if s == gateway.Failed {
		return reason
	}
	return ""
}

// TestStatesFail: what is no answer tells of no message.
func TestStatesFail(t *testing.T) {
	for _, tt := range []struct {
		name, preset string
		status       int
		answer, want string
	}{
		{"refused", "smsc", 200, `{"error":"authorise error","error_code":2}`, "status 200: 2 authorise error"},
		{"refused at the top", "smsru", 200, `{"status":"ERROR","status_code":200,"sms":{"a":{"status_code":103}}}`, "status 200: 200"},
		{"with number and secret", "smsc", 200, `{"error":"p&ss=w:rd +7 (925) 507-06-02","error_code":2}`, "status 200: 2 … …"},
		{"out of order", "smsru", 502, `{"status":"OK","status_code":100,"sms":{"a":{"status_code":103}}}`, "status 502: 100"},
		{"a page", "smsru", 200, `<html>`, "status 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, hosts...)
			p.answers(tt.status, tt.answer)
			h := driver(t, gateway.FindPreset(tt.preset), given[tt.preset], p.options())
			got, err := h.States(t.Context(), []gateway.Asked{{ID: "a", Number: "+79255070602"}})
			if failure, _ := fault.Of(err); len(got) > 0 || failure.Kind != fault.OutsideDown || failure.Err.Error() != tt.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	h := driver(t, gateway.FindPreset("mts-exolve"), given["mts-exolve"], gateway.Options{})
	if _, err := h.States(t.Context(), []gateway.Asked{{ID: "a"}}); err == nil || h.Facts().States != 0 {
		t.Errorf("asked where nobody can: %v, %+v", err, h.Facts())
	}
}

// TestStatesGoOn: a message of which the provider says nothing does not keep it from being asked about others; three in a row
// do, and so does what is not about the message.
func TestStatesGoOn(t *testing.T) {
	const nothing = `{"success":false,"message":"no such message"}`
	for _, tt := range []struct {
		name   string
		status int
		answer string // to what begins with x; others are delivered
		ids    string
		want   string // of which something is told
		asked  int
		fails  bool
	}{
		{"all", 200, "", "1 2 3", "1 2 3", 3, false},
		{"but one", 200, nothing, "x1 2 3", "2 3", 3, true},
		{"but some", 200, nothing, "x1 x2 3 x4 x5 6", "3 6", 6, true},
		{"there is none of that", 404, nothing, "x1 2", "2", 2, true},
		{"that is no id", 400, nothing, "x1 2", "2", 2, true},
		{"but not now", 200, nothing, "xx1 2", "", 1, true},
		{"three in a row", 200, nothing, "1 x2 x3 x4 5", "1", 4, true},
		{"an id that cannot be asked for", 200, nothing, "x\x00 2", "2", 1, true},
		{"it is not let in", 401, nothing, "1 x2 3", "1", 2, true},
		{"too often", 429, nothing, "x1 2", "", 1, true},
		{"out of order", 500, nothing, "x1 2", "", 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, hosts...)
			p.answer = func(w http.ResponseWriter, r *http.Request) {
				id := r.Header.Get("X-Message")
				if strings.HasPrefix(id, "x") {
					if strings.HasPrefix(id, "xx") {
						w.Header().Set("Retry-After", "5")
					}
					w.WriteHeader(tt.status)
					_, _ = io.WriteString(w, tt.answer)
					return
				}
				_, _ = io.WriteString(w, asJSON(map[string]any{"success": true, "state": "D"}))
			}
			h := driver(t, described(t, strings.TrimSuffix(over("https", jsonProvider), "}")+`,"status":{"method":"GET","url":"https://sms.ru/state","headers":{"X-Message":"{id}"},
				"answered":[{"where":[{"path":"success","equals":true}]}],"state":"state","reason":"message","codes":{"delivered":"D"}}}`), nil, p.options())
			var about []gateway.Asked
			for _, id := range strings.Split(tt.ids, " ") {
				about = append(about, gateway.Asked{ID: id})
			}
			got, err := h.States(t.Context(), about)
			var told []string
			for _, r := range got {
				told = append(told, r.ID)
			}
			if _, n := p.last(); strings.Join(told, " ") != tt.want || (err != nil) != tt.fails || n != tt.asked {
				t.Errorf("after %d requests: told %q, %v", n, told, err)
			}
		})
	}
}

// TestStatesOfNoLine: an id that is not on one line gets into no header.
func TestStatesOfNoLine(t *testing.T) {
	p := newProvider(t, "gate.example")
	p.answers(200, `{"state":"D"}`)
	h := driver(t, described(t, strings.TrimSuffix(over("https", jsonProvider), "}")+`,"status":{"method":"GET","url":"https://gate.example/state","headers":{"X-Message":"{id}"},
		"state":"state","codes":{"delivered":"D"}}}`), nil, p.options())
	for _, id := range []string{"7\r\nX-Other: y", "7\u202e", "7\x00"} {
		if _, err := h.States(t.Context(), []gateway.Asked{{ID: id}}); err == nil || !strings.Contains(err.Error(), "header X-Message: a value for it has a line break") {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, n := p.last(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if got, err := h.States(t.Context(), []gateway.Asked{{ID: "7"}}); len(got) != 1 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestStatesOfMany asks for no more at once than the provider takes.
func TestStatesOfMany(t *testing.T) {
	p := newProvider(t, hosts...)
	p.answers(200, `{"status":"OK","status_code":100,"sms":{"7":{"status_code":103},"207":{"status_code":103}}}`)
	h := driver(t, gateway.FindPreset("smsru"), given["smsru"], p.options())
	var all []gateway.Asked
	for i := range 250 {
		all = append(all, gateway.Asked{ID: fmt.Sprint(i)})
	}
	got, err := h.States(t.Context(), all)
	if diff := cmp.Diff([]gateway.Receipt{{ID: "7", State: gateway.Delivered}, {ID: "207", State: gateway.Delivered}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want, +got):\n%s", err, diff)
	}
	if s, n := p.last(); n != 3 || len(strings.Split(s.query.Get("sms_id"), ",")) != 50 || h.Facts().States != 100 {
		t.Errorf("%d requests, the last for %s; %+v", n, s.query.Get("sms_id"), h.Facts())
	}
}

// TestPresetsReceipts: call-backs of those whose call-backs are known.
func TestPresetsReceipts(t *testing.T) {
	type receipts = []gateway.Receipt
	smsru := func(entries ...string) string {
		form, joined := url.Values{}, given["smsru"]["api_id"]
		for i, e := range entries {
			form.Set(fmt.Sprintf("data[%d]", i), e)
			joined += e
		}
		sum := sha256.Sum256([]byte(joined))
		form.Set("hash", hex.EncodeToString(sum[:]))
		return form.Encode()
	}
	smsc := func(id, status, more string) string {
		sum := md5.Sum([]byte(id + ":79255070602:" + status + ":word"))
		return "id=" + id + "&phone=79255070602&status=" + status + "&ts=1476794052&flag=0&type=0&md5=" + hex.EncodeToString(sum[:]) + more
	}
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("sms_status\n000000-%d\n103\n1476794052", i))
	}
	twelve := make(receipts, 12)
	for i := range twelve {
		twelve[i] = gateway.Receipt{ID: fmt.Sprintf("000000-%d", i), State: gateway.Delivered}
	}
	hundred := gateway.Answer{Type: "text/plain", Text: "100"}
	for _, tt := range []struct {
		preset, name, method, query, body string
		want                              receipts
		answer                            gateway.Answer
		kind                              fault.Kind // of the failure; Internal for none
	}{
		{"smsru", "delivered", "POST", "", smsru("sms_status\n000000-1\n103\n1476794052"), receipts{{ID: "000000-1", State: gateway.Delivered}}, hundred, 0},
		{"smsru", "failed, with line ends of another kind", "POST", "", smsru("sms_status\r\n000000-1\r\n108\r\n1476794052"), receipts{{ID: "000000-1", State: gateway.Failed, Reason: "108"}}, hundred, 0},
		{"smsru", "more than ten, in their order", "POST", "", smsru(many...), twelve, hundred, 0},
		{"smsru", "of other kinds", "POST", "", smsru("test\n1476794052", "callcheck_status\n1\n401\n1", "sms_status\n000000-1\n104\n1", "sms_status\n000000-2\n999\n1", "sms_status"),
			receipts{{ID: "000000-1", State: gateway.Expired}}, hundred, 0},
		{"smsru", "made by somebody else", "POST", "", strings.Replace(smsru("sms_status\n000000-1\n103\n1"), "103", "108", 1), nil, gateway.Answer{}, fault.Denied},
		{"smsru", "not signed", "POST", "", "data[0]=sms_status", nil, gateway.Answer{}, fault.Denied},
		{"smsru", "nothing", "POST", "", "", nil, gateway.Answer{}, fault.WrongField},
		{"smsru", "in the address", "GET", smsru("sms_status\n000000-1\n103\n1"), "", nil, gateway.Answer{}, fault.WrongField},

		{"smsc", "posted", "POST", "", smsc("33", "1", ""), receipts{{ID: "33", State: gateway.Delivered}}, gateway.Answer{}, 0},
		{"smsc", "in the address", "GET", smsc("33", "20", "&err=1"), "", receipts{{ID: "33", State: gateway.Failed, Reason: "1"}}, gateway.Answer{}, 0},
		{"smsc", "without a reason", "GET", smsc("33", "25", ""), "", receipts{{ID: "33", State: gateway.Failed, Reason: "25"}}, gateway.Answer{}, 0},
		{"smsc", "made by somebody else", "GET", smsc("33", "20", "") + "0", "", nil, gateway.Answer{}, fault.Denied},
		{"smsc", "too much", "POST", "", strings.Repeat("x", gateway.MaxReceipts+1), nil, gateway.Answer{}, fault.TooLarge},
		{"smsaero", "which has none", "POST", "", "id=1&status=1", nil, gateway.Answer{}, fault.NotFound},
	} {
		t.Run(tt.preset+" "+tt.name, func(t *testing.T) {
			h := driver(t, gateway.FindPreset(tt.preset), given[tt.preset], gateway.Options{})
			query, _ := url.ParseQuery(tt.query)
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			got, answer, err := h.Receipts(tt.method, query, header, []byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" || answer != tt.answer {
				t.Errorf("answered with %q (-want, +got):\n%s", answer, diff)
			}
			if failure, _ := fault.Of(err); failure.Kind != tt.kind || (err == nil) != (tt.kind == 0) {
				t.Errorf("failed with %v", err)
			}
		})
	}
}

// TestReceiptsNotSigned: who gives no secret word for the signature is not asked for one.
func TestReceiptsNotSigned(t *testing.T) {
	h := driver(t, gateway.FindPreset("smsc"), map[string]string{"key": "k"}, gateway.Options{})
	got, _, err := h.Receipts("POST", nil, nil, []byte("id=33&status=1"))
	if diff := cmp.Diff([]gateway.Receipt{{ID: "33", State: gateway.Delivered}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want, +got):\n%s", err, diff)
	}
}

// TestManyReceipts: one call tells of no more messages than one may.
func TestManyReceipts(t *testing.T) {
	d := described(t, `{"title":"x","number":"plus","send":{"method":"POST","url":"https://x.example/","form":{"n":"{number}","t":"{text}"},"taken":[{"body":"OK"}]},
		"receipt":{"in":["json"],"each":"all","id":"id","state":"s","codes":{"delivered":1}}}`)
	body := `{"all":[` + strings.Repeat(`{"id":7,"s":1},`, 10000) + `{"id":7,"s":1}]}`
	if got, _, err := driver(t, d, nil, gateway.Options{}).Receipts("POST", nil, nil, []byte(body)); len(got) != 10000 || err != nil {
		t.Errorf("%d receipts, %v", len(got), err)
	}
}

// TestReceiptsInAnyForm: the same call in the forms in which providers make them.
func TestReceiptsInAnyForm(t *testing.T) {
	d := described(t, `{"title":"x","number":"plus","send":{"method":"POST","url":"https://x.example/","form":{"n":"{number}","t":"{text}"},"taken":[{"body":"OK"}]},
		"receipt":{"in":["json","form","query"],"each":["events","event"],"id":["id","uid"],"state":"s","reason":"why","codes":{"delivered":["D",1],"failed":"F"}}}`)
	h := driver(t, d, nil, gateway.Options{})
	delivered := []gateway.Receipt{{ID: "7", State: gateway.Delivered}}
	const multi = "--b\r\nContent-Disposition: form-data; name=\"event[0]\"\r\n\r\nx\r\n--b--\r\n"
	for _, tt := range []struct {
		name, contentType, body string
		want                    []gateway.Receipt
		fails                   bool
	}{
		{"a list", "application/json", `{"events":[{"id":7,"s":1}]}`, delivered, false},
		{"two names", "application/json", `{"event":[{"uid":"7","s":"D"}]}`, delivered, false},
		{"a mark before it", "", "\ufeff{\"events\":[{\"id\":7,\"s\":1}]}", delivered, false},
		{"no kind of content", "", `{"events":[{"id":7,"s":1}]}`, delivered, false},
		{"an exact number", "application/json", `{"events":[{"id":9007199254740993,"s":1}]}`, []gateway.Receipt{{ID: "9007199254740993", State: gateway.Delivered}}, false},
		{"some of many", "application/json", `{"events":[{"id":7,"s":"?"},{"s":1},7,null,{"id":"x\u0000","s":1},{"id":{},"s":1},{"id":"8","s":"F","why":"call +7 925 507 06 02"}]}`,
			[]gateway.Receipt{{ID: "8", State: gateway.Failed, Reason: "call …"}}, false},
		{"a name twice", "application/json", `{"events":[{"id":7,"id":8,"s":1}]}`, nil, false},
		{"parts", "multipart/form-data; boundary=b", multi, nil, false},
		{"parts without an end", "multipart/form-data; boundary=b", "--b\r\n", nil, true},
		{"no JSON", "application/json", `{"events":[`, nil, true},
		{"no form", "application/x-www-form-urlencoded", `%zz`, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := h.Receipts("POST", nil, http.Header{"Content-Type": {tt.contentType}}, []byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.fails || err != nil && !errors.Is(err, fault.New(fault.WrongField, "body")) {
				t.Errorf("%v (-want, +got):\n%s", err, diff)
			}
		})
	}
}

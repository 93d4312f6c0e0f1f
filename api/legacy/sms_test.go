package legacy_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/sms"
)

// postman takes messages, and answers all with the same result.
type postman struct {
	sent   []sms.Message
	result sms.Result
}

func (p *postman) Send(_ context.Context, m sms.Message) (sms.Message, error) {
	p.sent = append(p.sent, m)
	m.Result = p.result
	return m, nil
}

// send asks a face on which only the postman answers, as user 7.
func (p *postman) send(t *testing.T, method, target, body string, projects ...string) *httptest.ResponseRecorder {
	t.Helper()
	o := &office{who: account.Identity{UserID: 7, Projects: projects}}
	face := legacy.New(legacy.Options{Accounts: o, SMS: p, Requests: o})
	rec := httptest.NewRecorder()
	_ = face.Serve(rec, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)), nowhere, "id")
	if len(o.logged) != 1 || o.logged[0].Body != body && method == http.MethodPost || o.logged[0].Code != rec.Code {
		t.Errorf("logged %+v", o.logged)
	}
	return rec
}

// TestManualSMS sends what the manual prints and expects the two answers that it prints.
func TestManualSMS(t *testing.T) {
	const asked = `{  
  "phone": "89190000000",  
  "message" : "Проверка работы ПО АРІ ЦОВ"  
}`
	for _, tt := range []struct {
		name   string
		result sms.Result
		want   string
	}{{"accepted", sms.OK, `{"result":"OK"}`}, {"not accepted", sms.Error, `{"result":"error"}`}} {
		t.Run(tt.name, func(t *testing.T) {
			p := &postman{result: tt.result}
			rec := p.send(t, http.MethodPost, "/sms/send", asked)
			if got := rec.Body.String(); rec.Code != 200 || got != tt.want || rec.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("got %d %s, want 200 %s", rec.Code, got, tt.want)
			}
			want := []sms.Message{{Phone: "89190000000", Text: "Проверка работы ПО АРІ ЦОВ", UserID: 7}}
			if diff := cmp.Diff(want, p.sent); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

// TestSendFields: fields are checked in the manual's order, and what is sent is what was given.
func TestSendFields(t *testing.T) {
	long := strings.Repeat("ю", 2000)
	for _, tt := range []struct {
		name, body string
		want       string // the refusal; "" is none
		sent       sms.Message
	}{
		{"nothing", `{}`, "Empty phone!", sms.Message{}},
		{"an empty body", ``, "Empty phone!", sms.Message{}},
		{"phone blank, all else wrong", `{"phone":" ","message":1,"project_id":1,"session_id":1,"originator":1}`, "Empty phone!", sms.Message{}},
		{"phone null", `{"phone":null,"message":"x"}`, "Empty phone!", sms.Message{}},
		{"phone as a number", `{"phone":89190000000,"message":"x"}`, "Wrong phone!", sms.Message{}},
		{"letters in the phone, no message", `{"phone":"8919000000a"}`, "Wrong phone!", sms.Message{}},
		{"several phones", `{"phone":"89190000000,89190000001","message":"x"}`, "Wrong phone!", sms.Message{}},
		{"a line end behind the phone", `{"phone":"89190000000\n","message":"x"}`, "Wrong phone!", sms.Message{}},
		{"a short phone", `{"phone":"1234","message":"x"}`, "Wrong phone!", sms.Message{}},
		{"no message", `{"phone":"89190000000"}`, "Empty message!", sms.Message{}},
		{"message blank", `{"phone":"89190000000","message":" \n\t"}`, "Empty message!", sms.Message{}},
		{"message is a list", `{"phone":"89190000000","message":["x"]}`, "Wrong message!", sms.Message{}},
		{"message of more than can be sent", `{"phone":"89190000000","message":"` + strings.Repeat("x", 39016) + `"}`, "Wrong message!", sms.Message{}},
		{"project as a number, session too", `{"phone":"89190000000","message":"x","project_id":1111,"session_id":1}`, "Wrong project_id!", sms.Message{}},
		{"project too long", `{"phone":"89190000000","message":"x","project_id":"` + strings.Repeat("x", 65) + `"}`, "Wrong project_id!", sms.Message{}},
		{"session is an object", `{"phone":"89190000000","message":"x","session_id":{},"originator":1}`, "Wrong session_id!", sms.Message{}},
		{"session too long", `{"phone":"89190000000","message":"x","session_id":"` + strings.Repeat("x", 256) + `"}`, "Wrong session_id!", sms.Message{}},
		{"originator as a number", `{"phone":"89190000000","message":"x","originator":1}`, "Wrong originator!", sms.Message{}},
		{"originator too long", `{"phone":"89190000000","message":"x","originator":"` + strings.Repeat("x", 256) + `"}`, "Wrong originator!", sms.Message{}},
		{"message before phone in the body", `{"message":"","phone":""}`, "Empty phone!", sms.Message{}},
		{"no JSON", `phone=89190000000&message=x`, "Invalid JSON!", sms.Message{}},
		{"all fields", `{"phone":"+7 (919) 000-00-00","message":"x","project_id":"1111","session_id":"s 1","originator":"FRONTLINE"}`, "",
			sms.Message{Phone: "+7 (919) 000-00-00", Text: "x", Project: "1111", Session: "s 1", Originator: "FRONTLINE"}},
		{"optional fields blank or null", `{"phone":"89190000000","message":"x","project_id":" ","session_id":null,"originator":""}`, "",
			sms.Message{Phone: "89190000000", Text: "x"}},
		{"blanks around the message", `{"phone":"89190000000","message":" x\n"}`, "", sms.Message{Phone: "89190000000", Text: " x\n"}},
		{"quotes, line ends, emoji", `{"phone":"89190000000","message":"\"Да\", 'нет' \\ \r\n<b>😀</b>\u2028"}`, "",
			sms.Message{Phone: "89190000000", Text: "\"Да\", 'нет' \\ \r\n<b>😀</b>\u2028"}},
		{"NUL", `{"phone":"89190000000","message":"a\u0000b"}`, "", sms.Message{Phone: "89190000000", Text: "a\x00b"}},
		{"2,000 characters", `{"phone":"89190000000","message":"` + long + `"}`, "", sms.Message{Phone: "89190000000", Text: long}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &postman{result: sms.OK}
			rec := p.send(t, http.MethodPost, "/sms/send", tt.body)
			if tt.want == "" {
				tt.sent.UserID = 7
				if diff := cmp.Diff([]sms.Message{tt.sent}, p.sent); diff != "" || rec.Code != 200 {
					t.Errorf("%d %s, mismatch (-want, +got):\n%s", rec.Code, rec.Body, diff)
				}
				return
			}
			status := 419
			if tt.want == "Invalid JSON!" {
				status = 420
			}
			if got, want := rec.Body.String(), `{"error":"`+tt.want+`"}`; rec.Code != status || got != want || len(p.sent) > 0 {
				t.Errorf("got %d %s, want %d %s, sent %v", rec.Code, got, status, want, p.sent)
			}
		})
	}
}

// TestSendForAProject: who is limited to projects sends for these and for none.
func TestSendForAProject(t *testing.T) {
	for _, tt := range []struct {
		name, project string
		limits        []string
		want          string
	}{
		{"any", "1111", nil, `{"result":"OK"}`},
		{"his own", "1111", []string{"2222", "1111"}, `{"result":"OK"}`},
		{"none", "", []string{"2222"}, `{"result":"OK"}`},
		{"another", "1111", []string{"2222"}, `{"error":"Project not found"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &postman{result: sms.OK}
			body, err := json.Marshal(map[string]string{"phone": "89190000000", "message": "x", "project_id": tt.project})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.send(t, http.MethodPost, "/sms/send", string(body), tt.limits...).Body.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if sent := len(p.sent) > 0; sent != (tt.want == `{"result":"OK"}`) {
				t.Errorf("sent: %v", sent)
			}
		})
	}
}

// TestSendNotByGET: what costs money is not done by following a link.
func TestSendNotByGET(t *testing.T) {
	p := &postman{}
	rec := p.send(t, http.MethodGet, "/sms/send?phone=89190000000&message=x", "")
	if rec.Code != 405 || rec.Body.String() != `{"error":"Access denied!"}` || len(p.sent) > 0 {
		t.Errorf("got %d %s, sent %v", rec.Code, rec.Body, p.sent)
	}
}

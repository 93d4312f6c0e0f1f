package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"callgate/internal/store/storetest"
)

var uuidForm = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// callID takes the id out of a contact/add answer.
func callID(t *testing.T, got reply) string {
	t.Helper()
	if got.status != http.StatusOK || !regexp.MustCompile(`^\{"message":"\+OK `+uuidForm.String()+`\\n"\}$`).MatchString(got.body) {
		t.Fatalf("contact/add: %d %s", got.status, got.body)
	}
	return uuidForm.FindString(got.body)
}

// TestManual sends every body that the manual prints for these calls and expects every answer it prints, white
// space aside. The manual's slips are put right in testdata: a comma after the last tier, a queue and a tier
// answered that were not asked for, and the torn CDR.
func TestManual(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	masked := func(pattern, with string) func(string) string {
		return func(s string) string { return regexp.MustCompile(pattern).ReplaceAllString(s, with) }
	}
	same := func(s string) string { return s }
	token, uuid := masked(`[0-9a-f]{32}`, "TOKEN"), masked(uuidForm.String(), "UUID")
	wrongLogin := strings.ReplaceAll(manual(t, "login.request.json"), `"password": "API_test_2"`, `"password": "other"`)
	for _, tt := range []struct {
		name, path, body string
		wantStatus       int
		want             string
		mask             func(string) string
	}{
		{"log in", "/auth/login", manual(t, "login.request.json"), 200, "login.answer.json", token},
		{"log in wrongly", "/auth/login", wrongLogin, 401, "login.refusal.json", same},
		{"make a call", "/contact/add", manual(t, "add.request.json"), 200, "add.answer.json", uuid},
		{"recording of no call", "/contact/audio", manual(t, "audio.request.json"), 404, "audio.refusal.json", same},
		{"CDR of no call", "/contact/cdr", manual(t, "cdr.request.json"), 404, "cdr.refusal.json", same},
		{"all queues", "/contact/queues", "", 200, "queues.answer.json", same},
		{"one queue", "/contact/queues", strings.Replace(manual(t, "queue.request.json"), "support2", "support", 1), 200, "queue.answer.json", same},
		{"all tiers", "/contact/tiers", "", 200, "tiers.answer.json", same},
		{"tiers of a queue", "/contact/tier", manual(t, "tier.request.json"), 200, "tier.answer.json", same},
		{"tiers of no queue", "/contact/tier", `{"queue":"nobody@default"}`, 404, "tier.refusal.json", same},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.call(tt.path, tt.body)
			if want := tt.mask(compact(t, manual(t, tt.want))); got.status != tt.wantStatus || tt.mask(got.body) != want {
				t.Errorf("got %d %s\nwant %d %s", got.status, got.body, tt.wantStatus, want)
			}
			if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}

	t.Run("the queue that the manual asks for", func(t *testing.T) {
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(h.call("/contact/queues", "").body), &all); err != nil {
			t.Fatal(err)
		}
		if got, want := h.call("/contact/queues", manual(t, "queue.request.json")).body, "["+string(all[0])+"]"; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})

	t.Run("the CDR it prints", func(t *testing.T) {
		const id = "87e64143-758c-4f9b-b990-e06613a3d7d2"
		if got := h.postCDR(t, "a_"+id, "text/xml", manual(t, "cdr.xml")); got.status != 200 || got.body != "" {
			t.Fatalf("intake: %d %s", got.status, got.body)
		}
		got := h.call("/contact/cdr", manual(t, "cdr.request.json"))
		head := strings.TrimSuffix(compact(t, manual(t, "cdr.head.json")), "}")
		tail := compact(t, manual(t, "cdr.tail.json")) + "]}"
		if got.status != 200 || !strings.HasPrefix(got.body, head+`,"variables":{`) || !strings.HasSuffix(got.body, ","+tail) ||
			!strings.Contains(got.body, `"callflow":[{`) {
			t.Errorf("got %d %s\nwant %s,…,%s", got.status, got.body, head, tail)
		}
	})
}

// postCDR posts as mod_xml_cdr does.
func (h *house) postCDR(t *testing.T, id, contentType, body string) reply {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, h.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(cdrUser, cdrPass)
	req.Header.Set("Content-Type", contentType)
	return h.do(http.MethodPost, "/cdr?uuid="+url.QueryEscape(id), body, req.Header)
}

// TestRecordedCDR sends a recorded post, byte for byte.
func TestRecordedCDR(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	head, body, ok := bytes.Cut(readFile(t, "../../cdr/testdata/captures/queue-member-answered-recorded-utf8-name.http"), []byte("\r\n\r\n"))
	if !ok || !bytes.Contains(head, []byte("application/x-www-form-urlencoded")) {
		t.Fatal("not the recording expected")
	}
	const id = "e11f9649-810b-44d4-867f-4bf94cc3bf5b"
	if got := h.postCDR(t, "a_"+id, "application/x-www-form-urlencoded", string(body)); got.status != 200 || got.body != "" {
		t.Fatalf("intake: %d %q", got.status, got.body)
	}
	got := h.call("/contact/cdr", `{"id":"`+id+`"}`)
	var cdr struct {
		ChannelData map[string]any `json:"channel_data"`
		Callflow    []struct {
			CallerProfile map[string]any `json:"caller_profile"`
			Times         map[string]json.Number
		}
	}
	if err := json.Unmarshal([]byte(got.body), &cdr); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	if len(cdr.Callflow) != 2 {
		t.Fatalf("%d callflows, want an array of 2", len(cdr.Callflow))
	}
	profile := cdr.Callflow[0].CallerProfile
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"Cyrillic caller name", profile["caller_id_name"], "Ромашка"},
		{"number as number", profile["caller_id_number"], 89190000001.0},
		{"empty element", fmt.Sprintf("%T", profile["rdnis"]), "[]interface {}"},
		{"state number", cdr.ChannelData["state_number"], 11.0},
		{"exact microseconds", cdr.Callflow[0].Times["created_time"], json.Number("1795413770094226")},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	for _, text := range []string{`"caller_id_name":"Ромашка"`, `"rdnis":[]`, `"state_number":11,`, `"callflow":[{"@attributes":{"dialplan":"XML",`,
		`"sip_from_display":"%D0%A0%D0%BE%D0%BC%D0%B0%D1%88%D0%BA%D0%B0"`} {
		if !strings.Contains(got.body, text) {
			t.Errorf("the answer lacks %s", text)
		}
	}
}

// TestDamagedCDRs posts what cannot be read, or only in part: it is taken, and shown as far as it can be.
func TestDamagedCDRs(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	for _, tt := range []struct {
		name, body string
		wantStatus int
		want       string
	}{
		{"torn", "<cdr core-uuid='x'><variables><uuid>torn</uuid><direct", 200, `{"@attributes":{"core-uuid":"x"},"variables":{"uuid":"torn"`},
		{"weird", "<cdr><variables><weird/name>7</weird/name><uuid>weird</uuid></variables></cdr>", 200, `"weird/name":7,"uuid":"weird"`},
		{"garbage", "\x00\xff not XML", 404, `{"error":"Wrong ID!"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.postCDR(t, tt.name, "text/xml", tt.body); got.status != 200 {
				t.Fatalf("intake: %d %s", got.status, got.body)
			}
			got := h.call("/contact/cdr", `{"id":"`+tt.name+`"}`)
			if got.status != tt.wantStatus || !strings.Contains(got.body, tt.want) {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.wantStatus, tt.want)
			}
		})
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRefusals goes through the rows of the error table that these modules can give, in the order of checks.
func TestRefusals(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	only := h.user("queues-only", "contact/queues")
	if err := h.app.Accounts().SetModule(t.Context(), "contact", "tiers", false, "test"); err != nil {
		t.Fatal(err)
	}
	big := `{"queue":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, tt := range []struct {
		name, method, path, body, token string
		wantStatus                      int
		want                            string
	}{
		{"no token", "POST", "/contact/queues", "", "", 401, "Wrong token!"},
		{"unknown token", "POST", "/contact/queues", "", strings.Repeat("0", 32), 401, "Wrong token!"},
		{"token that is none", "POST", "/contact/queues", "", "x y", 401, "Wrong token!"},
		{"token before unknown module", "POST", "/nothing/here", "", "", 401, "Wrong token!"},
		{"no right", "POST", "/contact/cdr", `{"id":"x"}`, only, 405, "Access denied!"},
		{"right before fields", "POST", "/contact/tier", "", only, 405, "Access denied!"},
		{"switched off", "POST", "/contact/tiers", "", h.token, 405, "Access denied!"},
		{"unknown action", "POST", "/contact/getQueue", "", h.token, 405, "Access denied!"},
		{"unknown module", "POST", "/nothing/here", "", h.token, 405, "Access denied!"},
		{"no module", "POST", "/", "", h.token, 405, "Access denied!"},
		{"deeper path", "POST", "/contact/queues/x", "", h.token, 405, "Access denied!"},
		{"trailing slash", "POST", "/contact/queues/", "", h.token, 405, "Access denied!"},
		{"other case", "POST", "/Contact/Queues", "", h.token, 405, "Access denied!"},
		{"PUT", "PUT", "/contact/queues", "", h.token, 405, "Access denied!"},
		{"DELETE without token", "DELETE", "/contact/queues", "", "", 405, "Access denied!"},
		{"GET of a log-in", "GET", "/auth/login?login=a&password=b", "", "", 405, "Access denied!"},
		{"GET of a call", "GET", "/contact/add", "", h.token, 405, "Access denied!"},
		{"too large before token", "POST", "/contact/tier", big, "", 413, "Request too large!"},
		{"too large", "POST", "/contact/tier", big, h.token, 413, "Request too large!"},
		{"JSON before token", "POST", "/contact/tier", "{", "", 420, "Invalid JSON!"},
		{"not an object", "POST", "/contact/tier", "[]", h.token, 420, "Invalid JSON!"},
		{"null", "POST", "/contact/tier", "null", h.token, 420, "Invalid JSON!"},
		{"two objects", "POST", "/contact/tier", `{"queue":"a"}{}`, h.token, 420, "Invalid JSON!"},
		{"form instead of JSON", "POST", "/contact/tier", "queue=a", h.token, 420, "Invalid JSON!"},
		{"not UTF-8", "POST", "/contact/tier", "{\"queue\":\"\xff\"}", h.token, 420, "Invalid JSON!"},
		{"log-in with bad JSON", "POST", "/auth/login", `{"login":`, "", 420, "Invalid JSON!"},

		{"log-in: no login", "POST", "/auth/login", `{}`, "", 419, "Empty login!"},
		{"log-in: empty body", "POST", "/auth/login", "", "", 419, "Empty login!"},
		{"log-in: null login", "POST", "/auth/login", `{"login":null,"password":"x"}`, "", 419, "Empty login!"},
		{"log-in: blank login", "POST", "/auth/login", `{"login":"  ","password":"x"}`, "", 419, "Empty login!"},
		{"log-in: no password", "POST", "/auth/login", `{"login":"x"}`, "", 419, "Empty password!"},
		{"log-in: number as login", "POST", "/auth/login", `{"login":1,"password":"x"}`, "", 419, "Wrong login!"},
		{"log-in: list as password", "POST", "/auth/login", `{"login":"x","password":[]}`, "", 419, "Wrong password!"},
		{"log-in: other case of a key", "POST", "/auth/login", `{"Login":"x","password":"y"}`, "", 419, "Empty login!"},
		{"log-in: unknown user", "POST", "/auth/login", `{"login":"nobody","password":"x"}`, "", 401, "Wrong login or password!"},

		{"add: nothing", "POST", "/contact/add", "{}", h.token, 419, "Empty called_number!"},
		{"add: order of checks", "POST", "/contact/add", `{"sip":"!","caller_number":"!"}`, h.token, 419, "Empty called_number!"},
		{"add: no caller", "POST", "/contact/add", `{"called_number":"89100000000","sip":"1234"}`, h.token, 419, "Empty caller_number!"},
		{"add: no account", "POST", "/contact/add", `{"called_number":"89100000000","caller_number":"1001"}`, h.token, 419, "Empty sip!"},
		{"add: letters in the number", "POST", "/contact/add", order("8910a", "1001", "1234"), h.token, 419, "Wrong called_number!"},
		{"add: feature code", "POST", "/contact/add", order("*31", "1001", "1234"), h.token, 419, "Wrong called_number!"},
		{"add: hash code", "POST", "/contact/add", order("#1", "1001", "1234"), h.token, 419, "Wrong called_number!"},
		{"add: number as a number", "POST", "/contact/add", `{"called_number":89100000000,"caller_number":"1001","sip":"1234"}`, h.token, 419, "Wrong called_number!"},
		{"add: number too long", "POST", "/contact/add", order(strings.Repeat("1", 33), "1001", "1234"), h.token, 419, "Wrong called_number!"},
		{"add: wrong caller", "POST", "/contact/add", order("89100000000", "me", "1234"), h.token, 419, "Wrong caller_number!"},
		{"add: wrong account", "POST", "/contact/add", order("89100000000", "1001", "12 34"), h.token, 419, "Wrong sip!"},

		{"audio: no id", "POST", "/contact/audio", "{}", h.token, 419, "Empty id!"},
		{"audio: id is no text", "POST", "/contact/audio", `{"id":7}`, h.token, 419, "Wrong id!"},
		{"audio: unknown id", "POST", "/contact/audio", `{"id":"what is this?"}`, h.token, 404, "Wrong ID!"},
		{"cdr: no id", "POST", "/contact/cdr", `{"id":""}`, h.token, 419, "Empty id!"},
		{"cdr: id is no text", "POST", "/contact/cdr", `{"id":{}}`, h.token, 419, "Wrong id!"},
		{"cdr: unknown id", "POST", "/contact/cdr", `{"id":"' OR 1=1 --"}`, h.token, 404, "Wrong ID!"},
		{"queues: unknown name", "POST", "/contact/queues", `{"name":"nobody@default"}`, h.token, 404, "Queue not found"},
		{"queues: name is no text", "POST", "/contact/queues", `{"name":true}`, h.token, 419, "Wrong name!"},
		{"tier: no queue", "POST", "/contact/tier", "", h.token, 419, "Empty queue!"},
		{"tier: GET without queue", "GET", "/contact/tier", "", h.token, 419, "Empty queue!"},
		{"tier: queue is no text", "POST", "/contact/tier", `{"queue":1}`, h.token, 419, "Wrong queue!"},
		{"tier: queue without tiers", "GET", "/contact/tier?queue=nobody", "", h.token, 404, "Tier not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do(tt.method, tt.path, tt.body, bearer(tt.token))
			if want := `{"error":"` + tt.want + `"}`; got.status != tt.wantStatus || got.body != want {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.wantStatus, want)
			}
			if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" || got.header.Get("X-Request-Id") == "" {
				t.Errorf("headers %v", got.header)
			}
		})
	}

	t.Run("sign-in back-off", func(t *testing.T) {
		for i := range 5 {
			if got := h.post("/auth/login", `{"login":"guessed","password":"wrong"}`, ""); got.status != 401 {
				t.Fatalf("failure %d: %d %s", i+1, got.status, got.body)
			}
		}
		got := h.post("/auth/login", `{"login":"guessed","password":"wrong"}`, "")
		if got.status != 429 || got.body != `{"error":"Too many requests!"}` || got.header.Get("Retry-After") == "" {
			t.Errorf("got %d %s %v", got.status, got.body, got.header)
		}
		if got := h.post("/auth/login", manual(t, "login.request.json"), ""); got.status != 200 {
			t.Errorf("another login is held back too: %d", got.status)
		}
	})
	t.Run("inactive and deleted users", func(t *testing.T) {
		for name, change := range map[string]string{"off": "inactive", "gone": "deleted"} {
			token := h.user(name, "contact/*")
			h.setStatus(t, name, change)
			if got := h.post("/contact/queues", "", token); got.status != 401 || got.body != `{"error":"Wrong token!"}` {
				t.Errorf("%s: token answers %d %s", change, got.status, got.body)
			}
			if got := h.post("/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, name, password), ""); got.status != 401 ||
				got.body != `{"error":"Wrong login or password!"}` {
				t.Errorf("%s: log-in answers %d %s", change, got.status, got.body)
			}
		}
	})
	t.Run("log-in switched off", func(t *testing.T) {
		for _, on := range []bool{false, true} {
			if err := h.app.Accounts().SetModule(t.Context(), "auth", "", on, "test"); err != nil {
				t.Fatal(err)
			}
			if got := h.post("/auth/login", manual(t, "login.request.json"), ""); (got.status == 200) != on {
				t.Errorf("switched on %v: %d %s", on, got.status, got.body)
			}
		}
	})
	t.Run("switch gone", func(t *testing.T) {
		h.sw.RefuseByACL(true)
		h.sw.CutConnections()
		eventually(t, "link down", func() bool { return h.get("/readyz").status == 503 })
		got := h.call("/contact/add", order("89100000000", "1001", "1234"))
		if got.status != 503 || got.body != `{"error":"Switch unavailable!"}` || got.header.Get("Retry-After") == "" {
			t.Errorf("add: %d %s %v", got.status, got.body, got.header)
		}
		if got := h.call("/contact/queues", ""); got.status != 200 {
			t.Errorf("queues from the last snapshot: %d %s", got.status, got.body)
		}
	})
}

// order is a contact/add body.
func order(called, caller, account string) string {
	b, _ := json.Marshal(map[string]string{"called_number": called, "caller_number": caller, "sip": account})
	return string(b)
}

package app_test

import (
	"context"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

const (
	calledNumber = "89100000000"
	callerNumber = "74950000001"
)

// contactCases are every call below /contact, and the log-in.
func contactCases() []scenario {
	phones := func(all ...esltest.Phone) world { return world{phones: all} }
	return []scenario{
		{"log in", "A right password opens /contact, a wrong one and a made-up token do not.", world{}, logIn},
		{"call answered", "/contact/add rings the account, then the number; both see `caller_number`; the recording and the CDRs are found by either leg.",
			world{phones: []esltest.Phone{phone("1234")}, far: esltest.Phone{HangupAfter: 2 * time.Second}}, callAnswered},
		{"account busy", "/contact/add says `-ERR USER_BUSY` and nobody outside is called.",
			phones(esltest.Phone{User: "1234", Refuse: 486}), refusedWith("USER_BUSY", 1)},
		{"account rejects", "/contact/add says `-ERR CALL_REJECTED`.",
			phones(esltest.Phone{User: "1234", Refuse: 603}), refusedWith("CALL_REJECTED", 1)},
		{"account does not answer", "/contact/add says `-ERR NO_ANSWER` after the ring time, and the phone stops ringing.",
			phones(esltest.Phone{User: "1234", NoAnswer: true}), notAnswered},
		{"account not registered", "/contact/add says `-ERR USER_NOT_REGISTERED` at once.",
			world{absent: []string{"1234"}}, refusedWith("USER_NOT_REGISTERED", 0)},
		{"account unknown", "/contact/add says `-ERR SUBSCRIBER_ABSENT` at once.",
			world{}, refusedWith("SUBSCRIBER_ABSENT", 0)},
		{"client goes away", "A client that goes away stops the phone ringing that it made ring.",
			world{phones: []esltest.Phone{{User: "1234", NoAnswer: true}}, ring: "60s"}, clientGoes},
		{"account on two phones", "Both phones ring, one answers, the other stops; the UUID returned is the answering leg's.",
			phones(esltest.Phone{User: "1234", NoAnswer: true}, esltest.Phone{User: "1234", AnswerAfter: 500 * time.Millisecond, HangupAfter: 2 * time.Second}), twoPhones},
		{"account on two phones and client goes away", "Both phones stop ringing.",
			world{phones: []esltest.Phone{{User: "1234", NoAnswer: true}, {User: "1234", NoAnswer: true}}, ring: "60s"}, clientGoes},
		{"link breaks while it rings", "/contact/add says `-ERR OUTCOME_UNKNOWN` with the UUID, and the phone is not rung again.",
			phones(esltest.Phone{User: "1234", NoAnswer: true}), linkBreaks},
		{"switch dies while it rings", "The answer is the same, and after the new start nothing rings again.",
			world{phones: []esltest.Phone{{User: "1234", NoAnswer: true}}, ring: "60s"}, switchDies},
		{"number outside refuses", "The account hears of it by being hung up; its CDR says why.",
			world{phones: []esltest.Phone{phone("1234")}, far: esltest.Phone{Refuse: 486}}, farRefuses},
	}
}

func logIn(t *testing.T, s *scene) {
	if got := s.post("/auth/login", object("login", login, "password", "other"), ""); got.status != 401 || got.body != `{"error":"Wrong login or password!"}` {
		t.Errorf("a wrong password: %d %s", got.status, got.body)
	}
	for _, path := range []string{"add", "audio", "cdr", "queues", "tiers", "tier"} {
		if got := s.post("/contact/"+path, "{}", strings.Repeat("0", 32)); got.status != 401 || got.body != `{"error":"Wrong token!"}` {
			t.Errorf("/contact/%s with a made-up token: %d %s", path, got.status, got.body)
		}
	}
	if got := s.call("/contact/queues", ""); got.status != 200 || got.body != "[]" {
		t.Errorf("queues: %d %s", got.status, got.body)
	}
}

func callAnswered(t *testing.T, s *scene) {
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	for _, account := range []string{"1234", ""} {
		if r := s.rang(t, account, 1)[0]; r.Number != callerNumber || r.Name != callerNumber {
			t.Errorf("%q was shown %q <%s>, want %s", account, r.Name, r.Number, callerNumber)
		}
	}
	vars, _ := s.record(t, id)
	if vars["uuid"] != id || vars["hangup_cause"] != "NORMAL_CLEARING" || vars["callgate_call"] != id {
		t.Errorf("uuid %v, cause %v, call %v", vars["uuid"], vars["hangup_cause"], vars["callgate_call"])
	}
	other, _ := vars["bridge_uuid"].(string)
	if other == "" || other == id {
		t.Fatalf("no other leg: %v", vars["bridge_uuid"])
	}
	if far, _ := s.record(t, other); far["uuid"] != other || far["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("the other leg: uuid %v, cause %v", far["uuid"], far["hangup_cause"])
	}
	wav := s.call("/contact/audio", object("id", id))
	checkWAV(t, wav, id)
	seconds := float64(len(wav.body)-44) / float64(binary.LittleEndian.Uint32([]byte(wav.body[28:])))
	if seconds < 1.5 || seconds > 4 {
		t.Errorf("%.1f s are recorded of a call of 2", seconds)
	}
	if audio := s.call("/contact/audio", object("id", other)); audio.body != wav.body {
		t.Errorf("the other leg's recording: %d, %d bytes", audio.status, len(audio.body))
	}
}

// refusedWith orders a call that comes to nothing after so many rings.
func refusedWith(cause string, rings int) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		got := s.call("/contact/add", order(calledNumber, callerNumber, "1234"))
		if want := `{"message":"-ERR ` + cause + `\n"}`; got.status != 200 || got.body != want {
			t.Errorf("got %d %s, want %s", got.status, got.body, want)
		}
		s.rang(t, "1234", rings)
		s.empty(t)
		s.rang(t, "", 0)
	}
}

func notAnswered(t *testing.T, s *scene) {
	began := time.Now()
	refusedWith("NO_ANSWER", 1)(t, s)
	if took := time.Since(began); took < 2*time.Second || took > 6*time.Second {
		t.Errorf("it rang for %v, want 3 s", took)
	}
	eventually(t, "the phone stops", func() bool { return s.rings(t, "1234")[0].Cancelled })
}

// ring orders a call in the background; the answer comes on the channel, a failure as the zero reply.
func (s *scene) ring(ctx context.Context, t *testing.T, account string) <-chan reply {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/contact/add", strings.NewReader(order(calledNumber, callerNumber, account)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = bearer(s.token)
	done := make(chan reply, 1)
	go func() {
		resp, err := s.http.Do(req)
		if err != nil {
			done <- reply{}
			return
		}
		defer resp.Body.Close()
		b := make([]byte, 4096)
		n, _ := resp.Body.Read(b)
		done <- reply{status: resp.StatusCode, body: string(b[:n])}
	}()
	return done
}

func clientGoes(t *testing.T, s *scene) {
	phones := len(s.rings(t, "1234")) // none yet
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	done := s.ring(ctx, t, "1234")
	eventually(t, "ringing", func() bool { phones = len(s.rows(t)); return phones > 0 && len(s.rings(t, "1234")) >= phones })
	leave()
	if got := <-done; got.status != 0 {
		t.Errorf("answered: %d %s", got.status, got.body)
	}
	eventually(t, "every phone stops", func() bool {
		for _, r := range s.rings(t, "1234") {
			if !r.Cancelled {
				return false
			}
		}
		return true
	})
	s.empty(t)
	s.rang(t, "", 0)
}

func twoPhones(t *testing.T, s *scene) {
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	both := s.rang(t, "1234", 2)
	if both[0].Number != callerNumber || both[1].Number != callerNumber {
		t.Errorf("the phones were shown %+v", both)
	}
	eventually(t, "one answers and the other stops", func() bool {
		answered, cancelled := 0, 0
		for _, r := range s.rings(t, "1234") {
			if r.Answered {
				answered++
			}
			if r.Cancelled {
				cancelled++
			}
		}
		return answered == 1 && cancelled == 1
	})
	s.rang(t, "", 1)
	vars, _ := s.record(t, id)
	if vars["uuid"] != id || vars["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("the leg returned: uuid %v, cause %v", vars["uuid"], vars["hangup_cause"])
	}
	checkWAV(t, s.call("/contact/audio", object("id", id)), id)
}

func linkBreaks(t *testing.T, s *scene) {
	done := s.ring(t.Context(), t, "1234")
	s.rang(t, "1234", 1)
	s.link.cut()
	got := <-done
	if got.status != 200 || !strings.HasPrefix(got.body, `{"message":"-ERR OUTCOME_UNKNOWN `) || uuidForm.FindString(got.body) == "" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	s.ready()
	s.empty(t) // the ring time is over
	s.rang(t, "1234", 1)
	if vars, _ := s.record(t, uuidForm.FindString(got.body)); vars["hangup_cause"] != "NO_ANSWER" {
		t.Errorf("the leg of the UUID ended with %v", vars["hangup_cause"])
	}
}

func switchDies(t *testing.T, s *scene) {
	done := s.ring(t.Context(), t, "1234")
	s.rang(t, "1234", 1)
	s.crash(t)
	if got := <-done; got.status != 200 || !strings.HasPrefix(got.body, `{"message":"-ERR OUTCOME_UNKNOWN `) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	s.start(t)
	s.ready()
	s.empty(t)
	s.rang(t, "1234", 1)
}

func farRefuses(t *testing.T, s *scene) {
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	s.rang(t, "", 1)
	vars, _ := s.record(t, id)
	if vars["hangup_cause"] != "USER_BUSY" || vars["originate_disposition"] != "USER_BUSY" {
		t.Errorf("cause %v, disposition %v", vars["hangup_cause"], vars["originate_disposition"])
	}
}

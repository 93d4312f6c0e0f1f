package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"callgate/internal/outside/mail"
	"callgate/internal/outside/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func letter(to ...string) *mail.Message {
	return &mail.Message{ID: "report.1", At: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC), To: to, Subject: "Отчёт КЦ: вчера", Text: "Отчёт во вложении.\n"}
}

// long is more than sockets hold.
var long = strings.Repeat(strings.Repeat("x", 70)+"\n", 16<<20/71)

func agreed(context.Context) error { return nil }

// client is one of a server, with its settings changed.
func client(s *mailtest.Server, change func(*mail.Server)) *mail.Client {
	settings := s.Settings()
	if change != nil {
		change(&settings)
	}
	return mail.New(mail.Options{Server: func() mail.Server { return settings }, Roots: s.Roots})
}

// outcome is how Send ended; taken stands for no error.
func outcome(err error) string {
	if err == nil {
		return "taken"
	}
	e, ok := errors.AsType[*mail.Error](err)
	if !ok {
		return "strange: " + err.Error()
	}
	return map[mail.Outcome]string{mail.Refused: "refused", mail.Temporary: "temporary", mail.Unknown: "unknown"}[e.Outcome]
}

// TestMessage: what arrives reads as it was meant, Cyrillic letters, file and all.
func TestMessage(t *testing.T) {
	s := mailtest.New(t, mailtest.Options{})
	m := letter("a@example.com", "b@example.com")
	content := strings.Repeat("дата;звонки\r\n.\r\n", 10_000)
	m.Attachment = &mail.Attachment{Name: "отчёт\".csv", Type: "text/csv; charset=utf-8", Content: strings.NewReader(content)}
	receipt, err := client(s, nil).Send(t.Context(), m, agreed)
	if err != nil || !slices.Equal(receipt.Accepted, m.To) || len(receipt.Refused) != 0 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	got := s.Mails()
	if len(got) != 1 || got[0].From != "reports@example.com" || !slices.Equal(got[0].To, m.To) {
		t.Fatalf("the server has %+v", got)
	}
	if n := int64(len(got[0].Body)); receipt.Bytes != n {
		t.Errorf("%d bytes, of which the receipt says %d", n, receipt.Bytes)
	}
	read, err := netmail.ReadMessage(strings.NewReader(got[0].Body))
	if err != nil {
		t.Fatal(err)
	}
	words := new(mime.WordDecoder)
	head := map[string]string{}
	for name := range read.Header {
		if head[name], err = words.DecodeHeader(read.Header.Get(name)); err != nil {
			t.Error(err)
		}
	}
	kind, parameters, err := mime.ParseMediaType(head["Content-Type"])
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s: %v", kind, err)
	}
	delete(head, "Content-Type")
	if diff := cmp.Diff(map[string]string{"From": "Отчёты <reports@example.com>", "To": "<a@example.com>, <b@example.com>", "Subject": m.Subject,
		"Message-Id": "<report.1@example.com>", "Date": "Fri, 27 Nov 2026 08:00:00 +0000", "Auto-Submitted": "auto-generated",
		"Mime-Version": "1.0"}, head); diff != "" {
		t.Errorf("the head (-want, +got):\n%s", diff)
	}
	if strings.ContainsFunc(strings.SplitN(got[0].Body, "\r\n\r\n", 2)[0], func(r rune) bool { return r > 126 }) {
		t.Error("the head is not ASCII")
	}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	var texts []string
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, decoded(t, p))
		if name := p.FileName(); name != "" && name != "______.csv" {
			t.Errorf("the file's name is %q", name)
		}
	}
	if diff := cmp.Diff([]string{"Отчёт во вложении.\r\n", content}, texts); diff != "" {
		t.Errorf("the parts (-want, +got):\n%.500s", diff)
	}
}

// TestSecurity: a message goes out over the connection that is wanted, to the server that is meant, or not at all.
func TestSecurity(t *testing.T) {
	type change = func(*mail.Server)
	with := func(login, password string) change {
		return func(s *mail.Server) { s.Login, s.Password = login, password }
	}
	for _, tt := range []struct {
		name     string
		server   mailtest.Options
		client   change
		distrust bool
		want     string
	}{
		{"nothing wanted", mailtest.Options{}, nil, false, "taken"},
		{"TLS", mailtest.Options{Security: mail.TLS}, nil, false, "taken"},
		{"STARTTLS", mailtest.Options{Security: mail.StartTLS}, nil, false, "taken"},
		{"STARTTLS of none", mailtest.Options{}, func(s *mail.Server) { s.Security = mail.StartTLS }, false, "refused"},
		{"TLS of none", mailtest.Options{}, func(s *mail.Server) { s.Security = mail.TLS }, false, "refused"},
		{"TLS of nobody's", mailtest.Options{Security: mail.TLS}, nil, true, "refused"},
		{"STARTTLS of nobody's", mailtest.Options{Security: mail.StartTLS}, nil, true, "refused"},
		{"TLS of another", mailtest.Options{Security: mail.TLS, Host: "mail.example.org"}, nil, false, "refused"},
		{"STARTTLS of another", mailtest.Options{Security: mail.StartTLS, Host: "mail.example.org"}, nil, false, "refused"},
		{"log-in over TLS", mailtest.Options{Security: mail.TLS, Login: "a", Password: "пароль"}, nil, false, "taken"},
		{"log-in over STARTTLS", mailtest.Options{Security: mail.StartTLS, Login: "a", Password: "b"}, nil, false, "taken"},
		{"wrong password", mailtest.Options{Security: mail.TLS, Login: "a", Password: "b"}, with("a", "c"), false, "refused"},
		{"no log-in where one is wanted", mailtest.Options{Security: mail.TLS, Login: "a", Password: "b"}, with("", ""), false, "refused"},
		{"log-in where none is known", mailtest.Options{Security: mail.TLS}, with("a", "b"), false, "refused"},
		{"log-in that anybody could read", mailtest.Options{Login: "a", Password: "b"}, nil, false, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mailtest.New(t, tt.server)
			if tt.distrust {
				s.Roots = nil
			}
			_, err := client(s, tt.client).Send(t.Context(), letter("a@example.com"), agreed)
			if got := outcome(err); got != tt.want || (len(s.Mails()) == 1) != (tt.want == "taken") {
				t.Errorf("%s (%v), and the server has %d", got, err, len(s.Mails()))
			}
			if err != nil && strings.Contains(err.Error(), "пароль") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// TestRefusals: of each answer it is known whether trying again may help, and whether the message may have been taken.
func TestRefusals(t *testing.T) {
	says := func(code int) func(string) error { return func(string) error { return mailtest.Refusal(code, "no") } }
	bare := func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }
	for _, tt := range []struct {
		name   string
		script mailtest.Script
		want   string
		asked  bool // whether the message had been announced
	}{
		{"taken", mailtest.Script{}, "taken", true},
		{"sender refused", mailtest.Script{Sender: says(550)}, "refused", false},
		{"sender refused for now", mailtest.Script{Sender: says(451)}, "temporary", false},
		{"recipient refused", mailtest.Script{Recipient: says(550)}, "refused", false},
		{"recipient refused for now", mailtest.Script{Recipient: says(450)}, "temporary", false},
		{"server ends at a recipient", mailtest.Script{Recipient: says(421)}, "temporary", false},
		{"message refused", mailtest.Script{Message: func(net.Conn, mailtest.Mail) error { return mailtest.Refusal(554, "spam") }}, "refused", true},
		{"message refused for now", mailtest.Script{Message: func(net.Conn, mailtest.Mail) error { return mailtest.Refusal(452, "full") }}, "temporary", true},
		{"connection gone at the greeting", mailtest.Script{Connected: bare}, "temporary", false},
		{"connection gone at the message", mailtest.Script{Begin: bare}, "temporary", true},
		{"connection gone after the message", mailtest.Script{Message: func(c net.Conn, _ mailtest.Mail) error { _ = c.Close(); return nil }}, "unknown", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mailtest.New(t, mailtest.Options{})
			s.Play(tt.script)
			m, asked := letter("a@example.com"), false
			if tt.script.Begin != nil {
				m.Text = long
			}
			_, err := client(s, nil).Send(t.Context(), m, func(context.Context) error { asked = true; return nil })
			if got := outcome(err); got != tt.want || asked != tt.asked {
				t.Errorf("%s, announced %v; want %s, %v (%v)", got, asked, tt.want, tt.asked, err)
			}
		})
	}
}

// TestSomeRecipients: those that are refused do not keep the others from it.
func TestSomeRecipients(t *testing.T) {
	s := mailtest.New(t, mailtest.Options{})
	s.Play(mailtest.Script{Recipient: func(to string) error {
		switch to {
		case "b@example.com":
			return mailtest.Refusal(450, "later")
		case "c@example.com":
			return mailtest.Refusal(550, "unknown")
		}
		return nil
	}})
	r, err := client(s, nil).Send(t.Context(), letter("b@example.com", "a@example.com", "c@example.com"), agreed)
	r.Bytes = 0
	want := mail.Receipt{Accepted: []string{"a@example.com"}, Refused: []mail.Refusal{{To: "b@example.com", Temporary: true, Reason: "450 later"}, {To: "c@example.com", Reason: "550 unknown"}}}
	if diff := cmp.Diff(want, r); diff != "" || err != nil {
		t.Errorf("%v, (-want, +got):\n%s", err, diff)
	}
	if all := s.Mails(); len(all) != 1 || !slices.Equal(all[0].To, want.Accepted) {
		t.Errorf("the server has %+v", all)
	}
}

// TestObjection: a message that is not to go out after all does not.
func TestObjection(t *testing.T) {
	s, objection := mailtest.New(t, mailtest.Options{}), errors.New("no")
	_, err := client(s, nil).Send(t.Context(), letter("a@example.com"), func(context.Context) error { return objection })
	if outcome(err) != "temporary" || !errors.Is(err, objection) || len(s.Mails()) != 0 {
		t.Errorf("%v, and the server has %d", err, len(s.Mails()))
	}
}

// TestSlowServer: a server costs no more than the timeout, at whatever it is slow, and what its silence means is known.
func TestSlowServer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(hang func()) mailtest.Script
		want   string
	}{
		{"at the greeting", func(hang func()) mailtest.Script { return mailtest.Script{Connected: func(net.Conn) { hang() }} }, "temporary"},
		{"at a recipient", func(hang func()) mailtest.Script {
			return mailtest.Script{Recipient: func(string) error { hang(); return nil }}
		}, "temporary"},
		{"reading the message", func(hang func()) mailtest.Script { return mailtest.Script{Begin: func(net.Conn) { hang() }} }, "temporary"},
		{"taking the message", func(hang func()) mailtest.Script {
			return mailtest.Script{Message: func(net.Conn, mailtest.Mail) error { hang(); return nil }}
		}, "unknown"},
	} {
		for _, how := range []string{"timeout", "end"} {
			t.Run(tt.name+", "+how, func(t *testing.T) {
				s, gone, hanging := mailtest.New(t, mailtest.Options{}), make(chan struct{}), make(chan struct{}, 1)
				defer close(gone)
				s.Play(tt.script(func() { hanging <- struct{}{}; <-gone }))
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				m := letter("a@example.com")
				if tt.name == "reading the message" {
					m.Text = long
				}
				done := make(chan error, 1)
				timeout := 200 * time.Millisecond
				if how == "end" {
					timeout = time.Minute
				}
				go func() {
					_, err := client(s, func(s *mail.Server) { s.Timeout = timeout }).Send(ctx, m, agreed)
					done <- err
				}()
				select {
				case <-hanging:
				case <-time.After(20 * time.Second):
					t.Fatal("the server was not asked")
				}
				if how == "end" {
					stop()
				}
				select {
				case err := <-done:
					if got := outcome(err); got != tt.want {
						t.Errorf("%s (%v), want %s", got, err, tt.want)
					}
				case <-time.After(20 * time.Second):
					t.Fatal("it does not end")
				}
			})
		}
	}
}

// TestInjection: nothing that somebody has named gets a line of its own into the head.
func TestInjection(t *testing.T) {
	s := mailtest.New(t, mailtest.Options{})
	for _, tt := range []struct {
		name   string
		change func(*mail.Message)
	}{
		{"subject", func(m *mail.Message) { m.Subject = "x\r\nBcc: spy@example.com" }},
		{"subject, bare line feed", func(m *mail.Message) { m.Subject = "x\nBcc: spy@example.com" }},
		{"id", func(m *mail.Message) { m.ID = "x\r\nBcc: spy@example.com" }},
		{"recipient", func(m *mail.Message) { m.To = []string{"a@example.com>\r\nRCPT TO:<spy@example.com"} }},
		{"recipient's name", func(m *mail.Message) { m.To = []string{"Спай <spy@example.com>"} }},
		{"type of a file", func(m *mail.Message) {
			m.Attachment = &mail.Attachment{Name: "a", Type: "text/csv\r\nX: y", Content: strings.NewReader("")}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := letter("a@example.com")
			tt.change(m)
			_, err := client(s, nil).Send(t.Context(), m, agreed)
			if outcome(err) != "refused" || len(s.Mails()) != 0 {
				t.Errorf("%v, and the server has %d", err, len(s.Mails()))
			}
			if err != nil && strings.Contains(err.Error(), "spy") {
				t.Errorf("the error tells an address: %v", err)
			}
		})
	}
}

// TestHostileServer: a server that never stops talking is not listened to for ever.
func TestHostileServer(t *testing.T) {
	for _, tt := range []struct{ name, says string }{
		{"endless line", strings.Repeat("2", 1<<16)}, {"endless answer", strings.Repeat("220-x\r\n", 1<<13)}, {"nonsense", "HTTP/1.1 400 Bad Request\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			done := make(chan int)
			go func() {
				sent := 0
				defer func() { done <- sent }()
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				for {
					n, err := c.Write([]byte(tt.says))
					if sent += n; err != nil || sent > 1<<28 {
						return
					}
				}
			}()
			c := mail.New(mail.Options{Server: func() mail.Server {
				return mail.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.None, From: "a@example.com", Timeout: 10 * time.Second}
			}})
			if _, err := c.Send(t.Context(), letter("a@example.com"), agreed); outcome(err) != "refused" {
				t.Errorf("got %v", err)
			}
			if sent := <-done; sent > 1<<27 {
				t.Errorf("%d bytes were listened to", sent)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	c := mail.New(mail.Options{Server: func() mail.Server { return mail.Server{} }})
	if _, err := c.Send(t.Context(), letter("a@example.com"), agreed); outcome(err) != "refused" || !strings.Contains(err.Error(), "no mail server") {
		t.Errorf("got %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	for _, host := range []string{"127.0.0.1", "::1"} {
		c = mail.New(mail.Options{Server: func() mail.Server {
			return mail.Server{Host: host, Port: port, Security: mail.None, From: "a@example.com", Timeout: time.Second}
		}})
		if _, err := c.Send(t.Context(), letter("a@example.com"), agreed); outcome(err) != "temporary" || strings.Contains(err.Error(), "colons") {
			t.Errorf("nobody listens at %s: %v", host, err)
		}
	}
}

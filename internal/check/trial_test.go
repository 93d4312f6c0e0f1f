package check_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"callgate/esl"
	"callgate/internal/check"
	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/outside/mail"
	"callgate/internal/outside/mail/mailtest"
	"callgate/internal/outside/outsidetest"
	"callgate/internal/recording"
	"callgate/internal/setting"
)

// trials are those of settings that nobody has set.
func trials(t *testing.T, change func(o *check.TrialOptions)) *check.Trials {
	t.Helper()
	settings, err := setting.New(nil, setting.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := check.TrialOptions{Draft: settings.Draft, Now: func() time.Time { return time.Date(2022, 11, 11, 12, 0, 0, 0, time.UTC) },
		OnlineStat: func(d setting.Draft) outside.Server {
			return outside.Server{URL: d.Text(setting.OnlineStatProxyURL), Timeout: 3 * time.Second,
				LogIn: outside.OwnLogIn(d.Text(setting.OnlineStatProxyLogin), d.Text(setting.OnlineStatProxyPassword))}
		},
		Report: func(d setting.Draft) (outside.Server, outside.ReportForm) {
			return outside.Server{URL: d.Text(setting.ReportProxyURL), Timeout: 3 * time.Second, LogIn: outside.LogIn{Flow: d.Text(setting.ReportProxyLoginFlow), Token: d.Text(setting.ReportProxyToken)}},
				outside.ReportForm{Path: d.Text(setting.ReportProxyPath), Request: d.Text(setting.ReportProxyRequest)}
		},
		Mail: func(d setting.Draft) mail.Server {
			return mail.Server{Host: d.Text(setting.SMTPHost), Port: d.Integer(setting.SMTPPort), Security: d.Text(setting.SMTPSecurity), Login: d.Text(setting.SMTPLogin),
				Password: d.Text(setting.SMTPPassword), From: "reports@example.com", Timeout: 3 * time.Second}
		},
		S3: func(d setting.Draft) recording.S3 {
			return recording.S3{Endpoint: d.Text(setting.RecordingsS3Endpoint), Bucket: d.Text(setting.RecordingsS3Bucket), Region: "us-east-1",
				AccessKey: d.Text(setting.RecordingsS3AccessKey), SecretKey: d.Text(setting.RecordingsS3SecretKey), Prefix: "x/"}
		},
	}
	if change != nil {
		change(&o)
	}
	return check.NewTrials(o)
}

// told are steps in one line each.
func told(steps []check.Step) string {
	var all []string
	for _, s := range steps {
		ok := "ok"
		if !s.OK {
			ok = "failed"
		}
		all = append(all, strings.TrimSpace(s.Where+" "+s.Name)+" "+ok+": "+s.Text)
	}
	return strings.Join(all, "\n")
}

// holds compares steps with how each begins.
func holds(t *testing.T, what string, steps []check.Step, want ...string) {
	t.Helper()
	got := strings.Split(told(steps), "\n")
	for i, line := range got {
		if len(got) != len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("%s: got\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
			return
		}
	}
}

const secretWord = "s3cret-word"

func TestTrialOfOutsideSystems(t *testing.T) {
	stat := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/auth/login" {
			_, _ = fmt.Fprint(w, `{"access_token":"0123"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"1111":{"cntLoggedIn":3,"cntReady":1,"cntNotReady":1,"cntTalking":1},"2222":{"cntLoggedIn":0,"cntReady":0,"cntNotReady":0,"cntTalking":0}}`)
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(stat)), httptest.NewTLSServer(http.HandlerFunc(stat))
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	nonsense := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"password":"`+secretWord+`"}`) }))
	demo := outsidetest.New(outside.FlowBearer)
	reports := httptest.NewServer(demo)
	for _, s := range []*httptest.Server{plain, secure, refusing, nonsense, reports} {
		t.Cleanup(s.Close)
	}
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	trusting, others := trials(t, func(o *check.TrialOptions) { o.Roots = roots }), trials(t, nil)
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	const url, login, pass = setting.OnlineStatProxyURL, setting.OnlineStatProxyLogin, setting.OnlineStatProxyPassword
	for _, tt := range []struct {
		name, what string
		trials     *check.Trials
		values     map[string]string
		want       []string
	}{
		{"not set", check.TryOnlineStat, others, nil, []string{"connect failed: onlinestat.proxy_url is not set"}},
		{"plain", check.TryOnlineStat, others, map[string]string{url: plain.URL}, []string{"connect ok: connected with 127.0.0.1:", "answer ok: the agents of 2 projects"}},
		{"signed in", check.TryOnlineStat, others, map[string]string{url: plain.URL, login: "anna", pass: secretWord},
			[]string{"connect ok: ", "sign_in ok: signed in as anna", "answer ok: the agents of 2 projects"}},
		{"secure", check.TryOnlineStat, trusting, map[string]string{url: secure.URL}, []string{"connect ok: ", "tls ok: TLS 1.3, certificate good until 20", "answer ok: "}},
		{"nobody vouches for it", check.TryOnlineStat, others, map[string]string{url: secure.URL}, []string{"connect ok: ", "tls failed: the certificate is of an authority that this machine does not trust"}},
		{"not secure at all", check.TryOnlineStat, others, map[string]string{url: "https" + strings.TrimPrefix(plain.URL, "http")}, []string{"connect ok: ", "tls failed: what answers there does not speak TLS"}},
		{"refused", check.TryOnlineStat, others, map[string]string{url: refusing.URL, login: "anna", pass: secretWord}, []string{"connect ok: ", "sign_in failed: ask for the system: sign in: the log-in is refused"}},
		{"nonsense", check.TryOnlineStat, others, map[string]string{url: nonsense.URL}, []string{"connect ok: ", "answer failed: "}},
		{"nobody listens", check.TryOnlineStat, others, map[string]string{url: "http://" + closed.Addr().String()}, []string{"connect failed: nobody listens there: "}},
		{"no such name", check.TryOnlineStat, others, map[string]string{url: "http://nowhere.invalid"}, []string{"connect failed: "}},
		{"report not set", check.TryReport, others, nil, []string{"connect failed: report.proxy_url is not set"}},
		{"report", check.TryReport, others, map[string]string{setting.ReportProxyURL: reports.URL, setting.ReportProxyLoginFlow: outside.FlowBearer, setting.ReportProxyToken: outsidetest.Token},
			[]string{"connect ok: ", "answer ok: 4 rows for 2022-11-10"}},
		{"report, token refused", check.TryReport, others, map[string]string{setting.ReportProxyURL: reports.URL, setting.ReportProxyLoginFlow: outside.FlowBearer, setting.ReportProxyToken: secretWord},
			[]string{"connect ok: ", "answer failed: ask for the system: the log-in is refused"}},
	} {
		steps, err := tt.trials.Run(t.Context(), tt.what, tt.values, "")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		holds(t, tt.name, steps, tt.want...)
		if strings.Contains(told(steps), secretWord) {
			t.Errorf("%s: a secret is told: %s", tt.name, told(steps))
		}
	}
}

func TestTrialOfMail(t *testing.T) {
	secured := mailtest.New(t, mailtest.Options{Security: mail.StartTLS, Login: "anna", Password: secretWord})
	whole, open := mailtest.New(t, mailtest.Options{Security: mail.TLS}), mailtest.New(t, mailtest.Options{})
	port := func(s *mailtest.Server) string { return strconv.Itoa(s.Port) }
	values := func(s *mailtest.Server, security, login, password string) map[string]string {
		return map[string]string{setting.SMTPHost: "127.0.0.1", setting.SMTPPort: port(s), setting.SMTPSecurity: security, setting.SMTPLogin: login, setting.SMTPPassword: password}
	}
	for _, tt := range []struct {
		name   string
		roots  *x509.CertPool
		values map[string]string
		want   []string
	}{
		{"not set", nil, nil, []string{"connect failed: smtp.host is not set"}},
		{"STARTTLS", secured.Roots, values(secured, mail.StartTLS, "anna", secretWord), []string{"connect ok: ", "sign_in ok: secured by STARTTLS; signed in as anna"}},
		{"wrong password", secured.Roots, values(secured, mail.StartTLS, "anna", secretWord+"2"), []string{"connect ok: ", "sign_in failed: sign in: "}},
		{"nobody vouches for it", nil, values(secured, mail.StartTLS, "anna", secretWord), []string{"connect ok: ", "sign_in failed: the certificate is of an authority"}},
		{"TLS", whole.Roots, values(whole, mail.TLS, "", ""), []string{"connect ok: ", "tls ok: TLS 1.", "sign_in ok: secured by TLS; the server takes messages without a log-in"}},
		{"TLS where there is none", whole.Roots, values(open, mail.TLS, "", ""), []string{"connect ok: ", "tls failed: what answers there does not speak TLS"}},
		{"no STARTTLS where it is wanted", nil, values(open, mail.StartTLS, "", ""), []string{"connect ok: ", "sign_in failed: sign in: "}},
		{"open", nil, values(open, mail.None, "", ""), []string{"connect ok: ", "sign_in ok: not secured; the server takes messages without a log-in"}},
	} {
		steps, err := trials(t, func(o *check.TrialOptions) { o.Roots = tt.roots }).Run(t.Context(), check.TrySMTP, tt.values, "")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		holds(t, tt.name, steps, tt.want...)
		if strings.Contains(told(steps), secretWord) {
			t.Errorf("%s: a secret is told: %s", tt.name, told(steps))
		}
	}
	for _, s := range []*mailtest.Server{secured, whole, open} {
		if all := s.Mails(); len(all) > 0 {
			t.Errorf("a mail was sent: %+v", all)
		}
	}
}

// TestTrialOfEcho: what another side repeats of a secret is not told, nor what would spoil a line.
func TestTrialOfEcho(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, "220 here\r\n")
			_, _ = conn.Read(make([]byte, 100))
			_, _ = fmt.Fprintf(conn, "554 you said %s\x1b[2J %s\r\n", secretWord, strings.Repeat("x", 1000))
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	steps, err := trials(t, nil).Run(t.Context(), check.TrySMTP, map[string]string{setting.SMTPHost: "127.0.0.1", setting.SMTPPort: strconv.Itoa(l.Addr().(*net.TCPAddr).Port),
		setting.SMTPSecurity: mail.None, setting.SMTPPassword: secretWord}, "")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "echo", steps, "connect ok: ", "sign_in failed: sign in: 554 you said ***")
	if text := steps[len(steps)-1].Text; len(text) > 500 || strings.Contains(text, "\x1b") {
		t.Errorf("told is %q", text)
	}
}

func TestTrialOfObjectStore(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("calls"); err != nil {
		t.Fatal(err)
	}
	objects := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(objects.Close)
	values := func(bucket string) map[string]string {
		return map[string]string{setting.RecordingsS3Endpoint: objects.URL, setting.RecordingsS3Bucket: bucket, setting.RecordingsS3AccessKey: "key", setting.RecordingsS3SecretKey: secretWord}
	}
	for _, tt := range []struct {
		name   string
		values map[string]string
		want   []string
	}{
		{"not set", nil, []string{"connect failed: recordings.s3_endpoint is not set"}},
		{"half set", map[string]string{setting.RecordingsS3Endpoint: objects.URL}, []string{"connect ok: ", "answer failed: bucket, access key or secret key is not set"}},
		{"no bucket", values("none"), []string{"connect ok: ", "answer failed: there is no bucket none"}},
		{"all of it", values("calls"), []string{"connect ok: ", "answer ok: the bucket is there", "answer ok: an object was written", "answer ok: it was read back", "answer ok: it was deleted"}},
	} {
		steps, err := trials(t, nil).Run(t.Context(), check.TryS3, tt.values, "")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		holds(t, tt.name, steps, tt.want...)
	}
	left, err := backend.ListBucket("calls", nil, gofakes3.ListBucketPage{})
	if err != nil || len(left.Contents) > 0 {
		t.Errorf("left behind: %+v, %v", left, err)
	}
}

func TestTrialOfSwitches(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var ended atomic.Int32
	dial := func(link link, err error) func(context.Context) (check.Link, func(), error) {
		return func(context.Context) (check.Link, func(), error) { return link, func() { ended.Add(1) }, err }
	}
	at := l.Addr().String()
	x := trials(t, func(o *check.TrialOptions) {
		o.Switches = []check.TrialSwitch{
			{Name: "good", Addr: at, Dial: dial(link{answer: "true"}, nil)},
			{Name: "bare", Addr: at, Dial: dial(link{answer: "UP 0 years\nmore"}, nil)},
			{Name: "shut", Addr: at, Dial: func(context.Context) (check.Link, func(), error) {
				return nil, func() {}, fmt.Errorf("dial: %w", esl.ErrAuth)
			}},
			{Name: "sick", Addr: at, Dial: dial(link{err: errors.New("connection lost")}, nil)},
		}
	})
	steps, err := x.Run(t.Context(), check.TrySwitch, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "all", steps, "good connect ok: ", "good sign_in ok: ", "good answer ok: true", "good answer ok: mod_callcenter is loaded",
		"bare connect ok: ", "bare sign_in ok: ", "bare answer ok: UP 0 years", "bare answer failed: mod_callcenter is not loaded",
		"shut connect ok: ", "shut sign_in failed: the password is refused: make the password in CALLGATE_SWITCHES",
		"sick connect ok: ", "sick sign_in ok: ", "sick answer failed: connection lost")
	if n := ended.Load(); n != 3 {
		t.Errorf("%d links were ended", n)
	}
	if steps, err = x.Run(t.Context(), check.TrySwitch, nil, "shut"); err != nil || len(steps) != 2 {
		t.Errorf("one: %v, %v", steps, err)
	}
	if steps, err = x.Run(t.Context(), check.TrySwitch, nil, "none"); err != nil || told(steps) != `connect failed: there is no switch "none"` {
		t.Errorf("none: %v, %v", steps, err)
	}
}

// TestTrialsAreBounded: in number, in time, and in what they try.
func TestTrialsAreBounded(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	x := trials(t, nil)
	values := map[string]string{setting.SMTPHost: "127.0.0.1", setting.SMTPPort: strconv.Itoa(silent.Addr().(*net.TCPAddr).Port), setting.SMTPSecurity: mail.TLS}
	ctx, stop := context.WithCancel(t.Context())
	ends := make(chan []check.Step)
	for range 4 {
		go func() {
			steps, err := x.Run(ctx, check.TrySMTP, values, "")
			if err != nil {
				t.Error(err)
			}
			ends <- steps
		}()
	}
	for range 4 {
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err != nil { // it goes on
			t.Fatal(err)
		}
	}
	if _, err = x.Run(t.Context(), check.TryOnlineStat, nil, ""); !errors.Is(err, fault.New(fault.TooMany, "")) {
		t.Errorf("a fifth: %v", err)
	}
	stop()
	for range 4 {
		holds(t, "given up", <-ends, "connect ok: ", "tls failed: ")
	}
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	steps, err := x.Run(short, check.TrySMTP, values, "")
	if err != nil {
		t.Error(err)
	}
	holds(t, "silent", steps, "connect ok: ", "tls failed: no answer in time")
	for what, want := range map[string]error{"other": fault.New(fault.NotFound, "Test"), check.TrySMTP: fault.New(fault.WrongField, setting.SMTPPort)} {
		if _, err := x.Run(t.Context(), what, map[string]string{setting.SMTPPort: "0"}, ""); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"callgate/internal/app"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// asServer makes the test binary serve, in a process of its own, what its value says.
const asServer = "CALLGATE_TEST_SERVE"

// served is what such a process serves: callgate, or with Bare a gin that answers each path with the same bytes.
type served struct {
	Database, Recordings, Switch string
	Spool                        string // of CDRs; empty: none
	Bare                         map[string]string
	Discard                      bool // what a request says
	Users                        bool // there are some in the database

	cmd  *exec.Cmd
	addr string
}

// TestServed is that process. It ends with SIGTERM, or with its standard input.
func TestServed(t *testing.T) {
	text := os.Getenv(asServer)
	if text == "" {
		return // it plays its part in other tests only
	}
	var s served
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, orphan := context.WithCancel(ctx)
	defer orphan()
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); orphan() }()
	run := s.serve
	switch {
	case s.Discard:
		run = serveDiscard
	case s.Bare != nil:
		run = s.serveBare
	}
	if err := run(ctx); err != nil {
		t.Fatal(err)
	}
	os.Exit(0) // past what waits for goroutines: one still reads the standard input
}

// serve is what the command serve does, its log on standard error included.
func (s *served) serve(ctx context.Context) error {
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	c := app.Default()
	c.HTTPAddr, c.OutboundAddr, c.DatabaseURL, c.RecordingsDir = "127.0.0.1:0", "127.0.0.1:0", s.Database, s.Recordings
	c.SecretKey, c.Settings = on(s.Database).SecretKey, kept()
	c.Switches = []app.Switch{{Name: "main", Addr: s.Switch, Password: "ClueCon"}}
	c.CDRUser, c.CDRPassword = cdrUser, cdrPass
	if !s.Users {
		c.AdminLogin, c.AdminPassword = login, password
	}
	c.CDRSpoolDir = s.Spool
	lines := app.NewLines(os.Stderr)
	defer lines.Close()
	a, err := app.New(ctx, c, app.Options{Logger: slog.New(slog.NewTextHandler(lines, nil))})
	if err != nil {
		return err
	}
	fmt.Println("address", a.Addr())
	return a.Run(ctx)
}

func (s *served) serveBare(ctx context.Context) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	for path, body := range s.Bare {
		answer := []byte(body)
		engine.POST(path, func(c *gin.Context) { c.Data(http.StatusOK, "application/json; charset=utf-8", answer) })
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: engine.Handler()}
	fmt.Println("address", l.Addr())
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// start starts the process and waits until it listens.
func (s *served) start(tb testing.TB) {
	tb.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	s.cmd = exec.Command(os.Args[0], "-test.run=^TestServed$")
	s.cmd.Env = append(os.Environ(), asServer+"="+string(text))
	if s.cmd.Stderr, err = os.Create(filepath.Join(tb.TempDir(), "log")); err != nil {
		tb.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	in, err := s.cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.end(os.Kill); in.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "address ")
	if err != nil || !ok {
		tb.Fatalf("the process says %q, %v", line, err)
	}
	s.addr = addr
}

// end sends a signal and waits for the process to be gone.
func (s *served) end(with os.Signal) error {
	if s.cmd.ProcessState != nil {
		return nil
	}
	if err := s.cmd.Process.Signal(with); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// ask asks once.
func (s *served) ask(tb testing.TB, path, body, token string) (status int, answer string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// signIn returns a token, when there is a first snapshot.
func (s *served) signIn(tb testing.TB) (token string) {
	tb.Helper()
	_, text := s.ask(tb, "/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), "")
	token = strings.TrimSuffix(strings.TrimPrefix(text, `{"access_token":"`), `"}`)
	s.ready(tb, token)
	return token
}

// ready waits for the first snapshot.
func (s *served) ready(tb testing.TB, token string) {
	tb.Helper()
	for tick := time.Tick(10 * time.Millisecond); ; <-tick {
		if status, _ := s.ask(tb, "/contact/queues", "", token); status == http.StatusOK {
			return
		}
	}
}

// caller is a cheap HTTP client on one connection. It numbers its requests: the number is in the body.
type caller struct {
	net.Conn
	in   *bufio.Reader
	text []byte // the request, its number in the last places but one
	next *atomic.Int64
}

const numberDigits = 9

// call makes a caller of a path; callers that share next number their requests together.
func (s *served) call(tb testing.TB, path, token string, next *atomic.Int64) *caller {
	tb.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	body := `{"number":"` + strings.Repeat("0", numberDigits) + `"}`
	return &caller{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10), next: next, text: fmt.Appendf(nil,
		"POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, s.addr, token, len(body), body)}
}

// do sends the next request and reads its answer to the end.
func (c *caller) do() (number int64, size int, err error) {
	number = c.next.Add(1)
	place := c.text[len(c.text)-2-numberDigits : len(c.text)-2]
	for i, n := numberDigits-1, number; i >= 0; i-- {
		place[i] = byte('0' + n%10)
		n /= 10
	}
	if _, err := c.Write(c.text); err != nil {
		return number, 0, err
	}
	size, ok := 0, false
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return number, 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if first {
			ok = bytes.Equal(line, []byte("HTTP/1.1 200 OK"))
		} else if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if size, err = strconv.Atoi(string(value)); err != nil {
				return number, 0, err
			}
		}
	}
	if _, err := c.in.Discard(size); err != nil {
		return number, 0, err
	}
	if !ok {
		return number, 0, errors.New("refused")
	}
	return number, size, nil
}

// numbersLogged reads how often each number is found in the request log of a database.
func numbersLogged(tb testing.TB, database string) map[int64]int {
	tb.Helper()
	s := storetest.Open(tb, database, store.Options{})
	found := map[int64]int{}
	for r, err := range s.Requests(tb.Context(), time.Time{}, time.Now().Add(time.Hour), true) {
		if err != nil {
			tb.Fatal(err)
		}
		if n, ok := numberOf(r); ok {
			found[n]++
		}
	}
	return found
}

func numberOf(r report.Request) (int64, bool) {
	text, ok := strings.CutPrefix(strings.TrimSuffix(r.Body, `"}`), `{"number":"`)
	n, err := strconv.ParseInt(text, 10, 64)
	return n, ok && err == nil
}

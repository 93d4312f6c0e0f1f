package account_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func anywhere() string { return "192.0.2.1" }

func TestMain(m *testing.M) { storetest.Main(m) }

// bench is a service on a real database with a clock that the test turns.
type bench struct {
	*account.Service
	store   *store.Store
	metrics *prometheus.Registry

	mu  sync.Mutex
	now time.Time
}

func newBench(t testing.TB) *bench {
	return benchOn(storetest.Open(t, storetest.SQLite(t), store.Options{}))
}

func benchOn(s *store.Store) *bench {
	b := &bench{store: s, metrics: prometheus.NewRegistry(), now: time.Date(2022, 11, 24, 12, 0, 0, 0, time.UTC)}
	b.Service = account.New(b.store, account.Options{Now: b.clock, Registerer: b.metrics, TokenTTL: func() time.Duration { return time.Hour }})
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// add adds a user with all rights.
func (b *bench) add(t testing.TB, login, password string) account.User {
	t.Helper()
	u, err := b.Add(t.Context(), login, password, []account.Right{{Module: "*", Action: "*"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// count reads a counter of the service.
func (b *bench) count(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s %s", name, label)
	return 0
}

func wantKind(t *testing.T, what string, err error, want fault.Kind, subject string) {
	t.Helper()
	if !errors.Is(err, fault.New(want, subject)) {
		t.Errorf("%s: got %v, want %s %s", what, err, want, subject)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdd(t *testing.T) {
	b := newBench(t)
	long := repeat("ю", 256)
	for _, tt := range []struct {
		name            string
		login, password string
		right           account.Right
		project         string
		want            fault.Kind
		subject         string
	}{
		{"no login", "", "password", account.Right{}, "", fault.EmptyField, "login"},
		{"blank around login", " a", "password", account.Right{}, "", fault.WrongField, "login"},
		{"line break in login", "a\nb", "password", account.Right{}, "", fault.WrongField, "login"},
		{"login is no text", "\xff", "password", account.Right{}, "", fault.WrongField, "login"},
		{"long login", repeat("a", 129), "password", account.Right{}, "", fault.WrongField, "login"},
		{"no password", "a", "", account.Right{}, "", fault.EmptyField, "password"},
		{"short password", "a", "1234567", account.Right{}, "", fault.WrongField, "password"},
		{"password one too long", "a", long + "x", account.Right{}, "", fault.WrongField, "password"},
		{"password is no text", "a", "12345678\xff", account.Right{}, "", fault.WrongField, "password"},
		{"password with NUL", "a", "12345678\x00", account.Right{}, "", fault.WrongField, "password"},
		{"wrong right", "a", "password", account.Right{Module: "a b", Action: "*"}, "", fault.WrongField, "right"},
		{"wrong project", "a", "password", account.Right{Module: "*", Action: "*"}, "a b", fault.WrongField, "project"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rights := []account.Right{{Module: "contact", Action: "add"}}
			if tt.right != (account.Right{}) {
				rights = append(rights, tt.right)
			}
			projects := []string{"101"}
			if tt.project != "" {
				projects = append(projects, tt.project)
			}
			_, err := b.Add(t.Context(), tt.login, tt.password, rights, projects)
			wantKind(t, "add", err, tt.want, tt.subject)
		})
	}
	if all, err := b.List(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("users were added all the same: %v, %v", all, err)
	}

	b.add(t, "API_test_2", "API_test_2") // the manual's own example
	b.add(t, "анна", long)
	if _, err := b.SignIn(t.Context(), "анна", long, "::1"); err != nil {
		t.Errorf("the longest password: %v", err)
	}
	_, err := b.Add(t.Context(), "API_test_2", "password", nil, nil)
	wantKind(t, "same login", err, fault.Conflict, "Login")
}

func repeat(s string, n int) (all string) {
	for range n {
		all += s
	}
	return all
}

func TestUserLife(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	want := b.add(t, "anna", "first password")
	signIn := func(password string) (string, error) { return b.SignIn(ctx, "anna", password, "10.0.0.1") }

	token, err := signIn("first password")
	must(t, err)
	id, err := b.Authenticate(ctx, token, anywhere)
	must(t, err)
	if diff := cmp.Diff(&account.Identity{UserID: want.ID, Login: "anna", Rights: want.Rights, Token: 1}, id); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}

	must(t, b.SetPassword(ctx, "anna", "second password"))
	_, err = b.Authenticate(ctx, token, anywhere)
	wantKind(t, "token after a change of password", err, fault.BadToken, "")
	_, err = signIn("first password")
	wantKind(t, "old password", err, fault.BadCredentials, "")
	token, err = signIn("second password")
	must(t, err)

	for _, status := range []account.Status{account.Inactive, account.Active, account.Deleted} {
		must(t, b.SetStatus(ctx, "anna", status))
		_, err = b.Authenticate(ctx, token, anywhere)
		wantKind(t, "token, now "+status.String(), err, fault.BadToken, "")
		newer, err := signIn("second password")
		if status == account.Active {
			must(t, err)
			token = newer
		} else {
			wantKind(t, "sign in, now "+status.String(), err, fault.BadCredentials, "")
		}
	}
	wantKind(t, "enable a deleted user", b.SetStatus(ctx, "anna", account.Active), fault.NotFound, "Login")
	wantKind(t, "no such status", b.SetStatus(ctx, "anna", 5), fault.WrongField, "status")
	wantKind(t, "password of a deleted user", b.SetPassword(ctx, "anna", "third password"), fault.NotFound, "Login")
	wantKind(t, "short password", b.SetPassword(ctx, "anna", "short"), fault.WrongField, "password")

	again := b.add(t, "anna", "third password")
	if again.ID != want.ID {
		t.Errorf("revived as user %d, want %d", again.ID, want.ID)
	}
	_, err = signIn("second password")
	wantKind(t, "password of an earlier life", err, fault.BadCredentials, "")
	_, err = signIn("third password")
	must(t, err)
}

func TestBootstrap(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	if added, err := b.Bootstrap(ctx, "admin", "password"); !added || err != nil {
		t.Fatalf("got %v, %v", added, err)
	}
	if added, err := b.Bootstrap(ctx, "admin2", "password"); added || err != nil {
		t.Errorf("a second time: got %v, %v", added, err)
	}
	token, err := b.SignIn(ctx, "admin", "password", "::1")
	must(t, err)
	id, err := b.Authenticate(ctx, token, anywhere)
	must(t, err)
	for _, r := range []account.Right{{Module: "contact", Action: "add"}, {Module: "numbers", Action: "see"}, {Module: "recordings", Action: "listen"}} {
		if !id.May(r.Module, r.Action) {
			t.Errorf("may not %s", r)
		}
	}
	_, err = b.Bootstrap(ctx, "admin", "short")
	wantKind(t, "short password", err, fault.WrongField, "password")
}

func TestModules(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	id := &account.Identity{Rights: []account.Right{{Module: "contact", Action: "*"}, {Module: "sms", Action: "send"}}}
	allowed := func() (got []string) {
		for _, r := range []account.Right{{Module: "contact", Action: "add"}, {Module: "contact", Action: "cdr"}, {Module: "sms", Action: "send"}, {Module: "report", Action: "sms"}} {
			_, err := b.Authorize(ctx, id, r.Module, r.Action)
			if err == nil {
				got = append(got, r.String())
			} else {
				wantKind(t, r.String(), err, fault.Denied, "")
			}
		}
		return got
	}
	for _, step := range []struct {
		name, module, action string
		on                   bool
		want                 []string
	}{
		{"on from the start", "other", "", true, []string{"contact/add", "contact/cdr", "sms/send"}},
		{"action off", "contact", "add", false, []string{"contact/cdr", "sms/send"}},
		{"module off", "sms", "", false, []string{"contact/cdr"}},
		{"module off by *", "contact", "*", false, nil},
		{"an action of a module that is off", "sms", "send", true, nil},
		{"module on, its action stays off", "contact", "", true, []string{"contact/cdr"}},
		{"action on", "contact", "add", true, []string{"contact/add", "contact/cdr"}},
		{"other module on", "sms", "*", true, []string{"contact/add", "contact/cdr", "sms/send"}},
	} {
		must(t, b.SetModule(ctx, step.module, step.action, step.on, "root"))
		if diff := cmp.Diff(step.want, allowed()); diff != "" {
			t.Errorf("%s: mismatch (-want, +got):\n%s", step.name, diff)
		}
	}
	for _, tt := range []struct{ name, module, action, subject string }{
		{"no module", "", "", "module"},
		{"every module", "*", "", "module"},
		{"path for a module", "contact/add", "", "module"},
		{"odd action", "contact", "a b", "action"},
	} {
		wantKind(t, tt.name, b.SetModule(ctx, tt.module, tt.action, false, "root"), fault.WrongField, tt.subject)
	}
	all, err := b.Modules(ctx)
	must(t, err)
	want := account.Module{Name: "contact", Action: "*", On: true, Since: b.clock(), At: b.clock(), By: "root"}
	if len(all) != 5 || all[0] != want {
		t.Errorf("got %v, want five, first %v", all, want)
	}
	_, err = b.Authorize(ctx, nil, "contact", "add")
	wantKind(t, "nobody", err, fault.Denied, "")
	if on, off := b.count(t, "callgate_account_module_switches_total", "on"), b.count(t, "callgate_account_module_switches_total", "off"); on != 5 || off != 3 {
		t.Errorf("counted %v on and %v off", on, off)
	}
}

func TestStorageDown(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	token, err := b.SignIn(ctx, "anna", "password", "::1")
	must(t, err)
	must(t, b.store.Close())
	for range 10 { // no failure of the user's: nothing is held against anybody
		_, err = b.SignIn(ctx, "anna", "password", "::1")
		wantKind(t, "sign in", err, fault.StorageDown, "")
	}
	_, err = b.Authenticate(ctx, token, anywhere)
	wantKind(t, "authenticate", err, fault.StorageDown, "")
	_, err = b.Authorize(ctx, &account.Identity{Rights: []account.Right{{Module: "*", Action: "*"}}}, "contact", "add")
	wantKind(t, "authorize", err, fault.StorageDown, "")
	_, err = b.List(context.Background())
	wantKind(t, "list", err, fault.StorageDown, "")
}

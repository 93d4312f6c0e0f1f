package setting_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"callgate/internal/fault"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// replica is the settings of one process; it follows when told to.
type replica struct {
	*setting.Service
	t     *testing.T
	store *store.Store
	log   *bytes.Buffer
}

func newReplica(t *testing.T, s *store.Store, first map[string]string) *replica {
	t.Helper()
	r := &replica{t: t, store: s, log: &bytes.Buffer{}}
	var err error
	r.Service, err = setting.New(s, setting.Options{First: first, Logger: slog.New(slog.NewTextHandler(r.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r.follow()
	return r
}

func (r *replica) follow() {
	r.t.Helper()
	revisions, err := r.store.Revisions(r.t.Context())
	if err == nil {
		err = r.Follow(r.t.Context(), revisions[store.Settings])
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// put writes a value past all checks, as another version of this program may.
func put(t *testing.T, s *store.Store, key, value string) {
	t.Helper()
	if err := s.ChangeSettings(t.Context(), []setting.Stored{{Key: key, Value: value, At: time.Now(), By: "newer"}}, nil,
		func([]setting.Stored) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// TestStrongest: the database is stronger than the environment, which is stronger than the default; and what one
// process sets another one has after a look.
func TestStrongest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		one := newReplica(t, open(), map[string]string{setting.OriginateDial: "sofia/gateway/x/{sip}", setting.TokenTTL: "2h"})
		two := newReplica(t, open(), nil)
		check := func(r *replica, key, value string, source setting.Source) {
			t.Helper()
			e, err := r.Get(key)
			if err != nil || e.Value != value || e.Source != source || r.Text(key) != value {
				t.Errorf("%s: %q from %s, %v; in use %q; want %q from %s", key, e.Value, e.Source, err, r.Text(key), value, source)
			}
		}
		check(one, setting.OriginateDial, "sofia/gateway/x/{sip}", setting.Environment)
		check(one, setting.OriginateThen, "{called_number} XML default", setting.Default)
		check(two, setting.OriginateDial, "user/{sip}", setting.Default)
		if got := one.Duration(setting.TokenTTL); got != 2*time.Hour {
			t.Errorf("token lives %v", got)
		}

		if err := two.Set(t.Context(), setting.OriginateDial, "loopback/{sip}", "anna"); err != nil {
			t.Fatal(err)
		}
		check(two, setting.OriginateDial, "loopback/{sip}", setting.Database)
		check(one, setting.OriginateDial, "sofia/gateway/x/{sip}", setting.Environment)
		one.follow()
		check(one, setting.OriginateDial, "loopback/{sip}", setting.Database)
		if e, _ := one.Get(setting.OriginateDial); e.By != "anna" || time.Since(e.At) > time.Minute {
			t.Errorf("set by %q at %v", e.By, e.At)
		}
		if !strings.Contains(one.log.String(), "setting changed") || strings.Contains(one.log.String(), "loopback") {
			t.Errorf("logged %s", one.log)
		}
		check(one, setting.TokenTTL, "2h", setting.Environment)
	})
}

// TestFollowReadsOnlyWhatIsNew: a look at a revision that is known costs nothing, and a database that is down
// changes nothing.
func TestFollowReadsOnlyWhatIsNew(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	r := newReplica(t, s, nil)
	put(t, s, setting.TokenTTL, "3h")
	r.follow()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Follow(t.Context(), 1); err != nil {
		t.Errorf("read again: %v", err)
	}
	if err := r.Follow(t.Context(), 2); !errors.Is(err, fault.New(fault.StorageDown, "")) {
		t.Errorf("got %v, want storage down", err)
	}
	if got := r.Integer(setting.OriginateMaxConcurrent); got != 0 {
		t.Errorf("a number that was not set: %d", got)
	}
	if got := r.Duration(setting.TokenTTL); got != 3*time.Hour {
		t.Errorf("in use: %v", got)
	}
	if err := r.Set(t.Context(), setting.TokenTTL, "4h", "x"); !errors.Is(err, fault.New(fault.StorageDown, "")) {
		t.Errorf("got %v, want storage down", err)
	}
}

// TestStoredButRefused: a value that this version does not accept is news once, and another one is in use.
func TestStoredButRefused(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	r := newReplica(t, s, map[string]string{setting.OriginateDial: "first/{sip}"})
	put(t, s, setting.OriginateDial, "user/${sip}")
	put(t, s, setting.TokenTTL, "never")
	put(t, s, setting.OnlineStatProxyPassword, "line\nsecret-1")
	put(t, s, "sms.colour", "secret-2")
	r.follow()
	put(t, s, setting.OriginateRingTime, "10s")
	r.follow()
	if got := r.Text(setting.OriginateDial); got != "first/{sip}" {
		t.Errorf("dial %q", got)
	}
	if got := r.Duration(setting.TokenTTL); got != 24*time.Hour {
		t.Errorf("token lives %v", got)
	}
	shown := map[string]setting.Entry{}
	for _, e := range r.List() {
		shown[e.Key] = e
	}
	for key, want := range map[string]setting.Entry{
		setting.OriginateDial:           {Value: "first/{sip}", Source: setting.Environment, By: "newer", Refused: errors.New("")},
		setting.TokenTTL:                {Value: "24h", Source: setting.Default, By: "newer", Refused: errors.New("")},
		setting.OnlineStatProxyPassword: {Value: "(not set)", Source: setting.Default, By: "newer", Refused: errors.New("")},
		setting.OriginateRingTime:       {Value: "10s", Source: setting.Database, By: "newer"},
		"sms.colour":                    {Value: "(set)", Source: setting.Database, By: "newer", Refused: errors.New("")},
	} {
		got := shown[key]
		if got.Value != want.Value || got.Source != want.Source || got.By != want.By || (got.Refused != nil) != (want.Refused != nil) {
			t.Errorf("%s: got %+v, want %+v", key, got, want)
		}
		if n := strings.Count(r.log.String(), "is not used\" setting="+key); (n == 1) != (want.Refused != nil) {
			t.Errorf("%s: logged %d times", key, n)
		}
	}
	if strings.Contains(r.log.String(), "secret-") {
		t.Errorf("the log tells a secret: %s", r.log)
	}
	if _, err := r.Get("sms.colour"); !errors.Is(err, fault.New(fault.NotFound, "Setting")) {
		t.Errorf("get of what is not known: %v", err)
	}
	// A new value is as good as any.
	if err := r.Set(t.Context(), setting.TokenTTL, "1h", "anna"); err != nil {
		t.Fatal(err)
	}
	if e, _ := r.Get(setting.TokenTTL); e.Refused != nil || e.Value != "1h" {
		t.Errorf("got %+v", e)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	r := newReplica(t, s, nil)
	if err := r.Set(t.Context(), setting.OnlineStatProxyPassword, "s3cret", "anna"); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.List() {
		if e.Key == setting.OnlineStatProxyPassword && e.Value != "(set)" || strings.Contains(e.Value, "s3cret") {
			t.Errorf("%s shows %q", e.Key, e.Value)
		}
	}
	if got := r.Text(setting.OnlineStatProxyPassword); got != "s3cret" {
		t.Errorf("in use: %q", got)
	}
	if strings.Contains(r.log.String(), "s3cret") {
		t.Errorf("logged: %s", r.log)
	}
	err := r.Set(t.Context(), setting.OnlineStatProxyPassword, "s3cret\n", "anna")
	if !errors.Is(err, fault.New(fault.WrongField, setting.OnlineStatProxyPassword)) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestSet(t *testing.T) {
	wrong := func(key string) error { return fault.New(fault.WrongField, key) }
	type pair struct{ key, value string }
	for _, tt := range []struct {
		name   string
		before []pair
		set    pair
		want   error
	}{
		{"no such key", nil, pair{"originate.dail", "x"}, fault.New(fault.NotFound, "Setting")},
		{"dial", nil, pair{setting.OriginateDial, "{x=y}[a=b]sofia/gateway/g/{sip}"}, nil},
		{"dial with an unknown placeholder", nil, pair{setting.OriginateDial, "user/{who}"}, wrong(setting.OriginateDial)},
		{"dial with a variable", nil, pair{setting.OriginateDial, "user/${sip}"}, wrong(setting.OriginateDial)},
		{"dial with a global variable", nil, pair{setting.OriginateDial, "user/$${domain}"}, wrong(setting.OriginateDial)},
		{"dial with back-quotes", nil, pair{setting.OriginateDial, "user/`id`"}, wrong(setting.OriginateDial)},
		{"dial with a line break", nil, pair{setting.OriginateDial, "user/{sip}\nsystem"}, wrong(setting.OriginateDial)},
		{"dial with a NUL", nil, pair{setting.OriginateDial, "user/{sip}\x00"}, wrong(setting.OriginateDial)},
		{"dial with a control character of Latin-1", nil, pair{setting.OriginateDial, "user/{sip}\u0085"}, wrong(setting.OriginateDial)},
		{"dial that is not UTF-8", nil, pair{setting.OriginateDial, "user/{sip}\xff"}, wrong(setting.OriginateDial)},
		{"no dial", nil, pair{setting.OriginateDial, " "}, wrong(setting.OriginateDial)},
		{"dial too long", nil, pair{setting.OriginateDial, strings.Repeat("x", 4097)}, wrong(setting.OriginateDial)},
		{"then", nil, pair{setting.OriginateThen, "&park({caller_number}-{uuid})"}, nil},
		{"then with a variable", nil, pair{setting.OriginateThen, "&system(${x})"}, wrong(setting.OriginateThen)},
		{"ring time", nil, pair{setting.OriginateRingTime, "120s"}, nil},
		{"ring time too short", nil, pair{setting.OriginateRingTime, "0s"}, wrong(setting.OriginateRingTime)},
		{"ring time too long", nil, pair{setting.OriginateRingTime, "121s"}, wrong(setting.OriginateRingTime)},
		{"ring time of half a second", nil, pair{setting.OriginateRingTime, "1.5s"}, wrong(setting.OriginateRingTime)},
		{"ring time without a unit", nil, pair{setting.OriginateRingTime, "30"}, wrong(setting.OriginateRingTime)},
		{"interval", nil, pair{setting.SnapshotInterval, "1m"}, nil},
		{"interval too long", nil, pair{setting.SnapshotInterval, "61s"}, wrong(setting.SnapshotInterval)},
		{"age shorter than the interval", nil, pair{setting.SnapshotMaxAge, "4s"}, wrong(setting.SnapshotMaxAge)},
		{"age", []pair{{setting.SnapshotInterval, "2s"}}, pair{setting.SnapshotMaxAge, "4s"}, nil},
		{"interval longer than the age", []pair{{setting.SnapshotMaxAge, "30s"}}, pair{setting.SnapshotInterval, "31s"}, wrong(setting.SnapshotInterval)},
		{"source", nil, pair{setting.OnlineStatSource, "switch"}, nil},
		{"source that is none", nil, pair{setting.OnlineStatSource, "Proxy"}, wrong(setting.OnlineStatSource)},
		{"proxy without a URL", nil, pair{setting.OnlineStatSource, "proxy"}, wrong(setting.OnlineStatSource)},
		{"proxy with one", []pair{{setting.OnlineStatProxyURL, "http://h"}}, pair{setting.OnlineStatSource, "proxy"}, nil},
		{"URL taken from a proxy", []pair{{setting.OnlineStatProxyURL, "http://h"}, {setting.OnlineStatSource, "proxy"}},
			pair{setting.OnlineStatProxyURL, ""}, wrong(setting.OnlineStatProxyURL)},
		{"something else while that is so", []pair{{setting.OnlineStatProxyURL, "http://h"}, {setting.OnlineStatSource, "proxy"}},
			pair{setting.OnlineStatProxyCache, "0s"}, nil},
		{"URL", nil, pair{setting.OnlineStatProxyURL, "https://stat.example.org:8443/api/"}, nil},
		{"URL without scheme", nil, pair{setting.OnlineStatProxyURL, "stat.example.org"}, wrong(setting.OnlineStatProxyURL)},
		{"URL of another scheme", nil, pair{setting.OnlineStatProxyURL, "file:///etc/passwd"}, wrong(setting.OnlineStatProxyURL)},
		{"URL without host", nil, pair{setting.OnlineStatProxyURL, "http://:80/"}, wrong(setting.OnlineStatProxyURL)},
		{"URL with a password", nil, pair{setting.OnlineStatProxyURL, "http://a:b@h/"}, wrong(setting.OnlineStatProxyURL)},
		{"URL with a query", nil, pair{setting.OnlineStatProxyURL, "http://h/?a=b"}, wrong(setting.OnlineStatProxyURL)},
		{"log-in without password", nil, pair{setting.OnlineStatProxyLogin, "a"}, wrong(setting.OnlineStatProxyLogin)},
		{"log-in with one", []pair{{setting.OnlineStatProxyPassword, "b"}}, pair{setting.OnlineStatProxyLogin, "a"}, nil},
		{"timeout too short", nil, pair{setting.OnlineStatProxyTimeout, "99ms"}, wrong(setting.OnlineStatProxyTimeout)},
		{"number", nil, pair{setting.OriginateMaxConcurrent, "40"}, nil},
		{"number too large", nil, pair{setting.OriginateMaxPerSecond, "10001"}, wrong(setting.OriginateMaxPerSecond)},
		{"number below zero", nil, pair{setting.OriginateMaxPerSecond, "-1"}, wrong(setting.OriginateMaxPerSecond)},
		{"number that is none", nil, pair{setting.OriginateMaxPerSecond, "1e2"}, wrong(setting.OriginateMaxPerSecond)},
		{"context", nil, pair{setting.OriginateContext, "out-2"}, nil},
		{"context of two words", nil, pair{setting.OriginateContext, "out XML"}, wrong(setting.OriginateContext)},
		{"context that is a flag", nil, pair{setting.OriginateContext, "-both"}, wrong(setting.OriginateContext)},
		{"mail server without a sender", nil, pair{setting.SMTPHost, "mail.example.com"}, wrong(setting.SMTPHost)},
		{"mail server with one", []pair{{setting.SMTPFrom, "Отчёты <reports@example.com>"}}, pair{setting.SMTPHost, "mail.example.com"}, nil},
		{"mail server with a port", []pair{{setting.SMTPFrom, "a@b.c"}}, pair{setting.SMTPHost, "mail.example.com:25"}, wrong(setting.SMTPHost)},
		{"mail server with an address", []pair{{setting.SMTPFrom, "a@b.c"}}, pair{setting.SMTPHost, "2001:db8::1"}, nil},
		{"sender taken away", []pair{{setting.SMTPFrom, "a@b.c"}, {setting.SMTPHost, "h"}}, pair{setting.SMTPFrom, ""}, wrong(setting.SMTPFrom)},
		{"sender that is none", nil, pair{setting.SMTPFrom, "reports"}, wrong(setting.SMTPFrom)},
		{"sender in other letters", nil, pair{setting.SMTPFrom, "отчёты@example.com"}, wrong(setting.SMTPFrom)},
		{"two senders", nil, pair{setting.SMTPFrom, "a@b.c, d@e.f"}, wrong(setting.SMTPFrom)},
		{"mail log-in without password", nil, pair{setting.SMTPLogin, "a"}, wrong(setting.SMTPLogin)},
		{"mail log-in that anybody reads", []pair{{setting.SMTPPassword, "b"}, {setting.SMTPSecurity, "none"}}, pair{setting.SMTPLogin, "a"}, wrong(setting.SMTPLogin)},
		{"mail security taken away", []pair{{setting.SMTPPassword, "b"}, {setting.SMTPLogin, "a"}}, pair{setting.SMTPSecurity, "none"}, wrong(setting.SMTPSecurity)},
		{"mail port that is none", nil, pair{setting.SMTPPort, "0"}, wrong(setting.SMTPPort)},
		{"negative cache", nil, pair{setting.OnlineStatProxyCache, "-1s"}, wrong(setting.OnlineStatProxyCache)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReplica(t, storetest.Open(t, storetest.SQLite(t), store.Options{}), nil)
			for _, b := range tt.before {
				if err := r.Set(t.Context(), b.key, b.value, "x"); err != nil {
					t.Fatal(err)
				}
			}
			before, _ := r.Get(tt.set.key)
			if err := r.Set(t.Context(), tt.set.key, tt.set.value, "x"); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			want := tt.set.value
			if tt.want != nil {
				want = before.Value
			}
			if after, _ := r.Get(tt.set.key); after.Value != want {
				t.Errorf("in use %q, want %q", after.Value, want)
			}
		})
	}
}

// TestRulesHoldAcrossProcesses: what another process set a moment ago counts, though this one has not looked since.
func TestRulesHoldAcrossProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		one, two := newReplica(t, open(), nil), newReplica(t, open(), nil)
		for _, err := range []error{one.Set(t.Context(), setting.OnlineStatProxyURL, "http://h", "x"),
			two.Set(t.Context(), setting.OnlineStatSource, setting.FromProxy, "x")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := one.Set(t.Context(), setting.OnlineStatProxyURL, "", "x"); !errors.Is(err, fault.New(fault.WrongField, setting.OnlineStatProxyURL)) {
			t.Errorf("got %v", err)
		}
	})
}

func TestFirstValuesAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name, key, value string
		want             error
	}{
		{"placeholder", setting.OriginateDial, "user/{who}", fault.New(fault.WrongField, setting.OriginateDial)},
		{"no such key", "x", "y", fault.New(fault.NotFound, "Setting")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := setting.New(nil, setting.Options{First: map[string]string{tt.key: tt.value}}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// FuzzTemplate: what is accepted has nothing in it that FreeSWITCH would expand or take for the end of a command.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"user/{sip}", "{a=b}x", "${x}", "$${x}", "`x`", "{}", "{sip", "\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if _, err := setting.New(nil, setting.Options{First: map[string]string{setting.OriginateThen: value}}); err != nil {
			return
		}
		for _, bad := range []string{"${", "`", "\n", "\r", "\x00", "{}"} {
			if strings.Contains(value, bad) {
				t.Errorf("%q holds %q", value, bad)
			}
		}
	})
}

package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// written runs the service until what was noted is written.
func (b *bench) written(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, b.Run(ctx)) // writes what there is, and takes nothing more
}

// TestSessions: a session ends when it is not used for an hour, or after twelve; it is no token, and a token is none.
func TestSessions(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	enter := func(face account.Face) string {
		p, err := b.Enter(ctx, account.Credentials{Login: "anna", Password: "password", Face: face})
		must(t, err)
		return p.Token
	}
	session, token := enter(account.Panel), enter(account.Modern)
	b.follow(t)
	_, err := b.Authenticate(ctx, session, anywhere)
	wantKind(t, "a session for a token", err, fault.BadToken, "")
	_, err = b.Resume(ctx, token)
	wantKind(t, "a token for a session", err, fault.BadToken, "")
	for _, text := range []string{"", "x", strings.Repeat("0", 32)} {
		_, err = b.Resume(ctx, text)
		wantKind(t, text, err, fault.BadToken, "")
	}
	for range 12 { // used every 55 minutes
		_, err := b.Resume(ctx, session)
		must(t, err)
		b.pass(55 * time.Minute)
		b.follow(t)
	}
	_, err = b.Resume(ctx, session)
	must(t, err)
	idle := enter(account.Panel)
	b.written(t)
	b.pass(59 * time.Minute)
	if all, err := b.Tokens(ctx, 1); err != nil || len(all) != 2 { // the token has expired
		t.Errorf("tokens: %+v, %v", all, err)
	}
	b.pass(time.Minute)
	b.follow(t)
	_, err = b.Resume(ctx, session)
	wantKind(t, "after twelve hours", err, fault.BadToken, "")
	_, err = b.Resume(ctx, idle)
	wantKind(t, "not used for an hour", err, fault.BadToken, "")
	if all, err := b.Tokens(ctx, 1); err != nil || len(all) != 0 {
		t.Errorf("tokens: %+v, %v", all, err)
	}
}

// A session that another process has seen used is not idle.
func TestSessionUsedElsewhere(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	p, err := b.Enter(ctx, account.Credentials{Login: "anna", Password: "password", Face: account.Panel})
	must(t, err)
	other := benchOn(b.store)
	b.follow(t)
	other.follow(t)
	for _, s := range []*bench{b, other} {
		_, err := s.Resume(ctx, p.Token)
		must(t, err)
	}
	b.pass(50 * time.Minute)
	b.follow(t)
	_, err = b.Resume(ctx, p.Token)
	must(t, err)
	b.written(t)
	other.pass(100 * time.Minute)
	other.follow(t)
	if _, err := other.Resume(ctx, p.Token); err != nil {
		t.Errorf("used 50 minutes ago elsewhere: %v", err)
	}
}

// TestNotes: when a token was used is known to a minute, and who tried to sign in, if there is such a user, never what he
// typed.
func TestNotes(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	u := b.add(t, "anna", "password")
	token, err := b.SignIn(ctx, "anna", "password", "192.0.2.1")
	must(t, err)
	_, err = b.Enter(ctx, account.Credentials{Login: "anna", Password: "sesame", Address: "192.0.2.2", Face: account.Panel})
	wantKind(t, "wrong password", err, fault.BadCredentials, "")
	_, err = b.SignIn(ctx, "hunter2", "password", "192.0.2.1")
	wantKind(t, "wrong login", err, fault.BadCredentials, "")
	start := b.clock()
	b.follow(t)
	for range 5 {
		_, err := b.Authenticate(ctx, token, anywhere)
		must(t, err)
		b.pass(25 * time.Second)
		b.follow(t)
	}
	b.written(t)
	all, err := b.Tokens(ctx, u.ID)
	must(t, err)
	if len(all) != 1 || all[0].Used.Before(start) || all[0].Address != "192.0.2.1" {
		t.Errorf("tokens: %+v", all)
	}
	tried, err := b.SignIns(ctx, u.ID, 0, 10)
	must(t, err)
	if len(tried) != 2 || tried[1].Result != account.Entered || tried[1].Face != account.Documented || tried[0].Result != account.WrongPassword ||
		tried[0].Face != account.Panel || tried[0].Address != "192.0.2.2" {
		t.Errorf("sign-ins: %+v", tried)
	}
	if got := b.count(t, "callgate_account_notes_written_total", ""); got != 4 {
		t.Errorf("%v notes of three sign-ins and two minutes", got)
	}
	b.pass(time.Hour)
	if n, err := b.Prune(ctx); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	b.pass(90 * 24 * time.Hour)
	if n, err := b.Prune(ctx); n != 2 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
}

// TestOwnPassword: who knows his password gives himself another; the token in hand stays, and guesses are paused as those of
// a sign-in are.
func TestOwnPassword(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	who := b.identity(t, "anna", "*/*")
	yes := true
	_, err := b.Change(ctx, who, "anna", account.Edit{MustChange: &yes})
	must(t, err)
	_, err = b.SignIn(ctx, "anna", "password of anna", "::1")
	wantKind(t, "the documented face", err, fault.BadCredentials, "")
	if got := b.count(t, "callgate_account_sign_in_refusals_total", "password must change"); got != 1 {
		t.Errorf("counted %v", got)
	}
	var tokens []string
	for range 2 {
		p, err := b.Enter(ctx, account.Credentials{Login: "anna", Password: "password of anna", Address: "::1", Face: account.Modern})
		if err != nil || !p.MustChange {
			t.Fatal(p, err)
		}
		tokens = append(tokens, p.Token)
	}
	if who, err = b.Authenticate(ctx, tokens[0], anywhere); err != nil || !who.MustChange {
		t.Fatal(who, err)
	}
	for name, tt := range map[string]struct{ old, password, subject string }{
		"short": {"password of anna", "short", "password"}, "the login": {"password of anna", "Anna", "password"},
		"the old one": {"password of anna", "password of anna", "password"}, "not the old one": {"password", "new password", "old_password"},
	} {
		wantKind(t, name, b.ChangePassword(ctx, who, tt.old, tt.password, "::1"), fault.WrongField, tt.subject)
	}
	must(t, b.ChangePassword(ctx, who, "password of anna", "new password", "::1"))
	if who, err = b.Authenticate(ctx, tokens[0], anywhere); err != nil || who.MustChange {
		t.Errorf("the token in hand: %+v, %v", who, err)
	}
	_, err = b.Authenticate(ctx, tokens[1], anywhere)
	wantKind(t, "the other token", err, fault.BadToken, "")
	_, err = b.SignIn(ctx, "anna", "new password", "::1")
	must(t, err)
	for range 5 {
		wantKind(t, "a guess", b.ChangePassword(ctx, who, "guess", "another password", "192.0.2.3"), fault.WrongField, "old_password")
	}
	wantKind(t, "the sixth", b.ChangePassword(ctx, who, "new password", "another password", "192.0.2.3"), fault.TooMany, "")
	must(t, b.ChangePassword(ctx, who, "new password", "another password", "192.0.2.4"))
}

// TestBackOffOfANetwork: the addresses of one IPv6 network count as one, those of IPv4 do not.
func TestBackOffOfANetwork(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	for i := range 5 {
		_, err := b.SignIn(ctx, "anna", "wrong", "2001:db8:1:2:"+string(rune('a'+i))+"::1")
		wantKind(t, "wrong", err, fault.BadCredentials, "")
		_, err = b.SignIn(ctx, "anna", "wrong", "::ffff:192.0.2."+string(rune('1'+i)))
		wantKind(t, "wrong", err, fault.BadCredentials, "")
	}
	_, err := b.SignIn(ctx, "anna", "password", "2001:db8:1:2::77")
	wantKind(t, "of the network", err, fault.TooMany, "")
	_, err = b.SignIn(ctx, "anna", "password", "2001:db8:1:3::77")
	must(t, err)
	_, err = b.SignIn(ctx, "anna", "password", "::ffff:192.0.2.7")
	must(t, err)
}

func TestCSRF(t *testing.T) {
	secret := strings.Repeat("1", 32)
	good := account.CSRFToken(secret)
	must(t, account.CheckCSRF(secret, good))
	for _, sent := range []string{"", secret, good[:63], good + "0", account.CSRFToken(strings.Repeat("2", 32))} {
		wantKind(t, sent, account.CheckCSRF(secret, sent), fault.Denied, "")
	}
	if strings.Contains(good, secret) {
		t.Error("the token tells the secret")
	}
}

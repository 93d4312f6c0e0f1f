package account_test

import (
	"slices"
	"strings"
	"testing"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// rights reads MODULE/ACTION words with a blank between.
func rights(t testing.TB, words string) (all []account.Right) {
	t.Helper()
	for _, w := range strings.Fields(words) {
		r, err := account.ParseRight(w)
		must(t, err)
		all = append(all, r)
	}
	return all
}

// identity adds a user and returns who he is when he asks.
func (b *bench) identity(t testing.TB, login, words string, projects ...string) *account.Identity {
	t.Helper()
	u, err := b.Add(t.Context(), login, "password of "+login, rights(t, words), projects)
	must(t, err)
	return &account.Identity{UserID: u.ID, Login: login, Rights: u.Rights, Projects: u.Projects, Token: 1}
}

// TestGiving: nobody gives away more than he has, nor touches whom he could not have made.
func TestGiving(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.identity(t, "boss", "*/*")
	by := map[string]*account.Identity{
		"boss":    {UserID: 1, Login: "boss", Rights: rights(t, "*/*")},
		"manager": b.identity(t, "manager", "users/edit contact/* sms/send"),
		"local":   b.identity(t, "local", "users/edit contact/*", "1111", "2222"),
	}
	b.identity(t, "clerk", "contact/add", "1111")
	b.identity(t, "listener", "contact/add recordings/listen")
	for i, tt := range []struct {
		name, by, rights string
		projects         []string
		want             fault.Kind
	}{
		{"all by an administrator", "boss", "*/* numbers/see", nil, 0},
		{"what one has", "manager", "contact/add contact/* sms/send", nil, 0},
		{"a narrower project", "manager", "contact/add", []string{"1111"}, 0},
		{"another module", "manager", "report/users", nil, fault.Denied},
		{"another action", "manager", "sms/*", nil, fault.Denied},
		{"one action of all modules", "manager", "*/add", nil, fault.Denied},
		{"all", "manager", "*/*", nil, fault.Denied},
		{"sight of numbers", "manager", "contact/add numbers/see", nil, fault.Denied},
		{"nothing", "manager", "", nil, 0},
		{"own projects", "local", "contact/add", []string{"2222", "1111"}, 0},
		{"another's project", "local", "contact/add", []string{"1111", "3333"}, fault.Denied},
		{"all projects", "local", "contact/add", nil, fault.Denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := b.Create(ctx, by[tt.by], account.Draft{Login: "new" + string(rune('a'+i)), Password: "password", Rights: rights(t, tt.rights), Projects: tt.projects})
			if tt.want != 0 {
				wantKind(t, "add", err, tt.want, "")
				given := rights(t, tt.rights)
				_, err = b.Change(ctx, by[tt.by], "clerk", account.Edit{Rights: &given, Projects: &tt.projects})
				wantKind(t, "change", err, tt.want, "")
				return
			}
			if err != nil || u.Revision != 1 {
				t.Errorf("got %+v, %v", u, err)
			}
		})
	}
	password, off := "another password", account.Inactive
	for _, tt := range []struct {
		name, by, login string
		want            fault.Kind
	}{
		{"who has more", "manager", "listener", fault.Denied},
		{"the administrator", "manager", "boss", fault.Denied},
		{"who sees other projects", "local", "manager", fault.NotFound},
		{"nobody", "boss", "nobody", fault.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for what, e := range map[string]account.Edit{"password": {Password: &password}, "status": {Status: &off}, "nothing": {}} {
				_, err := b.Change(ctx, by[tt.by], tt.login, e)
				wantKind(t, what, err, tt.want, "")
			}
			_, err := b.Manage(ctx, by[tt.by], tt.login)
			wantKind(t, "tokens", err, tt.want, "")
			_, _, err = b.AddKey(ctx, &account.Identity{UserID: by[tt.by].UserID, Login: tt.by, Rights: by[tt.by].Rights, Projects: by[tt.by].Projects, Token: 1}, tt.login,
				account.Key{Name: "k", Rights: rights(t, "contact/add")})
			wantKind(t, "keys", err, tt.want, "")
		})
	}
	var seen []string
	all, err := b.Managed(ctx, by["local"])
	must(t, err)
	for _, u := range all {
		seen = append(seen, u.Login)
	}
	slices.Sort(seen)
	if got := strings.Join(seen, " "); got != "clerk local newc newj" {
		t.Errorf("who is limited sees %s", got)
	}
}

// TestChange: what an administrator changes is so at once, unless somebody else was quicker.
func TestChange(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	boss := b.identity(t, "boss", "*/*")
	b.identity(t, "anna", "contact/add")
	token, err := b.SignIn(ctx, "anna", "password of anna", "::1")
	must(t, err)
	b.follow(t)
	who, err := b.Authenticate(ctx, token, anywhere)
	must(t, err)
	_, err = b.Authorize(ctx, who, "contact", "add")
	must(t, err)

	u, err := b.Look(ctx, boss, "anna")
	must(t, err)
	given := rights(t, "sms/send")
	after, err := b.Change(ctx, boss, "anna", account.Edit{Rights: &given, Revision: u.Revision})
	if err != nil || after.Revision != u.Revision+1 || len(after.Rights) != 1 {
		t.Fatalf("got %+v, %v", after, err)
	}
	_, err = b.Change(ctx, boss, "anna", account.Edit{Rights: &[]account.Right{}, Revision: u.Revision})
	wantKind(t, "a revision of before", err, fault.Stale, "User")
	who, err = b.Authenticate(ctx, token, anywhere)
	must(t, err)
	_, err = b.Authorize(ctx, who, "contact", "add")
	wantKind(t, "a right that was taken away", err, fault.Denied, "")

	yes, no, password, own := true, false, "another password", "BOSS"
	_, err = b.Change(ctx, boss, "anna", account.Edit{MustChange: &yes})
	must(t, err)
	if who, err = b.Authenticate(ctx, token, anywhere); err != nil || !who.MustChange {
		t.Errorf("who has to change his password: %+v, %v", who, err)
	}
	_, err = b.Authorize(ctx, who, "sms", "send")
	wantKind(t, "before he does", err, fault.PasswordDue, "")
	_, err = b.Change(ctx, boss, "anna", account.Edit{Password: &password, MustChange: &no})
	must(t, err)
	_, err = b.Authenticate(ctx, token, anywhere)
	wantKind(t, "token of the old password", err, fault.BadToken, "")
	_, err = b.SignIn(ctx, "anna", password, "::1")
	must(t, err)

	off := account.Inactive
	for name, tt := range map[string]struct {
		login   string
		e       account.Edit
		want    fault.Kind
		subject string
	}{
		"one's own password":           {"boss", account.Edit{Password: &password}, fault.WrongField, "password"},
		"the login for a password":     {"boss", account.Edit{Password: &own}, fault.WrongField, "password"},
		"an authenticator for another": {"anna", account.Edit{TOTP: &yes}, fault.WrongField, "totp"},
		"the last administrator":       {"boss", account.Edit{Status: &off}, fault.Needed, "The last administrator"},
		"his rights":                   {"boss", account.Edit{Rights: &given}, fault.Needed, "The last administrator"},
		"his projects":                 {"boss", account.Edit{Projects: &[]string{"1"}}, fault.Denied, ""},
	} {
		_, err := b.Change(ctx, boss, tt.login, tt.e)
		if name == "his projects" { // he sees all, and may see fewer, but then nobody sees all
			tt.want, tt.subject = fault.Needed, "The last administrator"
		}
		wantKind(t, name, err, tt.want, tt.subject)
	}
	b.identity(t, "boss2", "*/*")
	if _, err := b.Change(ctx, boss, "boss", account.Edit{Status: &off}); err != nil {
		t.Errorf("one of two administrators: %v", err)
	}
	must(t, b.SetStatus(ctx, "boss2", account.Inactive)) // the machine's own administrator may
}

// TestLookAlikes: a login that would pass for another in a list is not given out; those that there are sign in.
func TestLookAlikes(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name, login string
		refused     bool
	}{
		{"Latin", "admin", false}, {"Cyrillic", "Оператор-7", false}, {"a word of each", "оператор_CRM", false}, {"accents", "José", false}, {"digits", "1234", false},
		{"Cyrillic a in Latin", "\u0430dmin", true}, {"Latin o in Cyrillic", "\u041eперат\u006fр", true}, {"Greek in Latin", "\u03b1dmin", true},
		{"joined letters", "o\ufb03ce", true}, {"an accent of its own", "Jose\u0301", true}, {"wide letters", "\uff41dmin", true},
		{"a blank without width", "ad\u200bmin", true}, {"from right to left", "ad\u202emin", true}, {"soft hyphen", "ad\u00admin", true}, {"filler", "ad\u3164min", true},
	} {
		_, err := b.Add(t.Context(), tt.login, "password", nil, nil)
		if tt.refused {
			wantKind(t, tt.name, err, fault.WrongField, "login")
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

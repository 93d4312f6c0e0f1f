package account_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/fault"
)

func from(address string) func() string { return func() string { return address } }

// TestKeys: a key opens what both it and its owner may, from where and for as long as it was said.
func TestKeys(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	boss := b.identity(t, "boss", "*/*")
	b.identity(t, "crm", "contact/* sms/send users/edit", "1111", "2222")
	networks, err := account.ParseNetworks([]string{"192.0.2.0/24", "2001:db8::1"})
	must(t, err)
	key, text, err := b.AddKey(ctx, boss, "crm", account.Key{Name: "k", Rights: rights(t, "contact/add"), Projects: []string{"1111"}, Networks: networks,
		Expires: b.clock().Add(time.Hour)})
	must(t, err)
	if !regexp.MustCompile(`^cgk_[0-9a-f]{40}$`).MatchString(text) {
		t.Errorf("the key is %q", text)
	}
	_, all, err := b.AddKey(ctx, boss, "crm", account.Key{Name: "all", Rights: rights(t, "contact/* users/edit")})
	must(t, err)
	b.follow(t)
	what := func(text, address string) string {
		who, err := b.Authenticate(ctx, text, from(address))
		if errors.Is(err, fault.New(fault.BadToken, "")) {
			return "nothing"
		}
		must(t, err)
		var words []string
		for _, r := range who.Rights {
			words = append(words, r.String())
		}
		if who.Token != 0 || who.Login != "crm" {
			t.Errorf("who: %+v", who)
		}
		return strings.Join(append(words, who.Projects...), " ")
	}
	for _, tt := range []struct{ name, text, address, want string }{
		{"from its network", text, "192.0.2.7", "contact/add 1111"},
		{"from its address", text, "2001:db8::1", "contact/add 1111"},
		{"written as IPv6", text, "::ffff:192.0.2.7", "contact/add 1111"},
		{"from elsewhere", text, "192.0.3.7", "nothing"},
		{"from its neighbour", text, "2001:db8::2", "nothing"},
		{"from nowhere", text, "", "nothing"},
		{"from anywhere", all, "192.0.3.7", "contact/* users/edit 1111 2222"},
		{"another key", "cgk_" + strings.Repeat("0", 40), "192.0.2.7", "nothing"},
		{"a part of it", text[:43], "192.0.2.7", "nothing"},
		{"in capitals", strings.ToUpper(text), "192.0.2.7", "nothing"},
	} {
		if got := what(tt.text, tt.address); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	before := b.asked(t)
	what(text, "192.0.2.7")
	if b.asked(t) != before {
		t.Error("a remembered key asked the store")
	}
	rights1, rights2 := rights(t, "*/add"), rights(t, "report/users")
	for _, step := range []struct {
		name string
		e    account.Edit
		want string
	}{
		{"the owner has other rights", account.Edit{Rights: &rights1}, "contact/add 1111 2222"},
		{"other projects", account.Edit{Projects: &[]string{"2222"}}, "contact/add 2222"},
		{"all projects", account.Edit{Projects: &[]string{}}, "contact/add"},
		{"none of the key's rights", account.Edit{Rights: &rights2}, ""},
	} {
		_, err := b.Change(ctx, boss, "crm", step.e)
		must(t, err)
		if got := what(all, "192.0.3.7"); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	_, err = b.Change(ctx, boss, "crm", account.Edit{Rights: &rights1, Projects: &[]string{"3333"}})
	must(t, err)
	if got := what(text, "192.0.2.7"); got != "nothing" {
		t.Errorf("a key of whose projects the owner sees none opens %s", got)
	}
	_, err = b.Change(ctx, boss, "crm", account.Edit{Projects: &[]string{"1111"}})
	must(t, err)
	for _, status := range []account.Status{account.Inactive, account.Active} {
		must(t, b.SetStatus(ctx, "crm", status))
		if got := what(text, "192.0.2.7"); (got == "nothing") != (status == account.Inactive) {
			t.Errorf("owner %s: %s", status, got)
		}
	}
	b.pass(time.Hour)
	b.follow(t)
	if got := what(text, "192.0.2.7"); got != "nothing" {
		t.Errorf("expired, it opens %s", got)
	}
	machine, err := b.Authenticate(ctx, all, anywhere)
	must(t, err)
	_, _, err = b.AddKey(ctx, machine, "crm", account.Key{Name: "x", Rights: rights(t, "contact/add")})
	wantKind(t, "a key makes a key", err, fault.Denied, "")
	wantKind(t, "a key ends a key", b.RemoveKey(ctx, machine, "crm", key.ID), fault.Denied, "")
	wantKind(t, "a key changes a password", b.ChangePassword(ctx, machine, "password of crm", "another password", "::1"), fault.Denied, "")
	must(t, b.RemoveKey(ctx, boss, "crm", key.ID))
	listed, err := b.Keys(ctx, machine.UserID)
	if err != nil || len(listed) != 1 {
		t.Errorf("left: %+v, %v", listed, err)
	}
	must(t, b.RemoveKey(ctx, &account.Identity{UserID: machine.UserID, Login: "crm", Token: 5}, "crm", listed[0].ID)) // his own
	if got := what(all, "192.0.3.7"); got != "nothing" {
		t.Errorf("removed, it opens %s", got)
	}
}

func TestKeyRefusals(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	boss := b.identity(t, "boss", "*/*")
	b.identity(t, "crm", "contact/*", "1111")
	good := func() account.Key { return account.Key{Name: "k", Rights: rights(t, "contact/add")} }
	for _, tt := range []struct {
		name    string
		change  func(*account.Key)
		want    fault.Kind
		subject string
	}{
		{"no name", func(k *account.Key) { k.Name = "" }, fault.EmptyField, "name"},
		{"long name", func(k *account.Key) { k.Name = repeat("x", 65) }, fault.WrongField, "name"},
		{"line break in it", func(k *account.Key) { k.Name = "a\nb" }, fault.WrongField, "name"},
		{"no rights", func(k *account.Key) { k.Rights = nil }, fault.EmptyField, "rights"},
		{"a right that the owner has not", func(k *account.Key) { k.Rights = rights(t, "contact/add sms/send") }, fault.WrongField, "rights"},
		{"a wider one", func(k *account.Key) { k.Rights = rights(t, "*/add") }, fault.WrongField, "rights"},
		{"a project that the owner does not see", func(k *account.Key) { k.Projects = []string{"2222"} }, fault.WrongField, "projects"},
		{"expired", func(k *account.Key) { k.Expires = b.clock() }, fault.WrongField, "expires_at"},
	} {
		k := good()
		tt.change(&k)
		_, _, err := b.AddKey(ctx, boss, "crm", k)
		wantKind(t, tt.name, err, tt.want, tt.subject)
	}
	for range 2 {
		_, _, err := b.AddKey(ctx, nil, "crm", good())
		if err != nil {
			wantKind(t, "the same name", err, fault.Conflict, "Key")
		}
	}
	for _, text := range []string{"", "x", "192.0.2.0/33", "192.0.2.7:80", "::ffff:192.0.2.0/120", "fe80::1%eth0"} {
		_, err := account.ParseNetworks([]string{text})
		wantKind(t, text, err, fault.WrongField, "networks")
	}
}

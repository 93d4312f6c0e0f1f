package account_test

import (
	"regexp"
	"testing"

	"callgate/internal/account"
)

// TestCatalogue: everything has words in both languages, once.
func TestCatalogue(t *testing.T) {
	seen, cyrillic := map[string]bool{}, regexp.MustCompile(`\p{Cyrillic}`)
	worded := func(what string, all ...account.Words) {
		for _, w := range all {
			if w.English == "" || cyrillic.MatchString(w.English) || w.Russian == "" {
				t.Errorf("%s: %+v", what, w)
			}
		}
		if seen[what] || !cyrillic.MatchString(all[0].Russian) {
			t.Errorf("%s is there twice, or has no Russian name", what)
		}
		seen[what] = true
	}
	for _, k := range account.Catalogue() {
		worded(k.Name, k.Title, k.About)
		if _, ok := account.FindAction(k.Name, account.Any); !ok || len(k.Actions) == 0 {
			t.Errorf("module %s: %v", k.Name, ok)
		}
		for _, a := range k.Actions {
			worded(k.Name+"/"+a.Name, a.Title, a.About, a.Off())
			if _, ok := account.FindAction(k.Name, a.Name); ok == a.Right {
				t.Errorf("%s/%s can be switched: %v", k.Name, a.Name, ok)
			}
		}
	}
	for _, none := range [][2]string{{"", ""}, {"sms", ""}, {"sms", "sent"}, {"other", account.Any}, {account.Any, account.Any}, {"numbers", "see"}} {
		if _, ok := account.FindAction(none[0], none[1]); ok {
			t.Errorf("%v can be switched", none)
		}
	}
}

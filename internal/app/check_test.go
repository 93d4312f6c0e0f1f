package app_test

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/check"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// lines are findings, a line each.
func lines(found []check.Finding) (text string) {
	for _, f := range found {
		text += string(f.Level) + " " + f.Where + ": " + f.Text + "\n"
	}
	return text
}

// checked is a configuration in which nothing is there yet.
func checked(t *testing.T) app.Config {
	t.Helper()
	dir := t.TempDir()
	c := app.Default()
	c.HTTPAddr, c.DatabaseURL, c.RecordingsDir = freeAddr(t), "sqlite:"+filepath.Join(dir, "callgate.db"), dir
	c.Switches = []app.Switch{{Name: "main", Addr: freeAddr(t), Password: "ClueCon"}}
	return c
}

// TestCheckReaches tells apart why a switch cannot be asked, and asks the others none the less.
func TestCheckReaches(t *testing.T) {
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	closed, err := esltest.Start(esltest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	closed.RefuseByACL(true)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer web.Close()
	c := checked(t)
	c.HTTPAddr = strings.TrimPrefix(web.URL, "http://")
	c.Switches = []app.Switch{
		{Name: "nobody", Addr: freeAddr(t), Password: "ClueCon"},
		{Name: "password", Addr: sw.Addr(), Password: "s3cret"},
		{Name: "list", Addr: closed.Addr(), Password: "ClueCon"},
		{Name: "secure", Addr: sw.Addr(), Password: "ClueCon", TLS: true},
		{Name: "well", Addr: sw.Addr(), Password: "ClueCon"},
		{Name: "malformed", Addr: "nowhere", Password: "ClueCon"},
	}
	found, err := app.Check(t.Context(), c, app.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := lines(found)
	for _, want := range []string{
		"wrong callgate: what serves at " + c.HTTPAddr + " is not callgate: /readyz answers 418\n",
		"wrong nobody: event socket: " + c.Switches[0].Addr + " cannot be reached: dial: ",
		"wrong password: event socket: the password is refused\n",
		"wrong list: event socket: our address is refused by the access list\n",
		"wrong secure: event socket: " + sw.Addr() + " cannot be reached: log in: TLS: ",
		"ok well: version: FreeSWITCH 1.11.2-dev\n",
		"wrong malformed: event socket: nowhere cannot be reached: ",
	} {
		if !strings.Contains("\n"+got, "\n"+want) {
			t.Errorf("want %s, got\n%s", want, got)
		}
	}
	if strings.Contains(got, "s3cret") {
		t.Errorf("shows a password:\n%s", got)
	}
}

// TestCheckDatabase: it is looked at and left as it is, and what it says of outbound calls is known.
func TestCheckDatabase(t *testing.T) {
	const context = "wrong main: dialplan: calls that callgate makes go to the context "
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, url string)
		want    string
		then    string
	}{
		{"none", func(*testing.T, string) {}, "advice database: there is none yet\n", "environment"},
		{"older", func(t *testing.T, url string) {
			storetest.Open(t, url, store.Options{}).Close()
			db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id > 1"); err != nil {
				t.Fatal(err)
			}
		}, "advice database: its tables are ", "environment"},
		{"its own", func(t *testing.T, url string) {
			s := storetest.Open(t, url, store.Options{})
			settings, err := setting.New(s, setting.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := settings.Set(t.Context(), setting.OriginateThen, "{called_number} XML database", "test"); err != nil {
				t.Fatal(err)
			}
		}, "ok database: answers, and its tables are those of this version\n", "database"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sw, err := esltest.Start(esltest.Config{XML: `<document><section name="dialplan"/></document>`})
			if err != nil {
				t.Fatal(err)
			}
			defer sw.Close()
			c := checked(t)
			c.Switches[0].Addr = sw.Addr()
			c.Settings = map[string]string{setting.OriginateThen: "{called_number} XML environment"}
			tt.prepare(t, c.DatabaseURL)
			found, err := app.Check(t.Context(), c, app.CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := lines(found)
			if !strings.Contains("\n"+got, "\n"+tt.want) {
				t.Errorf("want %s, got\n%s", tt.want, got)
			}
			if want := context + tt.then + ", which is not there"; !strings.Contains(got, want) {
				t.Errorf("want %s, got\n%s", want, got)
			}
			again, err := app.Check(t.Context(), c, app.CheckOptions{})
			if err != nil || lines(again) != got {
				t.Errorf("looking changed something: %v\n%s", err, lines(again))
			}
		})
	}
	c := checked(t)
	c.DatabaseURL = "postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable"
	c.RecordingsSwitchDir = "relative"
	if _, err := app.Check(t.Context(), c, app.CheckOptions{}); err == nil {
		t.Error("a relative folder of recordings is taken")
	}
	c.RecordingsSwitchDir = ""
	found, err := app.Check(t.Context(), c, app.CheckOptions{})
	if got := lines(found); err != nil || !strings.HasPrefix(got, "wrong database: ") || strings.Contains(got, "s3cret") {
		t.Errorf("got %v\n%s", err, got)
	}
}

package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"callgate/api"
)

const docsPath = "/api/docs"

func get(t *testing.T, h http.Handler, method, target string, header http.Header) (*httptest.ResponseRecorder, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	req.Header = header
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec, rec.Body.String()
}

// reference is what a page, a sheet or our script has a browser load.
var reference = regexp.MustCompile(`(?:src|href)="([^"]*)"|url\(["']?([^"')]*)|(?:fetch|new URL)\("([^"]*)"`)

// TestPageIsWhole: all that the page has a browser load comes from us, at places that are told from where the page is.
func TestPageIsWhole(t *testing.T) {
	_, h := engine(t, func(*api.Options) {})
	home, err := url.Parse("https://callgate.example/some/where" + docsPath)
	if err != nil {
		t.Fatal(err)
	}
	seen, waiting := map[string]string{}, []*url.URL{home}
	for len(waiting) > 0 {
		at := waiting[0]
		waiting = waiting[1:]
		path, inside := strings.CutPrefix(at.Path, "/some/where")
		if at.Host != home.Host || !inside {
			t.Errorf("%s is not ours", at)
			continue
		}
		if _, before := seen[path]; before {
			continue
		}
		if strings.HasPrefix(path, "/api/v1") { // another's, below the same address
			seen[path] = ""
			continue
		}
		got, body := get(t, h, http.MethodGet, path, nil)
		if got.Code != http.StatusOK {
			t.Errorf("%s: %d", path, got.Code)
			continue
		}
		seen[path] = got.Header().Get("Content-Type")
		csp := got.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'; script-src 'self';") || strings.Contains(csp, "http") || strings.Contains(csp, "*") || got.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, got.Header())
		}
		if path == docsPath+"/swagger-ui-bundle.js" { // it is too clever for an expression; the policy holds it
			continue
		}
		base := at
		if strings.HasSuffix(path, ".js") { // scripts ask from where the page is
			base = home
		}
		for _, m := range reference.FindAllStringSubmatch(body, -1) {
			to, err := base.Parse(m[1] + m[2] + m[3])
			if err != nil {
				t.Fatal(err)
			}
			if to.Scheme != "data" {
				waiting = append(waiting, to)
			}
		}
		if inline := regexp.MustCompile(`<script(>| [^>]*>[^<])|<style| style=| on[a-z]+=`).FindString(body); inline != "" && strings.HasPrefix(seen[path], "text/html") {
			t.Errorf("%s has %q in it", path, inline)
		}
	}
	for path, kind := range map[string]string{docsPath: "text/html; charset=utf-8", docsPath + "/start.js": "text/javascript; charset=utf-8", docsPath + "/page.css": "text/css; charset=utf-8",
		docsPath + "/swagger-ui.css": "text/css; charset=utf-8", docsPath + "/swagger-ui-bundle.js": "text/javascript; charset=utf-8", docsPath + "/favicon-32x32.png": "image/png",
		"/api/v1/openapi.json": "", "/api/v1": ""} {
		if got, ok := seen[path]; !ok || got != kind {
			t.Errorf("%s is %q, want %q", path, got, kind)
		}
	}
	if len(seen) != 8 {
		t.Errorf("the page loads %v", seen)
	}
}

func TestPageAnswers(t *testing.T) {
	_, h := engine(t, func(*api.Options) {})
	packed, body := get(t, h, http.MethodGet, docsPath+"/swagger-ui-bundle.js", http.Header{"Accept-Encoding": {"br, gzip"}})
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed: %v", packed.Header())
	}
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if plain, body := get(t, h, http.MethodGet, docsPath+"/swagger-ui-bundle.js", nil); plain.Header().Get("Content-Encoding") != "" || body != string(whole) || !strings.Contains(body, "SwaggerUIBundle") {
		t.Errorf("plain: %d bytes, %v", len(body), plain.Header())
	}
	for target, want := range map[string]int{docsPath + "/": 301, docsPath + "/nothing.js": 404, docsPath + "/../v1/users": 404, docsPath + "/page/index.html": 404, docsPath + "/swagger-ui.css.gz": 404} {
		got, body := get(t, h, http.MethodGet, target, nil)
		if got.Code != want || want == 301 && got.Header().Get("Location") != "../docs" {
			t.Errorf("%s: %d %s %v", target, got.Code, body, got.Header())
		}
	}
	if got, body := get(t, h, http.MethodHead, docsPath, nil); got.Code != 200 || body != "" || got.Header().Get("Content-Length") == "0" {
		t.Errorf("head: %d %q %v", got.Code, body, got.Header())
	}
}

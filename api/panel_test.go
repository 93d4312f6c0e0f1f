package api_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"callgate/api"
)

const script = "export const answer = 42\n"

// built is a panel as web/ builds one.
func built(t *testing.T) fstest.MapFS {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, script); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"index.html":          {Data: []byte(`<meta property="csp-nonce" nonce="NONCE"><script src="/panel/assets/index-a1.js" nonce="NONCE"></script>`)},
		"assets/index-a1.js":  {Data: nil},
		"assets/picture.png":  {Data: []byte("\x89PNG")},
		"icon.svg.gz":         {Data: packed.Bytes()},
		"assets/other.js.gz":  {Data: packed.Bytes()},
		"assets/style.css.gz": {Data: packed.Bytes()},
	}
}

func ask(t *testing.T, h http.Handler, method, target string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func TestPanelPaths(t *testing.T) {
	_, h := engine(t, func(o *api.Options) { o.Panel = built(t) })
	page := `<meta property="csp-nonce" nonce="`
	for _, tt := range []struct {
		name, method, target string
		status               int
		want                 string // how the body begins, or where it leads
		kind, cache          string
	}{
		{"root", "GET", "/", 302, "/panel/", "", ""},
		{"without a slash", "GET", "/panel", 301, "/panel/", "", ""},
		{"page", "GET", "/panel/", 200, page, "text/html; charset=utf-8", "no-store"},
		{"page of the panel's router", "GET", "/panel/calls/1b4e28ba", 200, page, "text/html; charset=utf-8", "no-store"},
		{"page whose name has a dot", "GET", "/panel/users/jane.doe", 200, page, "text/html; charset=utf-8", "no-store"},
		{"head", "HEAD", "/panel/", 200, "", "text/html; charset=utf-8", "no-store"},
		{"the page by its name is the panel's too", "GET", "/panel/index.html", 200, page, "text/html; charset=utf-8", "no-store"},
		{"script", "GET", "/panel/assets/other.js", 200, script, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"sheet", "GET", "/panel/assets/style.css", 200, script, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"picture that is not packed", "GET", "/panel/assets/picture.png", 200, "\x89PNG", "image/png", "public, max-age=31536000, immutable"},
		{"file without a hash in its name", "GET", "/panel/icon.svg", 200, script, "image/svg+xml", "no-cache"},
		{"script of another version", "GET", "/panel/assets/index-b2.js", 404, "404 page not found", "text/plain; charset=utf-8", ""},
		{"packed file by its name", "GET", "/panel/assets/other.js.gz", 404, "404 page not found", "text/plain; charset=utf-8", ""},
		{"out of the folder", "GET", "/panel/../../../etc/passwd", 200, page, "text/html; charset=utf-8", "no-store"},
		{"out of the folder, written otherwise", "GET", "/panel/assets/..%2f..%2f..%2fgo.mod", 404, "404 page not found", "text/plain; charset=utf-8", ""},
		{"not to be read", "POST", "/panel/", 405, "The panel is only read.", "text/plain; charset=utf-8", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := ask(t, h, tt.method, tt.target, nil)
			head := rec.Header()
			if rec.Code != tt.status || head.Get("Content-Type") != tt.kind && tt.kind != "" || tt.cache != "" && head.Get("Cache-Control") != tt.cache {
				t.Errorf("%d %v", rec.Code, head)
			}
			if tt.status/100 == 3 {
				if head.Get("Location") != tt.want {
					t.Errorf("leads to %q", head.Get("Location"))
				}
				return
			}
			if !strings.HasPrefix(rec.Body.String(), tt.want) || tt.want == "" && rec.Body.Len() > 0 {
				t.Errorf("says %q", rec.Body)
			}
			if tt.status == 200 && (head.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(head.Get("Content-Security-Policy"), "default-src 'none'; ")) {
				t.Errorf("%v", head)
			}
		})
	}
}

// TestPanelPolicy: a page may load what is ours and nothing else, and its nonce is good once.
func TestPanelPolicy(t *testing.T) {
	_, h := engine(t, func(o *api.Options) { o.Panel = built(t) })
	seen := map[string]bool{}
	for range 3 {
		rec := ask(t, h, http.MethodGet, "/panel/", nil)
		_, rest, _ := strings.Cut(rec.Body.String(), `nonce="`)
		nonce, _, _ := strings.Cut(rest, `"`)
		if len(nonce) < 22 || seen[nonce] || strings.Contains(rec.Body.String(), "NONCE") || strings.Count(rec.Body.String(), nonce) != 2 {
			t.Errorf("the page says %s", rec.Body)
		}
		seen[nonce] = true
		want := "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
			"media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
		if got := rec.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("policy %q, want %q", got, want)
		}
	}
}

func TestPanelPacked(t *testing.T) {
	_, h := engine(t, func(o *api.Options) { o.Panel = built(t) })
	const target = "/panel/assets/other.js"
	packed := ask(t, h, http.MethodGet, target, map[string]string{"Accept-Encoding": "br, gzip"})
	if head := packed.Header(); head.Get("Content-Encoding") != "gzip" || head.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v", head)
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != script {
		t.Errorf("%q %v", text, err)
	}
	plain := ask(t, h, http.MethodGet, target, nil)
	if head := plain.Header(); head.Get("Content-Encoding") != "" || head.Get("Vary") != "Accept-Encoding" || plain.Body.String() != script {
		t.Errorf("%v %q", head, plain.Body)
	}
	known := ask(t, h, http.MethodGet, target, map[string]string{"If-None-Match": packed.Header().Get("ETag")})
	if known.Code != http.StatusNotModified || known.Body.Len() > 0 {
		t.Errorf("%d %q", known.Code, known.Body)
	}
	other := ask(t, h, http.MethodGet, target, map[string]string{"If-None-Match": `"another"`})
	if other.Code != http.StatusOK {
		t.Errorf("%d", other.Code)
	}
}

// TestPanelNotBuilt: a binary that was built by Go alone says so, and does all else.
func TestPanelNotBuilt(t *testing.T) {
	for name, files := range map[string]fs.FS{"none": nil, "empty": fstest.MapFS{}, "no index": fstest.MapFS{"README.md": {Data: []byte("x")}}} {
		_, h := engine(t, func(o *api.Options) { o.Panel = files })
		rec := ask(t, h, http.MethodGet, "/panel/", nil)
		if rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "make build") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
		if rec := ask(t, h, http.MethodGet, "/healthz", nil); rec.Code != http.StatusOK {
			t.Errorf("%s: health %d", name, rec.Code)
		}
	}
}

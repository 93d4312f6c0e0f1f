package api

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
)

// panelPath is where the admin panel lies.
const panelPath = "/panel/"

const (
	// nonceMark stands in index.html where each answer has a nonce of its own.
	nonceMark = "NONCE"
	// panelPolicy lets the panel load what is ours and nothing else; styles that its scripts make carry the nonce.
	panelPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonceMark + "'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
		"media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	filePolicy = "default-src 'none'; frame-ancestors 'none'" // of what is no page
	// notBuilt is what a binary says that was built without the panel.
	notBuilt = "This callgate was built without its panel. `make build` builds both.\n"
)

// panel serves the files that are built of web/.
type panel struct {
	index []byte // nil: it was not built
	files map[string]*file
}

// newPanel reads the files of the panel; without an index.html it was not built.
func newPanel(built fs.FS) (*panel, error) {
	p := &panel{files: map[string]*file{}}
	if built == nil {
		return p, nil
	}
	index, err := fs.ReadFile(built, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the panel: %w", err)
	}
	p.index = index
	err = fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" {
			return err
		}
		body, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		p.files[strings.TrimSuffix(name, packedSuffix)] = newFile(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the panel: %w", err)
	}
	return p, nil
}

// ServeHTTP implements http.Handler. Paths that are no files are the panel's own: it has its router.
func (p *panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, panelPath)
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "The panel is only read.", http.StatusMethodNotAllowed)
		return
	}
	switch f := p.files[name]; {
	case !below: // without the / what lies beside it would not be found
		h.Set("Location", panelPath)
		w.WriteHeader(http.StatusMovedPermanently)
	case f != nil:
		f.serve(w, r, filePolicy, strings.HasPrefix(name, "assets/")) // which has its hash in its name
	case strings.HasPrefix(name, "assets/"): // of another version: no page, or a script would be read out of it
		http.NotFound(w, r)
	default:
		p.page(w, r)
	}
}

// page answers with the page that all of the panel is.
func (p *panel) page(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store") // its nonce is good once
	if p.index == nil {
		http.Error(w, notBuilt, http.StatusNotFound)
		return
	}
	nonce := rand.Text()
	h.Set("Content-Security-Policy", strings.ReplaceAll(panelPolicy, nonceMark, nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, bytes.ReplaceAll(p.index, []byte(nonceMark), []byte(nonce)))
}

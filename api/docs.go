package api

import (
	"embed"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/swaggest/swgui/v5/static"
)

// docsPath is where the page lies that shows what the modern API can; its parts lie below.
const docsPath = "/api/docs"

//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the page load what is ours and nothing else, and run no script but files. Swagger UI sets styles on elements.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs is Swagger UI over the document that the API itself publishes. All of it comes out of this binary and lies below one path,
// so it works without any other host, and behind a proxy that puts a path before it.
type docs map[string]*file

// newDocs reads the page out of the binary.
func newDocs() (docs, error) {
	d := docs{}
	for _, name := range []string{"index.html", "start.js", "page.css"} {
		body, err := docsFiles.ReadFile("docs/" + name)
		if err != nil {
			return nil, fmt.Errorf("read the page of the API: %w", err)
		}
		d[name] = newFile(name, body)
	}
	d[""] = d["index.html"]
	delete(d, "index.html")
	for _, name := range []string{"swagger-ui-bundle.js.gz", "swagger-ui.css.gz", "favicon-32x32.png"} {
		body, err := static.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read Swagger UI: %w", err)
		}
		d[strings.TrimSuffix(name, packedSuffix)] = newFile(name, body)
	}
	return d, nil
}

// ServeHTTP implements http.Handler.
func (d docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == docsPath+"/" { // what is beside it would not be found from here
		w.Header().Set("Location", "../"+path.Base(docsPath))
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	f := d[strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, docsPath), "/")]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r, docsPolicy, false) // another version has other parts under these names
}

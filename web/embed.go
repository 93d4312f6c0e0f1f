// Package web is the admin panel: a page for browsers that is a client of /api/v1 and of nothing else. The files here are what
// `make panel` builds of its source; without that, there are none.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Files are the files of the panel, index.html among them if it was built. Files that end in .gz are packed by gzip.
func Files() (fs.FS, error) { return fs.Sub(built, "dist/panel") }

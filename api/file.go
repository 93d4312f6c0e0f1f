package api

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// packedSuffix ends the name of a file that lies packed by gzip.
const packedSuffix = ".gz"

// file is one that the binary carries, as it is sent.
type file struct {
	kind, tag string
	body      []byte
	packed    bool // body is packed by gzip
}

func newFile(name string, body []byte) *file {
	plain, packed := strings.CutSuffix(name, packedSuffix)
	sum := sha256.Sum256(body)
	return &file{kind: cmp.Or(mime.TypeByExtension(path.Ext(plain)), "application/octet-stream"),
		tag: strconv.Quote(base64.RawURLEncoding.EncodeToString(sum[:12])), body: body, packed: packed}
}

// serve answers with a file; of one that is good forever there is never another under its name.
func (f *file) serve(w http.ResponseWriter, r *http.Request, policy string, forever bool) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", f.tag)
	if f.packed {
		h.Set("Vary", "Accept-Encoding")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.packed && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
	} else if f.packed {
		unpacked, err := gzip.NewReader(bytes.NewReader(f.body))
		if err == nil {
			body, err = io.ReadAll(unpacked)
		}
		if err != nil { // what the binary carries is whole
			panic(err)
		}
	}
	send(w, r, body)
}

func send(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client has gone: nobody to tell
	}
}

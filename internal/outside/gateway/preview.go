package gateway

import (
	"cmp"
	"io"
	"net/http"
)

// Preview is a request by which a message would be handed over.
type Preview struct {
	Method, URL string
	Header      http.Header
	Body        string
}

// shownSecret stands where a secret would: nothing has to be escaped in it.
const shownSecret = "..."

// PreviewOf tells how a message would be handed over with these values. Where a secret would stand there are three dots, and
// where another value is missing there is its name. Nothing is asked. The error tells which value is wrong and never the value.
func PreviewOf(d *Description, needs map[string]string, t Text) (Preview, error) {
	shown := map[string]string{}
	for name, value := range needs {
		shown[name] = value
	}
	for _, n := range d.Needs {
		switch {
		case n.Secret && (needs[n.Name] != "" || !n.Optional):
			shown[n.Name] = shownSecret
		case !n.Optional:
			shown[n.Name] = cmp.Or(needs[n.Name], n.Default, n.Name)
		}
	}
	h, err := NewHTTP(d, shown, Options{})
	if err != nil {
		return Preview{}, err
	}
	req, err := h.sending(t)
	if err != nil {
		return Preview{}, err
	}
	body, err := io.ReadAll(req.Body)
	return Preview{Method: req.Method, URL: req.URL.String(), Header: req.Header, Body: string(body)}, err
}

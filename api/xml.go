package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// QueueConfiguration answers for callcenter.conf.
type QueueConfiguration interface {
	// Configuration is the document for the FreeSWITCH of that switchname, with all queues or the one named; nil when
	// there is none.
	Configuration(ctx context.Context, hostname, queue string) ([]byte, error)
}

// XMLOptions are what XML needs; without a password every request is refused.
type XMLOptions struct {
	User, Password string
	Queues         QueueConfiguration
	Logger         *slog.Logger
}

// XML answers mod_xml_curl, POST or GET. It knows callcenter.conf; to everything else it says "not found", upon which
// FreeSWITCH goes on to the files on its disk.
type XML struct {
	o XMLOptions
	basic
}

// NewXML makes the handler.
func NewXML(o XMLOptions) *XML {
	return &XML{o: o, basic: newBasic(o.User, o.Password)}
}

const (
	// maxXMLHead is as much of a request as tells what it is about: FreeSWITCH writes those parameters first, in 512
	// bytes. A request for a dialplan goes on with a whole channel, of which nothing is read.
	maxXMLHead = 1 << 10
	maxXMLBody = 64 << 10
	xmlTime    = 5 * time.Second // FreeSWITCH holds a lock over all configuration while it waits
)

// notFoundXML is what makes FreeSWITCH look further; any status but 200 would be an error in its log.
const notFoundXML = `<?xml version="1.0" encoding="UTF-8"?>
<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>
`

// ServeHTTP answers one request.
//
// Source: mod_xml_curl.c xml_url_fetch; switch_xml.c switch_xml_locate.
func (x *XML) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if !x.knows(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="xml", charset="UTF-8"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	control := http.NewResponseController(w) // the network's deadlines; a writer without them leaves it to its server
	_ = control.SetReadDeadline(time.Now().Add(xmlTime))
	question, err := ask(r)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var document []byte
	if aboutQueues(question) {
		ctx, stop := context.WithTimeout(r.Context(), xmlTime)
		defer stop()
		if document, err = x.o.Queues.Configuration(ctx, question.Get("hostname"), question.Get("CC-Queue")); err != nil {
			x.o.Logger.ErrorContext(ctx, "callcenter.conf cannot be served", "error", err)
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	if document == nil {
		document = []byte(notFoundXML)
	}
	_ = control.SetWriteDeadline(time.Now().Add(xmlTime))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(document) // the switch has gone: nobody to tell
}

func aboutQueues(question url.Values) bool {
	return question.Get("section") == "configuration" && question.Get("key_value") == "callcenter.conf"
}

// ask reads the parameters of a request, the body only as far as needed.
func ask(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodGet {
		return parameters(r.URL.RawQuery), nil
	}
	head := make([]byte, maxXMLHead)
	n, err := io.ReadFull(r.Body, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return parameters(string(head[:n])), nil
	}
	if err != nil || !aboutQueues(parameters(string(head))) {
		return nil, err
	}
	rest, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxXMLBody-maxXMLHead))
	return parameters(string(head) + string(rest)), err
}

// parameters takes a request apart. Of two of one name the first counts: FreeSWITCH's own stand before those that a
// channel brings along. What cannot be decoded, such as the last one of a head that was cut, is left out.
func parameters(text string) url.Values {
	all := url.Values{}
	for part := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		// FreeSWITCH writes blanks as %20 and a plus sign, in what it does not encode, as itself.
		if value, err := url.PathUnescape(value); err == nil && !all.Has(name) {
			all.Set(name, value)
		}
	}
	return all
}

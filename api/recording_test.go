package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"callgate/api"
	"callgate/internal/fault"
)

// receiver answers as it is told and remembers what it was given.
type receiver struct {
	created bool
	err     error
	got     string
}

func (r *receiver) Receive(_ context.Context, switchName, name string, size, limit int64, body io.Reader) (bool, error) {
	text, err := io.ReadAll(body)
	r.got = fmt.Sprintf("%s %s %d %d %s", switchName, name, size, limit, text)
	return r.created, errors.Join(err, r.err)
}

func TestRecordings(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, password string
		receiver                     receiver
		want                         int
		got                          string
	}{
		{"new", "PUT", "/api/recordings/main/a/b.wav", "secret", receiver{created: true}, 201, "main a/b.wav 5 7 sound"},
		{"known", "PUT", "/api/recordings/main/b.wav", "secret", receiver{}, 204, "main b.wav 5 7 sound"},
		{"no name", "PUT", "/api/recordings/main", "secret", receiver{err: fault.New(fault.WrongField, "name")}, 422, "main  5 7 sound"},
		{"wrong password", "PUT", "/api/recordings/main/b.wav", "secre", receiver{}, 401, ""},
		{"no password", "PUT", "/api/recordings/main/b.wav", "", receiver{}, 401, ""},
		{"another method", "POST", "/api/recordings/main/b.wav", "secret", receiver{}, 405, ""},
		{"unknown switch", "PUT", "/api/recordings/x/b.wav", "secret", receiver{err: fault.New(fault.NotFound, "Switch")}, 404, "x b.wav 5 7 sound"},
		{"another of that name", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: fault.New(fault.Conflict, "Recording")}, 409, "main b.wav 5 7 sound"},
		{"being written", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: fault.New(fault.Unfinished, "Recording")}, 409, "main b.wav 5 7 sound"},
		{"grows too large", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: fault.New(fault.TooLarge, "")}, 413, "main b.wav 5 7 sound"},
		{"cut off", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: io.ErrUnexpectedEOF}, 400, "main b.wav 5 7 sound"},
		{"silent", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: os.ErrDeadlineExceeded}, 408, "main b.wav 5 7 sound"},
		{"database down", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: fault.New(fault.StorageDown, "")}, 503, "main b.wav 5 7 sound"},
		{"disk full", "PUT", "/api/recordings/main/b.wav", "secret", receiver{err: errors.New("no space left")}, 500, "main b.wav 5 7 sound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := api.NewRecordings(api.RecordingsOptions{User: "cdr", Password: "secret", Receiver: &tt.receiver,
				Limit: func() int64 { return 7 }, Logger: slog.New(slog.DiscardHandler)})
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.path, strings.NewReader("sound"))
			r.SetBasicAuth("cdr", tt.password)
			h.ServeHTTP(w, r)
			if w.Code != tt.want || tt.receiver.got != tt.got || w.Body.Len() != 0 {
				t.Errorf("got %d %q %q, want %d %q", w.Code, tt.receiver.got, w.Body, tt.want, tt.got)
			}
		})
	}
	t.Run("said to be too large", func(t *testing.T) {
		h := api.NewRecordings(api.RecordingsOptions{User: "cdr", Password: "secret", Limit: func() int64 { return 4 }})
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/api/recordings/main/b.wav", strings.NewReader("sound"))
		r.SetBasicAuth("cdr", "secret")
		if h.ServeHTTP(w, r); w.Code != 413 {
			t.Errorf("got %d", w.Code)
		}
	})
	t.Run("no password is set", func(t *testing.T) {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/api/recordings/main/b.wav", nil)
		r.SetBasicAuth("cdr", "")
		if api.NewRecordings(api.RecordingsOptions{User: "cdr"}).ServeHTTP(w, r); w.Code != 401 {
			t.Errorf("got %d", w.Code)
		}
	})
}

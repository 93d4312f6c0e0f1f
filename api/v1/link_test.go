package v1_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/recording"
)

// tapes are recordings by the leg, each of a project.
type tapes map[string]string

func (r tapes) Find(_ context.Context, leg string) (recording.Entry, error) {
	project, ok := r[leg]
	if !ok {
		return recording.Entry{}, fault.New(fault.NotFound, "ID")
	}
	return recording.Entry{Leg: leg, Project: project, State: recording.Complete}, nil
}

// sound is what is heard.
type sound struct{ *bytes.Reader }

func (sound) Close() error { return nil }

func (r tapes) Open(ctx context.Context, leg string) (*recording.File, error) {
	e, err := r.Find(ctx, leg)
	if err != nil {
		return nil, err
	}
	return &recording.File{ReadSeekCloser: sound{bytes.NewReader([]byte("RIFF0123456789"))}, Name: leg + ".wav", Size: 14, Modified: time.Unix(1, 0), Entry: e}, nil
}

// key is a key for a purpose.
func key(purpose string) []byte { return []byte("key of " + purpose) }

// TestRecordingLinks: a link plays one recording without a token until it expires, and while its maker may hear it; nothing in it
// can be changed.
func TestRecordingLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ear := everybody["ear"]
		o := v1.Options{Recordings: tapes{"leg": "shop", "other": "shop", "elsewhere": "bank"}, Key: key, User: func(_ context.Context, id int64) (*account.Identity, error) {
			if id != 9 || ear == nil {
				return nil, fault.New(fault.Denied, "")
			}
			return ear, nil
		}}
		first, second := engine(t, o), engine(t, o) // two replicas
		link := func(path, body string) (l v1.Link, status int) {
			t.Helper()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, v1.Base+path, strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer ear")
			rec := httptest.NewRecorder()
			first.ServeHTTP(rec, req)
			if err := json.Unmarshal(rec.Body.Bytes(), &l); err != nil {
				t.Fatalf("%v in %s", err, rec.Body)
			}
			return l, rec.Code
		}
		play := func(url string) *httptest.ResponseRecorder {
			t.Helper()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			req.Header.Set("Range", "bytes=4-6")
			rec := httptest.NewRecorder()
			second.ServeHTTP(rec, req)
			return rec
		}
		for path, want := range map[string]int{"/calls/elsewhere/recording/link": 404, "/calls/none/recording/link": 404} {
			if _, status := link(path, ""); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
		for _, body := range []string{`{"seconds":3601}`, `{"seconds":-1}`, `{"minutes":1}`} {
			if _, status := link("/calls/leg/recording/link", body); status != 422 {
				t.Errorf("%s: %d", body, status)
			}
		}
		l, status := link("/calls/leg/recording/link", "")
		if status != 200 || !l.Expires.Equal(time.Now().Truncate(time.Second).Add(5*time.Minute)) || !strings.HasPrefix(l.URL, v1.Base+"/calls/leg/recording/play?") {
			t.Fatalf("%d %+v", status, l)
		}
		got := play(l.URL)
		body := got.Body.String()
		if got.Code != 206 || body != "012" || got.Header().Get("Content-Type") != "audio/wav" || got.Header().Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%d %q %v", got.Code, body, got.Header())
		}
		for _, tt := range []struct {
			name, old, new string
			want           int
		}{
			{"another call", "/leg/", "/other/", 403},
			{"another user", "user=9", "user=1", 403},
			{"a later end", "expires=9", "expires=99", 403},
			{"another end", "expires=9", "expires=8", 403},
			{"another signature", "signature=", "signature=A", 403},
			{"no signature", "signature=", "signature=&x=", 422},
			{"no end", "expires=", "expired=", 422},
		} {
			if !strings.Contains(l.URL, tt.old) {
				t.Fatalf("%s: %s has no %s", tt.name, l.URL, tt.old)
			}
			if got := play(strings.Replace(l.URL, tt.old, tt.new, 1)); got.Code != tt.want {
				t.Errorf("%s: %d, want %d", tt.name, got.Code, tt.want)
			}
		}
		for _, tt := range []struct {
			name string
			ear  *account.Identity
			want int
		}{
			{"he may hear no recordings any more", user(9, []string{"shop"}, "calls/*"), 403},
			{"he does not see the project any more", user(9, []string{"bank"}, "recordings/listen"), 404},
			{"he is not active", nil, 403},
			{"he is again", everybody["ear"], 206},
		} {
			ear = tt.ear
			if got := play(l.URL); got.Code != tt.want {
				t.Errorf("%s: %d, want %d", tt.name, got.Code, tt.want)
			}
		}
		time.Sleep(time.Until(l.Expires) - time.Second)
		if got := play(l.URL); got.Code != 206 {
			t.Errorf("just before its end: %d", got.Code)
		}
		time.Sleep(time.Second)
		if got := play(l.URL); got.Code != 403 {
			t.Errorf("at its end: %d", got.Code)
		}
	})
}

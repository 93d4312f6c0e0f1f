package recording_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"callgate/internal/fault"
	"callgate/internal/recording"
)

// bucket is an object store on a real socket that can be spoiled.
type bucket struct {
	*httptest.Server
	puts   atomic.Int64
	asked  atomic.Int64
	spoil  atomic.Pointer[func(w http.ResponseWriter, r *http.Request) (done bool)]
	ranges atomic.Int64
}

const bucketName = "calls"

func newBucket(t *testing.T) *bucket {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucketName); err != nil {
		t.Fatal(err)
	}
	b := &bucket{}
	handler := gofakes3.New(backend).Server()
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		if spoil := b.spoil.Load(); spoil != nil && (*spoil)(w, r) {
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=key/") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>no such key</Message></Error>`)
			return
		}
		if r.Method == http.MethodPut {
			b.puts.Add(1)
		}
		if r.Header.Get("Range") != "" {
			b.ranges.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bucket) plan(key string, deleteLocal bool) recording.S3 {
	return recording.S3{Endpoint: b.URL, Bucket: bucketName, Region: "us-east-1", AccessKey: key, SecretKey: "secret", Prefix: "rec/", DeleteLocal: deleteLocal}
}

// recorded makes a recording that is complete.
func (s *shelf) recorded(leg string) {
	s.t.Helper()
	s.tell(start(leg, 0), stop(leg, time.Second))
	s.write(leg+".wav", wav(time.Second), time.Hour)
	s.settle()
}

func (s *shelf) copyAll() error {
	s.t.Helper()
	_, err := s.Copy(s.t.Context())
	return err
}

func TestCopy(t *testing.T) {
	for _, tt := range []struct {
		name        string
		deleteLocal bool
	}{{"the file stays", false}, {"the file goes", true}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			s := newShelf(t, nil)
			s.recorded("leg")
			if err := s.copyAll(); err != nil || s.entry("leg").State != recording.Complete {
				t.Fatalf("without a store: %v", err)
			}
			s.plan.S3 = b.plan("key", tt.deleteLocal)
			if err := s.copyAll(); err != nil {
				t.Fatal(err)
			}
			e := s.entry("leg")
			if e.State != recording.Uploaded || e.Object != "rec/leg.wav" || e.InFolder == tt.deleteLocal || len(e.Digest) != 64 {
				t.Errorf("%+v", e)
			}
			if s.there("leg.wav") == tt.deleteLocal {
				t.Error("the file")
			}
			if err := s.copyAll(); err != nil || b.puts.Load() != 1 {
				t.Errorf("again: %v, %d objects put", err, b.puts.Load())
			}
			// It is played from the store where the folder has it no more, by ranges.
			f, err := s.Open(t.Context(), "leg")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Range", "bytes=100-199")
			http.ServeContent(w, r, f.Name, f.Modified, f)
			if want := wav(time.Second)[100:200]; w.Code != http.StatusPartialContent || !bytes.Equal(w.Body.Bytes(), want) || f.Size != int64(len(wav(time.Second))) {
				t.Errorf("range: %d, %d bytes, size %d", w.Code, w.Body.Len(), f.Size)
			}
			if got := b.ranges.Load() > 0; got != tt.deleteLocal {
				t.Errorf("asked the store for a range: %v", got)
			}
			// Its time is over: the object goes as well.
			s.plan.KeepDays = func(string) int { return 1 }
			s.now = noon.Add(3 * day)
			if _, err := s.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
			if e := s.entry("leg"); e.State != recording.Deleted || s.there("leg.wav") {
				t.Errorf("%+v", e)
			}
			resp, err := http.Get(b.URL + "/" + bucketName + "/rec/leg.wav")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if _, err := s.Open(t.Context(), "leg"); !errors.Is(err, fault.New(fault.NotFound, "ID")) {
				t.Errorf("after its time: %v", err)
			}
		})
	}
}

// TestCopyFails: whatever the store does, the file stays, the entry tells how it stands, and it is tried again later.
func TestCopyFails(t *testing.T) {
	answer := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
	}
	for _, tt := range []struct {
		name  string
		key   string
		spoil func(w http.ResponseWriter, r *http.Request) bool
		says  string
	}{
		{"wrong credentials", "another", nil, "refuses our credentials"},
		{"it is down", "key", answer(http.StatusServiceUnavailable), ""},
		{"it hangs up", "key", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, ""},
		{"it takes the file and says it has not", "key", func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPut && answer(http.StatusInternalServerError)(w, r)
		}, ""},
		{"it says it has the file and has not", "key", func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPut && answer(http.StatusOK)(w, r)
		}, ""},
		{"it keeps something else", "key", func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				body, _ := io.ReadAll(r.Body)
				body[len(body)/2] ^= 1
				r.Body = io.NopCloser(bytes.NewReader(body))
				r.Header.Del("Content-Md5")
			}
			return false
		}, "differs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			s := newShelf(t, nil)
			s.plan.S3 = b.plan(tt.key, true)
			if tt.spoil != nil {
				b.spoil.Store(&tt.spoil)
			}
			s.recorded("leg")
			err := s.copyAll()
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("got %v, want %q", err, tt.says)
			}
			if e := s.entry("leg"); e.State != recording.Complete || e.Attempts != 1 || !e.Due.Equal(noon.Add(10*time.Second)) || !s.there("leg.wav") {
				t.Errorf("%+v", e)
			}
			if err := s.copyAll(); err != nil {
				t.Errorf("before its time: %v", err)
			}
			b.spoil.Store(nil)
			s.plan.S3 = b.plan("key", true)
			s.now = noon.Add(10 * time.Second)
			if err := s.copyAll(); err != nil || s.entry("leg").State != recording.Uploaded || s.there("leg.wav") {
				t.Errorf("at last: %v, %+v", err, s.entry("leg"))
			}
		})
	}
}

// TestCopyOfTheDead: a process that ends between the copy and saying so costs a lease, and no second copy; no process takes what another has.
func TestCopyOfTheDead(t *testing.T) {
	b := newBucket(t)
	dying, die := context.WithCancel(t.Context())
	s := newShelf(t, func(s *shelf, o *recording.Options) {})
	s.plan.S3 = b.plan("key", false)
	s.recorded("leg")
	dead := mortal{Store: s.store, dead: dying}
	victim, err := recording.New(recording.Options{Root: s.root, SwitchDir: "/var/rec", Store: &dead, Plan: func() recording.Plan { return s.plan },
		Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	spoil := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			die()
			// The other process looks while this one works.
			if err := s.copyAll(); err != nil {
				t.Error(err)
			}
		}
		return false
	}
	b.spoil.Store(&spoil)
	if _, err := victim.Copy(t.Context()); !errors.Is(err, errDead) {
		t.Fatalf("got %v", err)
	}
	if e := s.entry("leg"); e.State != recording.Uploading || b.puts.Load() != 1 {
		t.Fatalf("%+v, %d puts", e, b.puts.Load())
	}
	f, err := s.Open(t.Context(), "leg") // it can be heard all the time
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	s.now = noon.Add(4 * time.Minute)
	if err := s.copyAll(); err != nil || s.entry("leg").State != recording.Uploading {
		t.Errorf("the lease holds: %v", err)
	}
	s.now = noon.Add(6 * time.Minute)
	if err := s.copyAll(); err != nil || s.entry("leg").State != recording.Uploaded || b.puts.Load() != 1 {
		t.Errorf("after the lease: %v, %+v, %d puts", err, s.entry("leg"), b.puts.Load())
	}
}

var errDead = errors.New("dead")

// mortal is a database that a process no longer reaches once it is dead.
type mortal struct {
	recording.Store
	dead context.Context
}

func (m *mortal) ChangeRecording(ctx context.Context, e recording.Entry) (bool, error) {
	if m.dead.Err() != nil {
		return false, errDead
	}
	return m.Store.ChangeRecording(ctx, e)
}

// TestCopyOnce: of two processes that read the same list only one does what is on it.
func TestCopyOnce(t *testing.T) {
	b := newBucket(t)
	s := newShelf(t, nil)
	s.plan.S3 = b.plan("key", false)
	s.recorded("leg")
	slow, err := recording.New(recording.Options{Root: s.root, SwitchDir: "/var/rec", Store: list{s.store, []recording.Entry{s.entry("leg")}},
		Plan: func() recording.Plan { return s.plan }, Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if err := s.copyAll(); err != nil {
		t.Fatal(err)
	}
	before, e := b.asked.Load(), s.entry("leg")
	if _, err := slow.Copy(t.Context()); err != nil || b.asked.Load() != before || s.entry("leg") != e {
		t.Errorf("%v, %d requests, %+v", err, b.asked.Load()-before, s.entry("leg"))
	}
}

// list is a database that tells what was due a while ago.
type list struct {
	recording.Store
	due []recording.Entry
}

func (l list) DueRecordings(context.Context, []recording.State, time.Time, int) ([]recording.Entry, error) {
	return l.due, nil
}

// TestCopyKeepsWhatChanged: a file that is not the one that was copied is not deleted.
func TestCopyKeepsWhatChanged(t *testing.T) {
	b := newBucket(t)
	s := newShelf(t, nil)
	s.plan.S3 = b.plan("key", true)
	s.recorded("leg")
	spoil := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			if err := os.WriteFile(filepath.Join(s.root, "new"), wav(2*time.Second), 0o644); err != nil {
				t.Error(err)
			}
			if err := os.Rename(filepath.Join(s.root, "new"), filepath.Join(s.root, "leg.wav")); err != nil {
				t.Error(err)
			}
		}
		return false
	}
	b.spoil.Store(&spoil)
	if err := s.copyAll(); err != nil || !s.there("leg.wav") {
		t.Errorf("%v, the file is there: %v", err, s.there("leg.wav"))
	}
	if e := s.entry("leg"); e.State != recording.Uploaded || !e.InFolder {
		t.Errorf("%+v", e)
	}
}

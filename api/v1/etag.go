package v1

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"callgate/internal/fault"
)

// Known is what a client knows of what it changes.
type Known struct {
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag with which it was read, or several; * for any. When it is another one now nothing is changed."`
}

// KnownOrNew is what a client knows of what it sets.
type KnownOrNew struct {
	Known
	IfNoneMatch string `header:"If-None-Match" enum:"*" doc:"* makes a new one only, and changes none that is there."`
}

// etag is how the whole of a thing is told from what it was before: the same for everybody, in every process. It is made with
// a key, or whoever may not see a number could find it by trying all.
func (f *Face) etag(whole any) (string, error) {
	text, err := json.Marshal(whole)
	if err != nil {
		return "", fmt.Errorf("make an ETag: %w", err)
	}
	h := hmac.New(sha256.New, f.o.Key("etag"))
	_, _ = fmt.Fprintf(h, "%T\n%s", whole, text) // never fails
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18]) + `"`, nil
}

// holds refuses with fault.Stale the change of a thing that is not as the client knows it. whole is how all of it is shown, nil
// when it is not there. It is asked where nobody else can change it.
func (k *Known) holds(f *Face, subject string, whole any) error {
	if k.IfMatch == "" {
		return nil
	}
	if whole == nil {
		return fault.New(fault.Stale, subject)
	}
	now, err := f.etag(whole)
	if err != nil {
		return err
	}
	for known := range strings.SplitSeq(k.IfMatch, ",") { // none of ours has a comma in it
		if known = strings.TrimSpace(known); known == "*" || known == now {
			return nil
		}
	}
	return fault.New(fault.Stale, subject)
}

// holds is Known's; what is there already is not made anew either.
func (k *KnownOrNew) holds(f *Face, subject string, whole any) error {
	if k.IfNoneMatch != "" && whole != nil {
		return fault.New(fault.Stale, subject)
	}
	return k.Known.holds(f, subject, whole)
}

// condition is Known or KnownOrNew.
type condition interface {
	holds(f *Face, subject string, whole any) error
}

// asKnown asks of a condition, about what is to be changed, whether it holds; all shows the whole of a thing, which is nil when
// it is not there.
func asKnown[T, V any](f *Face, k condition, subject string, all func(old *T) V) func(old *T) error {
	return func(old *T) error {
		if old == nil {
			return k.holds(f, subject, nil)
		}
		return k.holds(f, subject, all(old))
	}
}

// ifAsked is asKnown for what it costs a question to see; nil where there is no condition.
func ifAsked[T, V any](f *Face, k *Known, subject string, all func(now *T) V) func(now *T) error {
	if k.IfMatch == "" {
		return nil
	}
	return asKnown(f, k, subject, all)
}

// single is one thing and its ETag.
type single[T any] struct {
	ETag string `header:"ETag" doc:"For If-Match of a change."`
	Body T
}

// singly shows a thing to somebody; whole is all of it.
func singly[T any](f *Face, shown, whole T) (*single[T], error) {
	tag, err := f.etag(whole)
	return &single[T]{tag, shown}, err
}

// Revised is what a client knows of a thing whose revisions are counted.
type Revised struct {
	IfMatch string `header:"If-Match" maxLength:"32" doc:"The ETag with which it was read; with another one now nothing is changed."`
}

// revisionTag is the ETag of a revision.
func revisionTag(revision int64) string { return strconv.Quote(strconv.FormatInt(revision, 10)) }

// revision reads the header; 0 is none, or any.
func (r Revised) revision(subject string) (int64, error) {
	if r.IfMatch == "" || r.IfMatch == "*" {
		return 0, nil
	}
	text, found := strings.CutPrefix(r.IfMatch, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !found || !closed || n <= 0 {
		return 0, fault.New(fault.Stale, subject) // an ETag that none ever had
	}
	return n, nil
}

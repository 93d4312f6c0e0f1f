package report

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// BlockSpan is the longest time between the requests of one saved Block, so that a store finds those of a period by
// when they ended.
const BlockSpan = time.Hour

const (
	blockVersion = 2    // first byte of every document; 1 has no Why
	maxText      = 1024 // bytes of any text but the body: paths and logins are as long as their sender likes
)

var errBlock = errors.New("request block: cannot be read")

// Block is a run of requests, in the order of RequestLog.Add, encoded one behind the other. The zero value is empty.
type Block struct {
	First    int64 // id of the first request, given by the store; the others count on from there
	Count    int
	Passed   int       // of these
	From, To time.Time // of the earliest and of the latest request
	Document []byte
}

// Add puts a request at the end, its texts made valid UTF-8 and, all but the body, cut to 1 KiB. Of At microseconds
// are kept; the ID is not.
func (b *Block) Add(r Request) {
	if b.Count == 0 {
		b.Document = append(b.Document[:0], blockVersion)
		b.From, b.To = r.At, r.At
	}
	if r.At.Before(b.From) {
		b.From = r.At
	}
	if r.At.After(b.To) {
		b.To = r.At
	}
	b.Count++
	if r.Passed() {
		b.Passed++
	}
	at := int64(0) // the zero time
	if !r.At.IsZero() {
		at = r.At.UnixMicro()
	}
	d := binary.AppendVarint(b.Document, at)
	d = binary.AppendVarint(d, int64(r.Code))
	d = binary.AppendVarint(d, r.UserID)
	for _, text := range [...]string{r.Module, r.Action, r.Error, r.Login, r.Reason, r.RequestID, r.Project, r.Why} {
		d = appendText(d, bounded(text))
	}
	b.Document = appendText(d, strings.ToValidUTF8(r.Body, "\uFFFD"))
}

// size is the most that Add appends for a request whose body is valid UTF-8.
func (r Request) size() int {
	texts := len(r.Module) + len(r.Action) + len(r.Error) + len(r.Login) + len(r.Reason) + len(r.RequestID) + len(r.Project) + len(r.Why)
	return 12*binary.MaxVarintLen64 + texts + len(r.Body)
}

func appendText(d []byte, text string) []byte {
	return append(binary.AppendUvarint(d, uint64(len(text))), text...)
}

// bounded makes text valid UTF-8 and cuts it, between characters.
func bounded(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
		for i := range utf8.UTFMax {
			if last := len(text) - 1 - i; utf8.RuneStart(text[last]) {
				if !utf8.FullRuneInString(text[last:]) {
					text = text[:last]
				}
				break
			}
		}
	}
	return strings.ToValidUTF8(text, "")
}

// All yields the requests, with their ids. After an error, which a damaged document gives, it ends.
func (b *Block) All() iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		d := decoder{rest: string(b.Document)}
		if b.Count > 0 && (d.rest == "" || d.rest[0] == 0 || d.rest[0] > blockVersion) {
			yield(Request{}, errBlock)
			return
		}
		withWhy := d.rest != "" && d.rest[0] > 1
		d.rest = d.rest[min(1, len(d.rest)):]
		for i := range b.Count {
			r := Request{ID: b.First + int64(i)}
			if at := d.number(); at != 0 {
				r.At = time.UnixMicro(at).UTC()
			}
			r.Code = int(d.number())
			r.UserID = d.number()
			for _, to := range [...]*string{&r.Module, &r.Action, &r.Error, &r.Login, &r.Reason, &r.RequestID, &r.Project} {
				*to = d.text()
			}
			if withWhy {
				r.Why = d.text()
			}
			r.Body = d.text()
			if d.bad {
				yield(Request{}, errBlock)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// split makes blocks none of which spans more than BlockSpan: the clock may have jumped, or the store been down for
// long.
func (b *Block) split() []Block {
	if b.To.Sub(b.From) <= BlockSpan {
		return []Block{*b}
	}
	var all []Block
	for r, err := range b.All() {
		if err != nil {
			break // not of what Add has made
		}
		if n := len(all); n == 0 || !all[n-1].Takes(r.At) {
			all = append(all, Block{})
		}
		all[len(all)-1].Add(r)
	}
	return all
}

// Takes tells whether a request of that time can be added without the block spanning more than BlockSpan.
func (b *Block) Takes(at time.Time) bool {
	return b.Count == 0 || at.Sub(b.From) <= BlockSpan && b.To.Sub(at) <= BlockSpan
}

// decoder reads what Add wrote. Texts share the memory of the document.
type decoder struct {
	rest string
	bad  bool // something could not be read
}

func (d *decoder) uvarint() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		if d.rest == "" {
			break
		}
		c := d.rest[0]
		d.rest = d.rest[1:]
		if c < 0x80 {
			return n | uint64(c)<<shift
		}
		n |= uint64(c&0x7f) << shift
	}
	d.bad, d.rest = true, ""
	return 0
}

// number reads a signed number in the zigzag form of encoding/binary.
func (d *decoder) number() int64 {
	n := d.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, ""
		return ""
	}
	text := d.rest[:n]
	d.rest = d.rest[n:]
	return text
}

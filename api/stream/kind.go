package stream

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// What a kind of viewers remembers for those who come back, or are slow: the newest look in any case, else at most so much.
const (
	keptFor    = time.Minute
	keptEvents = 4096
	keptBytes  = 4 << 20
)

// kind is the viewers who see the same, and what they were told lately.
type kind struct {
	hub     *Hub
	viewer  Viewer
	key     string
	name    string // in the ids of events
	clients int
	left    time.Time // when the last of them did

	shown map[*object]int // the form in which each object is shown

	kept   []*batch      // the oldest first
	floor  uint64        // all after this place is in kept
	events int           // in kept
	bytes  int           // in kept
	fresh  *batch        // what this look has brought so far
	more   chan struct{} // closed when there is more in kept

	snapshot []byte
	snapped  uint64 // the look that snapshot is of
}

// batch is what one look has brought, to be written at once.
type batch struct {
	at     time.Time
	text   []byte
	places []uint64 // of each event
	ends   []int    // where each ends in text
}

func (b *batch) last() uint64 { return b.places[len(b.places)-1] }

// key names a kind, however the lists that make it are sorted.
func (v *Viewer) key() string {
	key := strconv.FormatBool(v.Numbers)
	for _, t := range v.Topics {
		key += fmt.Sprintf(" %q %q", t.Name, slices.Compact(slices.Sorted(slices.Values(t.Projects))))
	}
	return key
}

// kindOf finds or makes the kind that a viewer is of. It needs the lock.
func (h *Hub) kindOf(v *Viewer, now time.Time) *kind {
	key := v.key()
	if k := h.kinds[key]; k != nil {
		return k
	}
	for _, t := range v.Topics {
		if !h.watched[t.Name] { // else the last look was just now
			h.look(now, v.Topics...)
			break
		}
	}
	h.place++ // who comes back from an earlier kind of that name has missed what was in between
	sum := sha256.Sum256([]byte(key))
	k := &kind{hub: h, viewer: *v, key: key, name: hex.EncodeToString(sum[:6]), shown: map[*object]int{}, floor: h.place, more: make(chan struct{})}
	for _, is := range h.sheets {
		for _, o := range is.order {
			if form, ok := k.form(is, o); ok {
				k.shown[o] = form
			}
		}
	}
	h.kinds[key] = k
	return k
}

// forget drops kinds to which nobody can come back for what he has missed, and with the last of them what was seen. It
// needs the lock.
func (h *Hub) forget(now time.Time) {
	for key, k := range h.kinds {
		if k.clients == 0 && now.Sub(k.left) > keptFor {
			delete(h.kinds, key)
		}
	}
	if len(h.kinds) == 0 {
		h.sheets = nil
		clear(h.watched)
	}
}

// topic is what they see of a topic, nil when that is nothing.
func (k *kind) topic(name string) *Topic {
	if i := slices.IndexFunc(k.viewer.Topics, func(t Topic) bool { return t.Name == name }); i >= 0 {
		return &k.viewer.Topics[i]
	}
	return nil
}

// form is the form in which an object is to be seen.
func (k *kind) form(is *sheet, o *object) (form int, ok bool) {
	t := k.topic(is.Topic)
	if t == nil {
		return 0, false
	}
	return o.row.Form(t.Projects, k.viewer.Numbers)
}

// tell tells of an object that is new or another, old being what it was in each form. It needs the lock.
func (k *kind) tell(is *sheet, o *object, old *[Forms][]byte) {
	form, ok := k.form(is, o)
	if !ok {
		k.take(is, o)
		return
	}
	before, had := k.shown[o]
	k.shown[o] = form
	text := o.encoded(form)
	if had && before == form && bytes.Equal(text, old[form]) {
		return // what has changed is hidden from them
	}
	k.add(is.Event, text)
}

// judge looks again whether an object is to be seen. It needs the lock.
func (k *kind) judge(is *sheet, o *object) {
	form, ok := k.form(is, o)
	before, had := k.shown[o]
	switch {
	case !ok:
		k.take(is, o)
	case !had || before != form:
		k.shown[o] = form
		k.add(is.Event, o.encoded(form))
	}
}

// take tells that an object is not to be seen any more. It needs the lock.
func (k *kind) take(is *sheet, o *object) {
	if _, had := k.shown[o]; had {
		delete(k.shown, o)
		k.add("gone", marshal(gone{Topic: is.Topic, Switch: is.Switch, ID: o.id}))
	}
}

// add writes an event down. It needs the lock.
func (k *kind) add(name string, data []byte) {
	h := k.hub
	h.place++
	if k.fresh == nil {
		k.fresh = &batch{}
	}
	b := k.fresh
	b.text = k.event(b.text, h.place, name, data)
	b.places, b.ends = append(b.places, h.place), append(b.ends, len(b.text))
	h.metrics.events.Inc()
}

// event appends an event. Data has no line breaks, being JSON.
func (k *kind) event(to []byte, place uint64, name string, data []byte) []byte {
	to = append(to, "id: "+k.hub.epoch+"."+k.name+"."...)
	to = strconv.AppendUint(to, place, 10)
	to = append(to, "\nevent: "+name+"\ndata: "...)
	return append(append(to, data...), "\n\n"...)
}

// publish lets clients have what a look has brought, and drops what need not be remembered. It needs the lock.
func (k *kind) publish(now time.Time) {
	if b := k.fresh; b != nil {
		b.at, k.fresh = now, nil
		b.text = bytes.Clone(b.text) // no more memory than it needs
		k.kept = append(k.kept, b)
		k.events, k.bytes = k.events+len(b.ends), k.bytes+len(b.text)
		close(k.more)
		k.more = make(chan struct{})
	}
	drop := 0
	for ; drop < len(k.kept)-1; drop++ {
		b := k.kept[drop]
		if now.Sub(b.at) <= keptFor && k.events <= keptEvents && k.bytes <= keptBytes {
			break
		}
		k.events, k.bytes, k.floor = k.events-len(b.ends), k.bytes-len(b.text), b.last()
	}
	k.kept = slices.Delete(k.kept, 0, drop)
}

// after is what came after a place, of the first batch that has something; place is that of its end. text is nil when
// there is nothing. ok is false when that is not remembered. It needs the lock, for reading.
func (k *kind) after(at uint64) (text []byte, place uint64, ok bool) {
	if at < k.floor {
		return nil, 0, false
	}
	i := sort.Search(len(k.kept), func(i int) bool { return k.kept[i].last() > at })
	if i == len(k.kept) {
		return nil, at, true
	}
	b := k.kept[i]
	text = b.text
	if told := sort.Search(len(b.places), func(i int) bool { return b.places[i] > at }); told > 0 {
		text = text[b.ends[told-1]:]
	}
	return text, b.last(), true
}

// resumes tells whether the id of an event is of a place after which all is remembered. It needs the lock.
func (k *kind) resumes(id string) (at uint64, ok bool) {
	epoch, rest, _ := strings.Cut(id, ".")
	name, text, _ := strings.Cut(rest, ".")
	at, err := strconv.ParseUint(text, 10, 64)
	return at, err == nil && epoch == k.hub.epoch && name == k.name && at >= k.floor && at <= k.hub.place
}

// unfinished is the place of snapshots that others follow: who has only those begins again, since no kind remembers so much.
const unfinished = 0

// all is everything, a snapshot for each topic of each switch. It is shared. It needs the lock.
func (k *kind) all() []byte {
	h := k.hub
	if k.snapshot != nil && k.snapped == h.looks {
		return k.snapshot
	}
	var sheets []*sheet
	for _, topic := range k.viewer.Topics {
		for _, is := range h.sheets {
			if is.Topic == topic.Name {
				sheets = append(sheets, is)
			}
		}
	}
	var text, data []byte
	for i, is := range sheets {
		head := marshal(struct {
			standing
			Stale bool `json:"stale"`
		}{standing{Topic: is.Topic, Switch: is.Switch, Since: stale(is)}, is.Stale})
		data = append(append(data[:0], head[:len(head)-1]...), `,"rows":[`...)
		first := true
		for _, o := range is.order {
			form, ok := k.shown[o]
			if !ok {
				continue
			}
			if !first {
				data = append(data, ',')
			}
			first = false
			data = append(data, o.encoded(form)...)
		}
		place := uint64(unfinished)
		if i == len(sheets)-1 {
			place = h.place
		}
		text = k.event(text, place, "snapshot", append(data, "]}"...))
	}
	k.snapshot, k.snapped = text, h.looks
	return text
}

func stale(is *sheet) *time.Time {
	if !is.Stale {
		return nil
	}
	return given(is.As)
}

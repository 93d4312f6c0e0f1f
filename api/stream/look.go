package stream

import (
	"bytes"
	"encoding/json"
	"maps"
	"time"
)

// sheet is a topic of a switch as it was seen last.
type sheet struct {
	Sheet
	objects map[string]*object
	order   []*object
}

// object is what is remembered of a row.
type object struct {
	id   string
	row  Row
	text [Forms][]byte // of each form, once somebody had to be told
	seen uint64        // the last look at which it was there
}

// encoded is the object in a form. It is shared.
func (o *object) encoded(form int) []byte {
	if o.text[form] == nil {
		o.text[form] = marshal(o.row.View(form))
	}
	return o.text[form]
}

// marshal encodes what is made of plain values, which cannot fail, on one line.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // a programming error
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// look compares what there is with what was seen before, and tells each kind of viewer. topics are wanted beside those of
// the kinds there are. It needs the lock.
func (h *Hub) look(now time.Time, topics ...Topic) {
	wanted := map[string]bool{}
	for _, t := range topics {
		wanted[t.Name] = true
	}
	for _, k := range h.kinds {
		for _, t := range k.viewer.Topics {
			wanted[t.Name] = true
		}
	}
	h.watched = wanted
	h.looks++
	for _, s := range h.o.Look(wanted) {
		h.compare(s)
	}
	if now.Sub(h.swept) >= sweepInterval {
		h.swept = now
		h.sweep()
	}
	for _, k := range h.kinds {
		k.publish(now)
	}
}

// sheetOf finds what was seen before, in the order in which Look tells of it.
func (h *Hub) sheetOf(s *Sheet) *sheet {
	for _, old := range h.sheets {
		if old.Topic == s.Topic && old.Switch == s.Switch {
			return old
		}
	}
	old := &sheet{Sheet: *s, objects: map[string]*object{}}
	h.sheets = append(h.sheets, old)
	return old
}

// compare takes over what is seen of a sheet. It needs the lock.
func (h *Hub) compare(s Sheet) {
	is := h.sheetOf(&s)
	if !s.Stale || s.Rows != nil {
		h.compareRows(is, s.Rows)
	}
	if !s.As.IsZero() {
		is.As = s.As
	}
	if is.Stale == s.Stale {
		return
	}
	is.Stale = s.Stale
	name, about := "fresh", standing{Topic: s.Topic, Switch: s.Switch}
	if s.Stale {
		name, about.Since = "stale", given(is.As)
	}
	text := marshal(about)
	for _, k := range h.kinds {
		if k.topic(s.Topic) != nil {
			k.add(name, text)
		}
	}
}

func (h *Hub) compareRows(is *sheet, rows []Row) {
	is.order = is.order[:0]
	for _, row := range rows {
		id := row.ID()
		o := is.objects[id]
		if o != nil && o.seen == h.looks {
			continue // told of twice
		}
		var old [Forms][]byte
		told := o != nil && row.Same(o.row)
		switch {
		case o == nil:
			o = &object{id: id}
			is.objects[id] = o
		case !told:
			old, o.text = o.text, old
		case row.Moves():
			o.text = old // whoever is told next is told how it is then
		}
		o.row, o.seen = row, h.looks
		is.order = append(is.order, o)
		if told {
			continue
		}
		for _, k := range h.kinds {
			k.tell(is, o, &old)
		}
	}
	maps.DeleteFunc(is.objects, func(_ string, o *object) bool {
		if o.seen == h.looks {
			return false
		}
		for _, k := range h.kinds {
			k.take(is, o)
		}
		return true
	})
}

// sweep looks again who may see what. It needs the lock.
func (h *Hub) sweep() {
	for _, k := range h.kinds {
		for _, is := range h.sheets {
			if t := k.topic(is.Topic); t == nil || len(t.Projects) == 0 {
				continue
			}
			for _, o := range is.order {
				k.judge(is, o)
			}
		}
	}
}

// standing is how well a topic of a switch is known.
type standing struct {
	Topic  string     `json:"topic"`
	Switch string     `json:"switch"`
	Since  *time.Time `json:"since,omitempty"`
}

// gone is what is there no more, or not to be seen any more.
type gone struct {
	Topic  string `json:"topic"`
	Switch string `json:"switch"`
	ID     string `json:"id"`
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

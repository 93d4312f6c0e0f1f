package esltest

import (
	"fmt"
	"slices"
	"strings"
)

func (c *conn) filter(rest string) string {
	name, value, ok := strings.Cut(rest, " ")
	if strings.EqualFold(name, "delete") && ok {
		name, value, _ = strings.Cut(value, " ")
		if strings.EqualFold(name, "all") {
			c.filters = nil
		} else {
			kept := c.filters[:0]
			for _, f := range c.filters {
				if !strings.EqualFold(f.name, name) || value != "" && f.value != value {
					kept = append(kept, f)
				}
			}
			c.filters = kept
		}
		return fmt.Sprintf("+OK filter deleted. [%s][%s]", name, value)
	}
	if !ok {
		return "-ERR invalid syntax"
	}
	if strings.EqualFold(name, "add") {
		name, value, _ = strings.Cut(value, " ")
	}
	c.filters.add(name, value)
	return fmt.Sprintf("+OK filter added. [%s]=[%s]", name, value)
}

// wants decides whether an event goes to this connection: its lists, then its
// filters, then, if it is one that gets everybody's for want of a session of its
// own (see bind), whether the event is of a channel at all.
func (c *conn) wants(e *Event) bool {
	if !c.events || c.closing {
		return false
	}
	asked := c.all || c.names[e.Name] && (e.Name != "CUSTOM" || e.Subclass == "" || c.custom[e.Subclass])
	if !asked {
		return false
	}
	if len(c.filters) > 0 && !passes(c.filters, e) {
		return false
	}
	return !c.myevents || c.session != nil || e.headers.get("Unique-ID") != ""
}

func passes(filters headers, e *Event) bool {
	send := false
	for _, f := range filters {
		value, ok := e.headers.lookup(f.name)
		if !ok {
			continue
		}
		want, positive := strings.TrimLeft(f.value, "+- "), true
		for _, mark := range f.value[:len(f.value)-len(want)] {
			if mark != ' ' {
				positive = mark == '+'
			}
		}
		if send && positive {
			continue
		}
		var match bool
		if f.value[0] == '/' {
			match = matchExpression(value, want)
		} else {
			match = strings.EqualFold(value, want)
		}
		if match && !positive {
			return false
		}
		send = send || match
	}
	return send
}

func (c *conn) subscribe(line string) string {
	known, custom := 0, false
	_, rest, _ := strings.Cut(line, " ")
	for i, word := range strings.Split(rest, " ") {
		if f, ok := formatOf(word); ok && i == 0 {
			c.format = f
			continue
		}
		if custom {
			c.custom[word] = true
			continue
		}
		if name, ok := eventName(word); ok {
			known++
			c.names[name] = true
			c.all = c.all || name == "ALL"
			custom = name == "CUSTOM"
		}
	}
	if known == 0 {
		return "-ERR no keywords supplied"
	}
	c.events = true
	c.wake.fire()
	return "+OK event listener enabled " + c.format.String()
}

func (c *conn) unsubscribe(line string) string {
	known, custom := 0, false
	_, rest, _ := strings.Cut(line, " ")
	for word := range strings.SplitSeq(rest, " ") {
		if custom {
			delete(c.custom, word)
			continue
		}
		name, ok := eventName(word)
		if !ok {
			continue
		}
		known++
		switch name {
		case "CUSTOM":
			custom = true
		case "ALL":
			c.all = false
			clear(c.names)
		default:
			if c.all { // "all but this" needs the names written out
				c.all = false
				for n := range strings.FieldsSeq(eventNames) {
					c.names[n] = n != "ALL"
				}
			}
			delete(c.names, name)
		}
	}
	if known == 0 {
		return "-ERR no keywords supplied"
	}
	c.events = true
	return "+OK events nixed"
}

// channelEvents are what myevents turns on.
const channelEvents = "CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY" +
	" CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_UUID" +
	" CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE" +
	" CHANNEL_UNPARK DETECTED_SPEECH DTMF NOTALK TALK"

// bind makes events of its session the only ones that a connection gets. A listener
// whose uuid was not known has no session, and then gets everybody's.
func (c *conn) bind() {
	if c.session != nil {
		delete(c.s.general, c)
		c.s.bound[c.session.uuid] = append(c.s.bound[c.session.uuid], c)
	}
}

// unbind forgets the connection.
func (c *conn) unbind() {
	delete(c.s.general, c)
	if c.session == nil || !c.myevents {
		return
	}
	left := slices.DeleteFunc(c.s.bound[c.session.uuid], func(x *conn) bool { return x == c })
	if c.s.bound[c.session.uuid] = left; len(left) == 0 {
		delete(c.s.bound, c.session.uuid)
	}
}

func (c *conn) myEvents(line string) string {
	if c.myevents {
		return "-ERR aready enabled." //nolint:misspell // FreeSWITCH's own spelling
	}
	if c.session == nil {
		id, word, hasFormat := strings.Cut(cut(line[9:]), " ")
		if c.session = c.s.locate(id); c.session == nil && hasFormat {
			return "-ERR invalid uuid"
		}
		if f, ok := formatOf(word); ok {
			c.format = f
		}
		c.async = true
	}
	for name := range strings.FieldsSeq(channelEvents) {
		c.names[name] = true
	}
	for _, f := range []format{formatXML, formatJSON} {
		if strings.Contains(line, f.String()) || strings.Contains(line, strings.ToUpper(f.String())) {
			c.format = f
		}
	}
	c.myevents, c.events = true, true
	c.bind()
	c.wake.fire()
	return "+OK Events Enabled"
}

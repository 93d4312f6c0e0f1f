package esltest

import (
	"fmt"
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

// owner is whose an event is: looked up once, for there may be a thousand connections that each want those of one call.
type owner struct {
	known   bool
	id, job string
}

func (o *owner) of(e *Event) *owner {
	if !o.known {
		*o = owner{true, e.headers.get("Unique-ID"), e.headers.get("Job-Owner-UUID")}
	}
	return o
}

// wants decides whether an event goes to this connection: the channel it is bound to, its lists, its filters.
func (c *conn) wants(e *Event, o *owner) bool {
	if !c.events || c.closing {
		return false
	}
	if c.myevents {
		// A listener whose uuid was not known has no session, and then gets everybody's.
		o = o.of(e)
		own := o.id != "" && (c.session == nil || o.id == c.session.uuid)
		if !own && (c.session == nil || o.job != c.session.uuid) {
			return false
		}
	}
	asked := c.all || c.names[e.Name] && (e.Name != "CUSTOM" || e.Subclass == "" || c.custom[e.Subclass])
	return asked && (len(c.filters) == 0 || passes(c.filters, e))
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
	c.wake.fire()
	return "+OK Events Enabled"
}

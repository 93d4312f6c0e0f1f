package esltest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is one thing FreeSWITCH announces: ordered headers and perhaps a body.
type Event struct {
	Name     string // such as CHANNEL_ANSWER or CUSTOM
	Subclass string // of CUSTOM
	headers  headers
	body     string
}

// site is the place in FreeSWITCH's source that fires an event: file, function
// and line, which clients see in three headers.
type site string

// Call sites, by what is fired there.
const (
	siteRun            site = "switch_core_state_machine.c switch_core_session_run 626"
	siteHangupComplete site = "switch_core_state_machine.c switch_core_session_reporting_state 943"
	siteDestroy        site = "switch_core_session.c switch_core_session_perform_destroy 1611"
	siteState          site = "switch_channel.c switch_channel_perform_set_running_state 2409"
	siteCallState      site = "switch_channel.c switch_channel_perform_set_callstate 323"
	siteRingReady      site = "switch_channel.c switch_channel_perform_mark_ring_ready_value 3507"
	sitePreAnswer      site = "switch_channel.c switch_channel_perform_mark_pre_answered 3562"
	siteAnswer         site = "switch_channel.c switch_channel_perform_mark_answered 3848"
	siteHangup         site = "switch_channel.c switch_channel_perform_hangup 3447"
	siteHold           site = "switch_channel.c switch_channel_mark_hold 1018"
	siteFlip           site = "switch_channel.c switch_channel_flip_cid 4917"
	siteExecute        site = "switch_core_session.c switch_core_session_exec 2949"
	siteExecuted       site = "switch_core_session.c switch_core_session_exec 2972"
	siteOutgoing       site = "switch_core_session.c switch_core_session_outgoing_channel 646"
	siteUUID           site = "switch_core_session.c switch_core_session_set_uuid 312"
	siteOriginate      site = "switch_ivr_originate.c switch_ivr_originate 3242"
	sitePark           site = "switch_ivr.c switch_ivr_park 1002"
	siteDTMF           site = "switch_channel.c switch_channel_dequeue_dtmf 676"
	siteUnpark         site = "switch_ivr.c switch_ivr_park 1213"
	siteBridge         site = "switch_ivr_bridge.c switch_ivr_multi_threaded_bridge 1689"
	siteUnbridge       site = "switch_ivr_bridge.c switch_ivr_multi_threaded_bridge 1866"
	siteUUIDBridge     site = "switch_ivr_bridge.c uuid_bridge_on_soft_execute 1250"
	siteRecordStart    site = "switch_ivr_async.c record_callback 1482"
	siteRecordStop     site = "switch_ivr_async.c send_record_stop_event 1241"
	sitePlaybackStart  site = "switch_ivr_play_say.c switch_ivr_play_file 1514"
	sitePlaybackStop   site = "switch_ivr_play_say.c switch_ivr_play_file 1936"
	siteHeartbeat      site = "switch_core.c send_heartbeat 95"
	siteAPI            site = "switch_loadable_module.c switch_api_execute 2949"
	siteReload         site = "switch_xml.c switch_xml_set_root 2400"
	sitePrivate        site = "switch_ivr.c switch_ivr_parse_next_event 804"
	siteJob            site = "mod_event_socket.c api_exec 1569"
	siteConnect        site = "mod_event_socket.c parse_command 2018"
	siteSendEvent      site = "mod_event_socket.c parse_command 2241"
	siteDump           site = "mod_commands.c uuid_dump_function 6360"
	siteFired          site = "mod_event_test.c fire 1"
)

// begin creates an event of that name with the headers every event starts with.
func (s *Switch) begin(at site, name string) *Event {
	e := &Event{Name: name}
	s.stamp(e, at)
	return e
}

func (s *Switch) beginCustom(at site, subclass string) *Event {
	e := &Event{Name: "CUSTOM", Subclass: subclass}
	e.headers.add("Event-Subclass", subclass)
	s.stamp(e, at)
	return e
}

func (s *Switch) stamp(e *Event, at site) {
	now := s.now()
	s.seq++
	h := &e.headers
	*h = slices.Grow(*h, 20)
	h.add("Event-Name", e.Name)
	h.add("Core-UUID", s.coreUUID)
	h.add("FreeSWITCH-Hostname", s.cfg.Hostname)
	h.add("FreeSWITCH-Switchname", s.cfg.Hostname)
	h.add("FreeSWITCH-IPv4", s.cfg.IPv4)
	h.add("FreeSWITCH-IPv6", s.cfg.IPv6)
	h.add("Event-Date-Local", now.Format(time.DateTime))
	h.add("Event-Date-GMT", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	h.add("Event-Date-Timestamp", micros(now))
	file, rest, _ := strings.Cut(string(at), " ")
	function, line, _ := strings.Cut(rest, " ")
	h.add("Event-Calling-File", file)
	h.add("Event-Calling-Function", function)
	h.add("Event-Calling-Line-Number", line)
	h.add("Event-Sequence", strconv.FormatUint(s.seq, 10))
}

func micros(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

// fire hands the event to every connection that asked for it, serialised once for
// each format. Those with the events of one call only are found by that call: there
// may be a thousand of them.
func (s *Switch) fire(e *Event) {
	var frames [3]string
	offer := func(c *conn) {
		if !c.wants(e) {
			return
		}
		frame := &frames[c.format]
		if *frame == "" {
			*frame = c.format.frame(e)
		}
		c.offer(*frame)
	}
	for c := range s.general {
		offer(c)
	}
	if len(s.bound) == 0 {
		return
	}
	id, job := e.headers.get("Unique-ID"), e.headers.get("Job-Owner-UUID")
	for _, c := range s.bound[id] {
		offer(c)
	}
	if job != id {
		for _, c := range s.bound[job] {
			offer(c)
		}
	}
}

// heard is whether anybody listens to events of that name.
func (s *Switch) heard(name string) bool {
	for c := range s.conns {
		if c.events && (c.all || c.names[name]) {
			return true
		}
	}
	return false
}

// format is how a connection gets its events.
type format int

const (
	formatPlain format = iota
	formatJSON
	formatXML
)

var formatNames = [...]string{"plain", "json", "xml"}

func (f format) String() string { return formatNames[f] }

// formatOf knows a format by its name, whatever the case.
func formatOf(word string) (format, bool) {
	i := slices.Index(formatNames[:], strings.ToLower(word))
	return format(max(i, 0)), i >= 0
}

func (f format) body(e *Event) string {
	switch f {
	case formatJSON:
		return e.json()
	case formatXML:
		return e.xml()
	}
	return e.plain()
}

// frame is the whole of what is written.
func (f format) frame(e *Event) string {
	body := f.body(e)
	return "Content-Length: " + strconv.Itoa(len(body)) + "\nContent-Type: text/event-" + f.String() + "\n\n" + body
}

// plain is the text/event-plain form: percent-encoded values, raw body.
func (e *Event) plain() string {
	return e.text(func(b *strings.Builder, v string) { writePercent(b, v, true) })
}

// text is the plain form with another encoding of values (uuid_dump has one).
func (e *Event) text(write func(b *strings.Builder, value string)) string {
	var b strings.Builder
	size := len(e.body) + 32
	for _, h := range e.headers {
		size += len(h.name) + len(h.value)*3/2 + 8
	}
	b.Grow(size)
	for _, h := range e.headers {
		b.WriteString(h.name)
		b.WriteString(": ")
		if h.value == "" {
			b.WriteString("_undef_")
		} else {
			write(&b, h.value)
		}
		b.WriteByte('\n')
	}
	if e.body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(e.body)) + "\n\n" + e.body)
	} else {
		b.WriteByte('\n')
	}
	return b.String()
}

// json is the text/event-json form; names that repeat stay repeated keys.
func (e *Event) json() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, h := range e.headers {
		if i > 0 {
			b.WriteByte(',')
		}
		jsonString(&b, h.name)
		b.WriteByte(':')
		if h.array == nil {
			jsonString(&b, h.value)
			continue
		}
		b.WriteByte('[')
		for j, v := range h.array {
			if j > 0 {
				b.WriteByte(',')
			}
			jsonString(&b, v)
		}
		b.WriteByte(']')
	}
	if e.body != "" {
		b.WriteString(`,"Content-Length":"` + strconv.Itoa(len(e.body)) + `","_body":`)
		jsonString(&b, e.body)
	}
	b.WriteByte('}')
	return b.String()
}

// xml is the text/event-xml form.
func (e *Event) xml() string {
	var b strings.Builder
	b.WriteString("<event>\n  <headers>\n")
	for _, h := range e.headers {
		b.WriteString("    <" + h.name + ">")
		xmlText(&b, urlEncode(h.value), false)
		b.WriteString("</" + h.name + ">\n")
	}
	b.WriteString("  </headers>\n")
	if e.body != "" {
		b.WriteString("  <Content-Length>" + strconv.Itoa(len(e.body)) + "</Content-Length>\n  <body>")
		xmlText(&b, e.body, false)
		b.WriteString("</body>\n")
	}
	b.WriteString("</event>\n")
	return b.String()
}

// eventNames are the names that "event" and "sendevent" know.
const eventNames = " CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER" +
	" CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD" +
	" CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK" +
	" CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP" +
	" SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN" +
	" NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB" +
	" DETECTED_SPEECH DETECTED_TONE PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE" +
	" RE_SCHEDULE RELOADXML NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS" +
	" CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO" +
	" RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP" +
	" CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP CONFERENCE_DATA_QUERY CONFERENCE_DATA" +
	" CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT SHUTDOWN_REQUESTED ALL "

// eventName finds an event's name whatever the case it was written in.
func eventName(word string) (string, bool) {
	name := strings.ToUpper(word)
	if name == "" || strings.ContainsAny(name, " \t") {
		return "", false
	}
	return name, strings.Contains(eventNames, " "+name+" ")
}

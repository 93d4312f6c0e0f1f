package exporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"

	"callgate/esl"
)

// part is one question to a switch.
type part struct {
	what string
	read func(ctx context.Context, w *watch, now func() time.Time) error
}

// parts are read one after the other: the link has few connections, and others need them.
var parts = [...]part{
	{"status", readStatus},
	{"clock", readClock},
	{"calls", readCount("calls", currentCalls)},
	{"bridged_calls", readCount("bridged_calls", bridgedCalls)},
	{"channels", readCount("channels", currentChannels)},
	{"registrations", readCount("registrations", registrations)},
	{"gateways", readGateways},
}

// status is the answer to the command "status" of the JSON API.
//
// Source: mod_commands.c json_status_function. What it calls used is the least idle processor time that is demanded, and
// what it calls allowed is how idle it is.
type status struct {
	Status   string
	Response *struct {
		Version  string
		Sessions struct {
			Count struct{ Total, Active, Peak, Peak5Min, Limit float64 }
			Rate  struct{ Current, Max, Peak, Peak5Min float64 }
		}
		IdleCPU struct{ Used, Allowed float64 }
		Uptime  struct{ Years, Days, Hours, Minutes, Seconds, Milliseconds, Microseconds float64 }
	}
}

func readStatus(ctx context.Context, w *watch, now func() time.Time) error {
	at := now()
	text, err := w.link.API(ctx, "json", `{"command":"status","data":{}}`)
	if err != nil {
		return fmt.Errorf("read the status: %w", err)
	}
	var s status
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("read the status: %w", err)
	}
	if s.Status != "success" || s.Response == nil {
		return fmt.Errorf("read the status: FreeSWITCH answers %.40q", s.Status)
	}
	count, rate, up := s.Response.Sessions.Count, s.Response.Sessions.Rate, s.Response.Uptime
	w.set(at, map[string]float64{
		uptime:        ((up.Years*365+up.Days)*24+up.Hours)*3600 + up.Minutes*60 + up.Seconds + up.Milliseconds/1e3 + up.Microseconds/1e6,
		sessionsTotal: count.Total, currentSessions: count.Active, sessionsPeak: count.Peak, sessionsPeakLast: count.Peak5Min, maxSessions: count.Limit,
		currentSPS: rate.Current, spsPeak: rate.Peak, spsPeakLast: rate.Peak5Min, maxSPS: rate.Max,
		currentIdleCPU: s.Response.IdleCPU.Allowed, minIdleCPU: s.Response.IdleCPU.Used,
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version = s.Response.Version
	return nil
}

// beat takes what a heartbeat tells. Its Session-Per-Sec is what is left of the limit, and not told.
//
// Source: switch_core.c send_heartbeat.
func (w *watch) beat(e *esl.Event, now time.Time) {
	values := map[string]float64{}
	for header, name := range map[string]string{"Session-Count": currentSessions, "Max-Sessions": maxSessions, "Session-Per-Sec-Last": currentSPS,
		"Session-Per-Sec-Max": spsPeak, "Session-Per-Sec-FiveMin": spsPeakLast, "Session-Since-Startup": sessionsTotal,
		"Session-Peak-Max": sessionsPeak, "Session-Peak-FiveMin": sessionsPeakLast, "Idle-CPU": currentIdleCPU} {
		if n, err := strconv.ParseFloat(e.Get(header), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			values[name] = n
		}
	}
	if ms, err := strconv.ParseInt(e.Get("Uptime-msec"), 10, 64); err == nil {
		values[uptime] = float64(ms) / 1e3
	}
	w.set(now, values)
}

// readClock compares the switch's clock with ours, to the second that it tells.
//
// Source: mod_commands.c strepoch_api_function.
func readClock(ctx context.Context, w *watch, now func() time.Time) error {
	before := now()
	text, err := w.link.API(ctx, "strepoch")
	if err != nil {
		return fmt.Errorf("read the clock: %w", err)
	}
	epoch, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return fmt.Errorf("read the clock: %w", err)
	}
	w.set(before, map[string]float64{timeSynced: number(epoch >= before.Unix()-1 && epoch <= now().Unix()+1)})
	return nil
}

// readCount counts the rows of one of the core's own lists.
//
// Source: mod_commands.c show_function.
func readCount(list, name string) func(context.Context, *watch, func() time.Time) error {
	return func(ctx context.Context, w *watch, now func() time.Time) error {
		at := now()
		text, err := w.link.API(ctx, "show", list, "count", "as", "json")
		if err != nil {
			return fmt.Errorf("count %s: %w", list, err)
		}
		var answer struct {
			Rows *float64 `json:"row_count"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			return fmt.Errorf("count %s: %w", list, err)
		}
		if answer.Rows == nil {
			return fmt.Errorf("count %s: no row_count in the answer", list)
		}
		w.set(at, map[string]float64{name: *answer.Rows})
		return nil
	}
}

// maxGateways bounds the time series of a switch's gateways.
const maxGateways = 500

// gateway is a SIP trunk.
type gateway struct {
	name, proxy, profile, context, scheme string
	up                                    bool
	figures                               map[string]float64 // by the name of the metric; what a version does not tell is missing
}

// readGateways reads the gateways of all SIP profiles.
//
// Source: mod_sofia.c cmd_xml_status, xml_gateway_status: one element a line, of which not all are escaped, other text
// among them, and a declared character set that is not that of what it is read from. So lines are read, not XML.
func readGateways(ctx context.Context, w *watch, now func() time.Time) error {
	at := now()
	text, err := w.link.API(ctx, "sofia", "xmlstatus", "gateway")
	if err != nil {
		return fmt.Errorf("read the gateways: %w", err)
	}
	if !strings.Contains(text, "<gateways>") {
		return errors.New("read the gateways: no list in the answer")
	}
	var all []gateway
	seen := map[[3]string]bool{} // a second one of that name would spoil the whole scrape
	leftOut := 0
	var g gateway
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); line {
		case "<gateway>":
			g = gateway{figures: map[string]float64{}}
		case "</gateway>":
			key := [3]string{g.name, g.proxy, g.profile}
			switch {
			case g.name == "" || seen[key]:
			case len(all) == maxGateways:
				leftOut++
			default:
				seen[key] = true
				all = append(all, g)
			}
			g.name = ""
		default:
			g.element(line)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gateways, w.leftOut, w.listed = all, leftOut, at
	return nil
}

// element takes what one line says.
func (g *gateway) element(line string) {
	line, ok := strings.CutPrefix(line, "<")
	tag, rest, _ := strings.Cut(line, ">")
	text, _, closed := strings.Cut(rest, "</"+tag+">")
	if !ok || !closed || g.figures == nil {
		return
	}
	text = strings.ToValidUTF8(html.UnescapeString(text), "\uFFFD")
	switch tag {
	case "name":
		g.name = text
	case "proxy":
		g.proxy = text
	case "profile":
		g.profile = text
	case "context":
		g.context = text
	case "scheme":
		g.scheme = text
	case "status":
		g.up = strings.HasPrefix(text, "UP") // " (ping)" may follow
	default:
		if name, ok := gatewayFigures[tag]; ok {
			if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
				g.figures[name] = n
			}
		}
	}
}

// gatewayFigures are the numbers of a gateway that are told, by FreeSWITCH's name and that of the metric.
var gatewayFigures = map[string]string{
	"ping": "freeswitch_sofia_gateway_ping", "pingfreq": "freeswitch_sofia_gateway_pingfreq", "pingmin": "freeswitch_sofia_gateway_pingmin",
	"pingcount": "freeswitch_sofia_gateway_pingcount", "pingmax": "freeswitch_sofia_gateway_pingmax", "pingtime": "freeswitch_sofia_gateway_pingtime",
	"calls-in": "freeswitch_sofia_gateway_call_in", "calls-out": "freeswitch_sofia_gateway_call_out",
	"failed-calls-in": "freeswitch_sofia_gateway_failed_call_in", "failed-calls-out": "freeswitch_sofia_gateway_failed_call_out",
}

package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
)

// demoPastDays is of how many days before today there are calls: reports have a week, and one to compare it with.
const demoPastDays = 16

// demoPast is what went on at the contact centre before the demonstration: its CDRs, which come late.
type demoPast struct {
	cdr    esltest.CDRConfig
	link   *esl.Client
	logger *slog.Logger
	now    time.Time
	folder string // of recordings
}

// Run hands the CDRs in, as the switch would have.
func (d *demoPast) Run(ctx context.Context) error {
	for !d.link.Ready() {
		if !pass(ctx, time.Second/4) {
			return nil
		}
	}
	r := dice(100)
	posts, ctx := errgroup.WithContext(ctx)
	posts.SetLimit(4)
	for back := 1; back <= demoPastDays; back++ {
		day := time.Date(d.now.Year(), d.now.Month(), d.now.Day()-back, 0, 0, 0, 0, d.now.Location())
		calls := 70 + r.IntN(25)
		if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
			calls /= 3
		}
		for range calls {
			at := day.Add(time.Duration((13.5 + 2.6*max(-2.1, min(2.9, r.NormFloat64()))) * float64(time.Hour)))
			record := ""
			if back == 1 {
				record = d.folder
			}
			for id, xml := range pastCall(d.link.CoreUUID(), record, at, r) {
				posts.Go(func() error { return d.post(ctx, id, xml) })
			}
		}
	}
	if err := posts.Wait(); err != nil && ctx.Err() == nil {
		d.logger.Warn("a CDR of the past cannot be handed in", "error", err)
	}
	return nil
}

// pastCall are the CDRs of the legs of a call that came to a queue, by their names. Into folder, if any, goes what was recorded.
func pastCall(core, folder string, at time.Time, r *rand.Rand) map[string]string {
	id := func() string {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		t := hex.EncodeToString(b)
		return t[:8] + "-" + t[8:12] + "-4" + t[13:16] + "-8" + t[17:20] + "-" + t[20:]
	}
	line := demoLines[[]int{0, 0, 0, 1, 2, 2, 3, 3, 3, 3}[r.IntN(10)]]
	var agents []demoAgent
	for _, a := range demoAgents {
		if slices.Contains(a.queues, line.queue) {
			agents = append(agents, a)
		}
	}
	agent := agents[r.IntN(len(agents))]
	caller, member, leg, stay := fmt.Sprintf("8900%07d", r.IntN(1e7)), id(), id(), id()
	joined := at.Unix()
	wait := int64(2 + 14*r.ExpFloat64())
	talk := int64(20 + agent.talks.Seconds()*4*math.Abs(r.NormFloat64()))
	variables := func(more ...string) string {
		all := append(more, "cc_queue", line.queue, "cc_queue_joined_epoch", fmt.Sprint(joined), "cc_member_uuid", stay)
		var b strings.Builder
		for i := 0; i < len(all); i += 2 {
			fmt.Fprintf(&b, "<%[1]s>%[2]s</%[1]s>", all[i], url.QueryEscape(all[i+1]))
		}
		return b.String()
	}
	doc := func(direction, channel, called string, start, answer, end int64, vars string) string {
		us := func(s int64) int64 { return s * 1e6 }
		return fmt.Sprintf(`<?xml version="1.0"?><cdr core-uuid=%q switchname="demo"><channel_data><state>CS_REPORTING</state><direction>%s</direction></channel_data>`+
			`<variables>%s</variables><callflow dialplan="XML" profile_index="1"><caller_profile><dialplan>XML</dialplan><caller_id_name>%s</caller_id_name>`+
			`<caller_id_number>%[4]s</caller_id_number><destination_number>%s</destination_number><uuid>%s</uuid><context>default</context></caller_profile>`+
			`<times><created_time>%d</created_time><answered_time>%d</answered_time><hangup_time>%d</hangup_time></times></callflow></cdr>`,
			core, direction, vars, caller, called, channel, us(start), us(answer), us(end))
	}
	epochs := func(uuid, direction string, start, answer, end int64, cause, hungUp string) []string {
		return []string{"uuid", uuid, "direction", direction, "start_epoch", fmt.Sprint(start), "start_uepoch", fmt.Sprint(start, "000000"), "answer_epoch", fmt.Sprint(answer),
			"answer_uepoch", fmt.Sprint(answer * 1e6), "end_epoch", fmt.Sprint(end), "end_uepoch", fmt.Sprint(end, "000000"), "hangup_cause", cause, "sip_hangup_disposition", hungUp}
	}
	lost := r.IntN(9) == 0 || wait > 75
	if lost {
		end := joined + wait
		return map[string]string{"a_" + member: doc("inbound", member, line.number, joined, joined, end, variables(append(
			epochs(member, "inbound", joined, joined, end, "NORMAL_CLEARING", "recv_bye"), "callgate_number", line.number, "cc_side", "member", "cc_cause", "cancel",
			"cc_cancel_reason", "BREAK_OUT", "cc_queue_canceled_epoch", fmt.Sprint(end))...))}
	}
	answered, end := joined+wait, joined+wait+talk
	hungUp, other := "recv_bye", "send_bye"
	if r.IntN(3) == 0 {
		hungUp, other = other, hungUp
	}
	hold := int64(0)
	if r.IntN(6) == 0 {
		hold = talk / 4
	}
	inbound := epochs(member, "inbound", joined, joined, end, "NORMAL_CLEARING", hungUp)
	if file := filepath.Join(folder, member+".wav"); folder != "" && strings.HasPrefix(line.queue, "support") && os.WriteFile(file, sound(wait, wait+talk, r), 0o600) == nil {
		inbound = append(inbound, "callgate_recording", file)
	}
	return map[string]string{
		"a_" + member: doc("inbound", member, line.number, joined, joined, end, variables(append(inbound, "callgate_number", line.number, "cc_side", "member", "cc_agent", agent.account+"@default", "cc_cause", "answered", "cc_queue_answered_epoch", fmt.Sprint(answered),
			"bridge_uuid", leg, "last_bridge_to", leg, "bridge_epoch", fmt.Sprint(answered), "bridge_uepoch", fmt.Sprint(answered, "000000"))...)),
		leg: doc("outbound", leg, agent.account, answered-2, answered, end, variables(append(epochs(leg, "outbound", answered-2, answered, end, "NORMAL_CLEARING", other),
			"cc_side", "agent", "cc_agent", agent.account+"@default", "cc_agent_type", "callback", "cc_member_session_uuid", member, "hold_accum_seconds", fmt.Sprint(hold),
			"bridge_uuid", member, "last_bridge_to", member, "bridge_epoch", fmt.Sprint(answered), "bridge_uepoch", fmt.Sprint(answered, "000000"))...)),
	}
}

// sound is a WAV of so many seconds in which two talk in turns, once they have waited; nobody could say what about.
func sound(wait, seconds int64, r *rand.Rand) []byte {
	const rate = 8000
	size := uint32(seconds * rate * 2) //nolint:gosec // some minutes
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+size)...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(binary.LittleEndian.AppendUint32(b, rate*2), "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, size)
	pitch, loud, left := 110.0, 0.0, 0
	for i := range int(seconds) * rate {
		if left--; left < 0 { // the next words, by the other one now and then
			left, loud = rate/4+r.IntN(rate), 1500+6000*r.Float64()
			if r.IntN(3) == 0 {
				pitch, loud = 320-pitch, 0
			}
		}
		t := float64(i) / rate
		v := math.Sin(2*math.Pi*pitch*t) + math.Sin(4*math.Pi*pitch*t)/2 + math.Sin(10*math.Pi*pitch*t)/4
		if int64(t) < wait {
			v, loud = math.Sin(2*math.Pi*440*t)/4, 3000 // music on hold
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v*loud*math.Abs(math.Sin(2*math.Pi*2.3*t))))) //nolint:gosec // as WAV has it
	}
	return b
}

func (d *demoPast) post(ctx context.Context, id, xml string) error {
	if ctx.Err() != nil {
		return nil
	}
	// One that is on its way is handed in: callgate would say that it was not saved.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.cdr.URL+"?uuid="+id, strings.NewReader("cdr="+strings.ReplaceAll(url.QueryEscape(xml), "+", "%20")))
	if err != nil {
		return fmt.Errorf("ask for a CDR to be taken: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(d.cdr.User, d.cdr.Password)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("hand a CDR in: %w", err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("hand a CDR in: %s: %w", answer.Status, err)
	}
	return nil
}

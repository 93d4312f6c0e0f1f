package esltest

import "time"

// ring is the pretend phone's life with one call.
func (l *sipLeg) ring() {
	s, p := l.s, l.phone
	alive := func() bool { return l.c.down() || l.c.done }
	l.toTag, l.remotePort = s.newTag(), s.newPort()
	l.userAgent, l.contactUser = p.UserAgent, p.ContactUser
	wait := func(d time.Duration) bool {
		s.await(d, alive, &l.c.changed, nil)
		return !alive() && !s.stopped
	}
	if p.RingAfter > 0 && !wait(p.RingAfter) {
		return
	}
	if !p.NoRing {
		l.response()
		l.c.markRinging()
	}
	if p.NoAnswer {
		return
	}
	if p.AnswerAfter > 0 && !wait(p.AnswerAfter) {
		return
	}
	if p.Refuse > 0 {
		l.refuse(p.Refuse, true)
		return
	}
	l.remoteSDP = l.phoneSDP()
	l.accepted(hostOf(p.Addr))
	start := s.now()
	if p.HoldFor > 0 {
		if !wait(p.HoldAfter) {
			return
		}
		l.remoteHold(true)
		if !wait(p.HoldFor) {
			return
		}
		l.remoteHold(false)
	}
	if p.HangupAfter > 0 && wait(max(p.HangupAfter-s.now().Sub(start), 0)) {
		l.bye()
	}
}

// remoteHold is the other side's re-INVITE; its partner hears music meanwhile.
func (l *sipLeg) remoteHold(on bool) {
	c := l.c
	c.flags[cfMediaAck] = 0
	l.sdpID++
	c.markHold(on)
	c.set("rtp_local_sdp_str", l.sdp(l.localIP(), false, true))
	other := c.partner
	if other == nil {
		return
	}
	if !on {
		other.breaking = true
		other.changed.fire()
		return
	}
	music := other.get("hold_music")
	if music == "" {
		music = l.s.globals.get("hold_music")
	}
	if music == "" || music == "silence" {
		return
	}
	cmd := executeCommand("playback", music)
	cmd.headers.add("loops", "-1")
	other.enqueue(cmd)
}

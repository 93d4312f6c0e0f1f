package esltest

import (
	"strconv"
	"strings"
	"time"
)

// negotiate brings media up, as an answer to or from the other side does.
func (l *sipLeg) negotiate(remoteIP string) {
	c, ip := l.c, l.localIP()
	if c.codec != "" {
		return
	}
	c.set("rtp_use_codec_string", l.s.cfg.CodecPrefs)
	c.set("remote_video_media_flow", "inactive")
	c.set("remote_text_media_flow", "inactive")
	c.set("remote_audio_media_flow", "sendrecv")
	if c.get("audio_media_flow") != "sendrecv" {
		c.set("audio_media_flow", "sendrecv")
	}
	c.set("rtp_audio_recv_pt", "0")
	c.set("rtp_use_codec_name", "PCMU")
	c.set("rtp_use_codec_rate", "8000")
	c.set("rtp_use_codec_ptime", "20")
	c.set("rtp_use_codec_channels", "1")
	c.set("rtp_last_audio_codec_string", "PCMU@8000h@20i@1c")
	c.setCodec("PCMU")
	c.set("dtmf_type", "rfc2833")
	c.set("local_media_ip", ip)
	c.set("local_media_port", l.localPort)
	c.set("advertised_media_ip", ip)
	c.set("rtp_use_timer_name", "soft")
	c.set("rtp_use_pt", "0")
	b := l.s.random(4)
	c.setInt("rtp_use_ssrc", int64(b[0])<<24|int64(b[1])<<16|int64(b[2])<<8|int64(b[3]))
	c.set("rtp_2833_send_payload", "101")
	c.set("rtp_2833_recv_payload", "101")
	c.set("remote_media_ip", remoteIP)
	c.set("remote_media_port", l.remotePort)
	c.mediaStart = l.s.now()
	for _, f := range []flag{cfFSRTP, cfMediaSet, cfLiberalDTMF, cfAudio, cfWantDTLS12} {
		c.flags[f] = 1
	}
}

func (c *channel) setCodec(name string) {
	c.codec, c.codecRate = name, "8000"
	c.set("read_codec", name)
	c.set("original_read_codec", name)
	c.set("read_rate", "8000")
	c.set("original_read_rate", "8000")
	c.set("write_codec", name)
	c.set("write_rate", "8000")
}

// media is what went over the wire, counted in packets of 20 ms.
type media struct{ in, out, silent int }

func (l *sipLeg) media() (m media, ok bool) {
	c := l.c
	if c.codec == "" {
		return m, false
	}
	const packet = 20 * time.Millisecond
	m.out = int(c.spoke / packet)
	if l.peer != nil {
		m.in = int(l.peer.c.spoke / packet)
	}
	m.silent = max(int(l.s.now().Sub(c.mediaStart)/packet)-m.in, 0)
	return m, true
}

// fields are the counters in FreeSWITCH's order, for the variables and the CDR.
func (m media) fields() (in, out [][2]string) {
	n := strconv.Itoa
	interval := "0.00"
	if m.in > 0 {
		interval = "20.00"
	}
	in = [][2]string{
		{"raw_bytes", n(m.in * 172)}, {"media_bytes", n(m.in * 172)}, {"packet_count", n(m.in)},
		{"media_packet_count", n(m.in)}, {"skip_packet_count", n(m.silent)}, {"jitter_packet_count", "0"},
		{"dtmf_packet_count", "0"}, {"cng_packet_count", "0"}, {"flush_packet_count", "0"}, {"largest_jb_size", "0"},
		{"jitter_min_variance", "0.00"}, {"jitter_max_variance", "0.00"}, {"jitter_loss_rate", "0.00"},
		{"jitter_burst_rate", "0.00"}, {"mean_interval", interval}, {"flaw_total", "0"},
		{"quality_percentage", "100.00"}, {"mos", "4.50"},
	}
	out = [][2]string{
		{"raw_bytes", n(m.out * 172)}, {"media_bytes", n(m.out * 172)}, {"packet_count", n(m.out)},
		{"media_packet_count", n(m.out)}, {"skip_packet_count", "0"}, {"dtmf_packet_count", "0"},
		{"cng_packet_count", "0"}, {"rtcp_packet_count", "0"}, {"rtcp_octet_count", "0"},
	}
	return in, out
}

func (l *sipLeg) setStats() {
	m, ok := l.media()
	if !ok {
		return
	}
	in, out := m.fields()
	for _, f := range in {
		l.c.set("rtp_audio_in_"+f[0], f[1])
	}
	for _, f := range out {
		if strings.HasPrefix(f[0], "rtcp_") {
			l.c.set("rtp_audio_"+f[0], f[1])
		} else {
			l.c.set("rtp_audio_out_"+f[0], f[1])
		}
	}
}

package esltest

import (
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// playback plays a file and says how it went.
func (c *channel) playback(arg string) {
	if c.codec == "" {
		c.preAnswer()
	}
	length, ok := c.s.soundLength(arg)
	if !ok {
		c.set("current_application_response", "FILE NOT FOUND")
		return
	}
	e := c.s.begin(sitePlaybackStart, "PLAYBACK_START")
	c.describe(e)
	e.headers.add("Playback-File-Path", arg)
	c.s.fire(e)
	start := c.s.now()
	c.playing = append(c.playing, arg)
	played := c.pause(length)
	c.playing = c.playing[:len(c.playing)-1]
	if c.s.stopped || c.done {
		return
	}
	if length >= 0 && played > length {
		played = length
	}
	c.spoke += c.s.now().Sub(start)
	samples := int(played/(20*time.Millisecond)) * 160
	c.set("playback_last_offset_pos", strconv.Itoa(samples))
	c.set("playback_seconds", strconv.Itoa(samples/wavRate))
	c.set("playback_ms", strconv.Itoa(samples/(wavRate/1000)))
	c.set("playback_samples", strconv.Itoa(samples))
	status := "done"
	if c.breaking || !c.ready() {
		status = "break"
	}
	e = c.s.begin(sitePlaybackStop, "PLAYBACK_STOP")
	c.describe(e)
	e.headers.add("Playback-File-Path", arg)
	e.headers.add("Playback-Status", status)
	c.s.fire(e)
	c.set("current_application_response", "FILE PLAYED")
}

// soundLength is how long a sound plays: tone_stream://%(on,off,freq…),
// silence_stream://ms, a WAV file of the recordings folder. ok is false for what
// does not exist, local streams among it.
func (s *Switch) soundLength(name string) (length time.Duration, ok bool) {
	switch {
	case strings.HasPrefix(name, "tone_stream://"):
		return toneLength(strings.TrimPrefix(name, "tone_stream://"))
	case strings.HasPrefix(name, "silence_stream://"):
		ms := atoi(strings.TrimPrefix(name, "silence_stream://"))
		if ms < 0 {
			return forever, true
		}
		return time.Duration(ms) * time.Millisecond, true
	case strings.Contains(name, "://"):
		return 0, false
	}
	file, ok := s.recordingFile(name)
	if !ok {
		return 0, false
	}
	s.outside(func() { length, ok = wavLength(file) })
	return length, ok
}

// toneLength reads TGML: "%(500,200,440)" sounds 500 ms and is silent 200 ms.
func toneLength(script string) (time.Duration, bool) {
	tones, options, _ := strings.Cut(script, ";")
	total := time.Duration(0)
	for {
		_, rest, found := strings.Cut(tones, "%(")
		if !found {
			break
		}
		args, tail, closed := strings.Cut(rest, ")")
		parts := strings.Split(args, ",")
		if !closed || len(parts) < 3 {
			return 0, false
		}
		total += time.Duration(atoi(parts[0])+atoi(parts[1])) * time.Millisecond
		tones = tail
	}
	if total == 0 {
		return 0, false
	}
	for option := range strings.SplitSeq(options, ";") {
		if v, ok := strings.CutPrefix(option, "loops="); ok {
			n := atoi(v)
			if n < 0 {
				return forever, true
			}
			total *= time.Duration(max(n, 1))
		}
	}
	return total, true
}

func wavLength(path string) (time.Duration, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	head := make([]byte, wavHeader)
	if _, err := io.ReadFull(f, head); err != nil || string(head[:4]) != "RIFF" {
		return 0, false
	}
	rate := binary.LittleEndian.Uint32(head[28:])
	if rate == 0 {
		return 0, false
	}
	return time.Duration(binary.LittleEndian.Uint32(head[40:])) * time.Second / time.Duration(rate), true
}

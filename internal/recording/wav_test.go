package recording_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"callgate/internal/recording"
)

func TestReadWave(t *testing.T) {
	set := func(at int, value uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at:], value) }
	}
	chunk := func(name string, length uint32, body ...byte) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte(name), length), body...)
	}
	whole := wav(time.Second)
	listed := slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVE"), chunk("LIST", 3, 'a', 'b', 'c', 0), whole[12:], chunk("LIST", 2, 'x', 'y'))
	binary.LittleEndian.PutUint32(listed[4:], uint32(len(listed)-8))
	odd := append(wav(0), 1, 2, 3)
	set(4, 36+4)(odd)
	set(40, 3)(odd)
	for _, tt := range []struct {
		name   string
		file   []byte
		length time.Duration
		whole  bool
		fails  bool
	}{
		{"whole", whole, time.Second, true, false},
		{"no sound", wav(0), 0, true, false},
		{"other chunks before and behind", listed, time.Second, true, false},
		{"odd length, padded", append(slices.Clone(odd), 0), 3 * time.Second / 16000, true, false},
		{"odd length, padding left out", odd, 3 * time.Second / 16000, true, false},
		{"being written: lengths of the beginning", unfinished(time.Second), time.Second, false, false},
		{"being written: lengths 0", wavOf(time.Second, func(b []byte) { set(4, 0)(b); set(40, 0)(b) }), time.Second, false, false},
		{"being written: lengths as large as can be", wavOf(time.Second, func(b []byte) { set(4, 1<<32-1)(b); set(40, 1<<32-1)(b) }), time.Second, false, false},
		{"being written: lengths of a moment ago", append(wav(time.Second), make([]byte, 16000)...), 2 * time.Second, false, false},
		{"half of it is here", wav(time.Second)[:44+8000], time.Second / 2, false, false},
		{"sound longer than the file says", wavOf(time.Second, set(4, 100)), time.Second, false, false},
		{"more sound said than the file has", wavOf(time.Second, set(40, 17000)), time.Second, false, false},
		{"head cut before the sound", whole[:44], 0, false, false},
		{"head cut", whole[:43], 0, false, true},
		{"nothing", nil, 0, false, true},
		{"something else", []byte("ID3 this is an MP3 file, or says so"), 0, false, true},
		{"another RIFF", wavOf(0, func(b []byte) { copy(b[8:], "AVI ") }), 0, false, true},
		{"no rate", wavOf(time.Second, set(28, 0)), 0, false, true},
		{"a rate of a byte a year", append(wavOf(time.Second, set(28, 1)), make([]byte, 40<<20)...), 0, false, true},
		{"format too short", wavOf(time.Second, set(16, 15)), 0, false, true},
		{"a chunk of four gigabytes", wavOf(time.Second, set(16, 1<<32-1)), 0, false, true},
		{"sound before its format", slices.Concat(whole[:12], whole[36:]), 0, false, true},
		{"endless chunks", append([]byte("RIFF\x00\x00\x00\x00WAVE"), bytes.Repeat(chunk("junk", 0), 100)...), 0, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			length, _, whole, err := recording.ReadWave(bytes.NewReader(tt.file), int64(len(tt.file)))
			if (err != nil) != tt.fails || length != tt.length || whole != tt.whole {
				t.Errorf("got %v, whole %v, %v; want %v, %v", length, whole, err, tt.length, tt.whole)
			}
		})
	}
}

// counting counts what is read.
type counting struct {
	io.ReaderAt
	read int
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.read += n
	return n, err
}

func TestReadWaveReadsTheHeadOnly(t *testing.T) {
	c := &counting{ReaderAt: bytes.NewReader(wav(time.Second))}
	const size = 44 + 300<<30 // more than a head can say
	length, n, whole, err := recording.ReadWave(c, size)
	if err != nil || whole || n != 300<<30 || length != 20132659200*time.Millisecond || c.read > 100 {
		t.Errorf("got %v, %d bytes, %v, %v after reading %d bytes", length, n, whole, err, c.read)
	}
	broken := errors.New("broken disk")
	if _, _, _, err := recording.ReadWave(failing{broken}, 1000); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// FuzzReadWave: whatever the file, no panic, no length below zero, no more sound than there are bytes, and few of them read.
func FuzzReadWave(f *testing.F) {
	for _, seed := range [][]byte{wav(time.Second), wav(0), unfinished(time.Second), nil, []byte("RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff")} {
		f.Add(seed, int64(len(seed)))
	}
	f.Fuzz(func(t *testing.T, file []byte, size int64) {
		c := &counting{ReaderAt: bytes.NewReader(file)}
		length, n, whole, err := recording.ReadWave(c, size)
		if length < 0 || n < 0 || n > max(size, 0) || err != nil && (length != 0 || whole) || c.read > 64*24+12 {
			t.Fatalf("%v, %d bytes of %d, %v, %v, read %d", length, n, size, whole, err, c.read)
		}
	})
}

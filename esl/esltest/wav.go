package esltest

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
)

const (
	wavRate   = 8000
	wavHeader = 44
	// maxSamples bounds a recording's file (six hours).
	maxSamples = 6 * 3600 * wavRate
)

// writeWAV writes a playable file: PCM, 16 bit, 8 kHz, mono, a soft 440 Hz tone.
func writeWAV(path string, samples int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	samples = min(samples, maxSamples)
	size := uint32(samples * 2)
	head := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, wavHeader-8+size)...)
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, 16)
	head = binary.LittleEndian.AppendUint16(head, 1) // PCM
	head = binary.LittleEndian.AppendUint16(head, 1) // channels
	head = binary.LittleEndian.AppendUint32(head, wavRate)
	head = binary.LittleEndian.AppendUint32(head, wavRate*2)
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 16)
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, size)
	_, err = f.Write(head)
	// 440 Hz at 8 kHz repeats after 200 samples; one second is 40 of those.
	second := make([]byte, wavRate*2)
	for i := range wavRate {
		v := int16(4000 * math.Sin(2*math.Pi*440*float64(i)/wavRate))
		binary.LittleEndian.PutUint16(second[2*i:], uint16(v))
	}
	for left := int(size); err == nil && left > 0; left -= len(second) {
		_, err = f.Write(second[:min(left, len(second))])
	}
	return errors.Join(err, f.Close())
}

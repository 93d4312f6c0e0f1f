package store

import (
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// What CDRs, and the legs of calls, have in common. With it as a dictionary a CDR takes a seventh of its length, and is
// packed in a third of the time that zstd takes. What was packed with a dictionary can be opened only with the same one:
// a new text needs a new mark, and the old one stays.
var (
	//go:embed dictionaries/cdr1.xml
	cdrDictionary []byte
	//go:embed dictionaries/legs1.json
	legsDictionary []byte
)

// The first byte of what is packed with a dictionary. What begins with zstd's own mark is zstd.
const (
	withCDRs byte = 1
	withLegs byte = 2
)

const usualDocument = 128 << 10 // bytes

// packer packs documents for the database, and opens them. It may be used from any goroutine.
type packer struct {
	cdrs, legs *s2.Dict
	plain      *zstd.Encoder
	opener     *zstd.Decoder
	scratch    sync.Pool // of *[]byte, to pack into
}

func newPacker() (*packer, error) {
	p := &packer{cdrs: s2.MakeDict(cdrDictionary, nil), legs: s2.MakeDict(legsDictionary, nil)}
	if p.cdrs == nil || p.legs == nil {
		return nil, errors.New("a dictionary is too short")
	}
	p.scratch.New = func() any { return new([]byte) }
	var err error
	// Neither starts a goroutine when used for whole documents only.
	if p.plain, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(1<<20)); err != nil {
		return nil, fmt.Errorf("make a packer: %w", err)
	}
	p.opener, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDocument))
	return p, err
}

func (p *packer) packCDR(raw []byte) []byte   { return p.pack(withCDRs, p.cdrs, raw) }
func (p *packer) packLegs(legs []byte) []byte { return p.pack(withLegs, p.legs, legs) }

func (p *packer) pack(mark byte, d *s2.Dict, raw []byte) []byte {
	scratch := p.scratch.Get().(*[]byte)
	if need := s2.MaxEncodedLen(len(raw)); cap(*scratch) < need {
		*scratch = make([]byte, need)
	}
	packed := append([]byte{mark}, d.Encode((*scratch)[:cap(*scratch)], raw)...)
	if cap(*scratch) <= usualDocument {
		p.scratch.Put(scratch)
	}
	return packed
}

func (p *packer) open(packed []byte) (raw []byte, err error) {
	d := p.cdrs
	switch {
	case len(packed) == 0:
		return nil, errors.New("unpack: nothing")
	case packed[0] == withCDRs:
	case packed[0] == withLegs:
		d = p.legs
	default:
		return p.openPlain(nil, packed)
	}
	switch n, err := s2.DecodedLen(packed[1:]); {
	case err != nil:
		return nil, fmt.Errorf("unpack: %w", err)
	case n > maxDocument:
		return nil, fmt.Errorf("unpack: a document of %d bytes", n)
	}
	if raw, err = d.Decode(nil, packed[1:]); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return raw, nil
}

// openPlain is open of what is packed without a dictionary, in the memory of a buffer if that has room.
func (p *packer) openPlain(buffer, packed []byte) (raw []byte, err error) {
	if raw, err = p.opener.DecodeAll(packed, buffer[:0]); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return raw, nil
}

func (p *packer) close() { p.opener.Close() }

package store

import (
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// What documents have in common: with it as a dictionary a CDR takes a third of what it takes without. What was packed
// with a dictionary can be opened only with the same one: a new text needs a new number, and the old one stays.
var (
	//go:embed dictionaries/cdr1.xml
	cdrDictionary []byte
	//go:embed dictionaries/legs1.json
	legsDictionary []byte
)

const (
	cdrDictionaryID  = 0x8001
	legsDictionaryID = 0x8002
)

// packer packs documents for the database, and opens them. It may be used from any goroutine.
type packer struct {
	cdrs, legs, plain *zstd.Encoder
	opener            *zstd.Decoder
}

func newPacker() (*packer, error) {
	p := &packer{}
	for _, e := range []struct {
		to         **zstd.Encoder
		id         uint32
		dictionary []byte
	}{{&p.cdrs, cdrDictionaryID, cdrDictionary}, {&p.legs, legsDictionaryID, legsDictionary}, {&p.plain, 0, nil}} {
		// None starts a goroutine when used for whole documents only.
		options := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(1 << 20)}
		if e.dictionary != nil {
			options = append(options, zstd.WithEncoderDictRaw(e.id, e.dictionary), zstd.WithEncoderLevel(zstd.SpeedFastest),
				zstd.WithEncoderCRC(false))
		}
		made, err := zstd.NewWriter(nil, options...)
		if err != nil {
			return nil, fmt.Errorf("make a packer: %w", err)
		}
		*e.to = made
	}
	var err error
	p.opener, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDocument),
		zstd.WithDecoderDictRaw(cdrDictionaryID, cdrDictionary), zstd.WithDecoderDictRaw(legsDictionaryID, legsDictionary))
	return p, err
}

func (p *packer) open(packed []byte) ([]byte, error) {
	raw, err := p.opener.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return raw, nil
}

func (p *packer) close() { p.opener.Close() }

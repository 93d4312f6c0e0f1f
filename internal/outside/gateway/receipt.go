package gateway

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"net/url"
	"strings"

	"callgate/internal/fault"
)

// MaxReceipts is how long the body of a call from a provider may be, in bytes.
const MaxReceipts = 1 << 20

// hashes are those that providers sign with.
var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}

// Receipts reads what a provider calls to say, and how it wants to be answered: with status 200. Messages of which it says
// nothing new are passed over. It fails with fault.Denied for what is not signed as it has to be, and with
// fault.WrongField for what cannot be read; the provider should then hear of a failure, and tries again.
func (h *HTTP) Receipts(method string, query url.Values, header http.Header, body []byte) ([]Receipt, Answer, error) {
	b := h.d.Receipt
	if b == nil {
		return nil, Answer{}, fault.New(fault.NotFound, "receipt")
	}
	if len(body) > MaxReceipts {
		return nil, Answer{}, fault.New(fault.TooLarge, "body")
	}
	plain := func(said string) string { return words(said, h.secrets, Text{}) }
	var failed error
	for _, where := range b.In {
		value, err := found(where, method, query, header, body)
		if err != nil || value == nil {
			failed = err
			continue
		}
		if err := b.Signature.check(value, h.needs); err != nil {
			return nil, Answer{}, err
		}
		return b.receipts(value, "", plain), Answer{Type: b.Answer.Type, Text: b.Answer.Text}, nil
	}
	if failed == nil {
		failed = errors.New("nothing is where receipts are looked for")
	}
	return nil, Answer{}, &fault.Error{Kind: fault.WrongField, Subject: "body", Err: failed}
}

// check fails when a request is not signed. One is not wanted as long as a need in it is empty.
func (s *signature) check(value any, needs map[string]string) error {
	if s == nil {
		return nil
	}
	texts := map[string]string{}
	for _, p := range s.Of {
		for _, name := range p.names {
			if need, is := needs[name]; !is {
				way, _ := parsePath(name) // it was checked
				texts[name] = strings.Join(flat(way.at(value), false), "")
			} else if texts[name] = need; need == "" {
				return nil
			}
		}
	}
	signed, _ := s.Of.render(values{texts: texts}, asItIs)
	sum := hashes[s.Hash]()
	sum.Write([]byte(signed))
	if want := hex.EncodeToString(sum.Sum(nil)); !hmac.Equal([]byte(want), []byte(strings.ToLower(s.At.scalar(value)))) {
		return fault.New(fault.Denied, "signature")
	}
	return nil
}

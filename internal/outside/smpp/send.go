package smpp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"callgate/internal/outside/gateway"
)

// Send hands a message over. It blocks until the SMSC has answered for all its parts, ctx ends or the time for answers is over.
// Its ID is that of the last part. Of a message in parts the first that is taken decides: from then on what comes may only be
// Taken, or Unknown. A later part that the SMSC surely has not got is handed over again while ctx lasts.
func (c *Client) Send(ctx context.Context, t gateway.Text) gateway.Sent {
	all, err := c.compose(t)
	if err != nil {
		return gateway.Sent{Outcome: gateway.Refused, Reason: err.Error()}
	}
	if err := c.begin(); err != nil {
		return gateway.Sent{Outcome: gateway.Later, Reason: err.Error()}
	}
	defer c.end()
	if len(all) == 1 {
		return c.hand(ctx, all[0], c.parts.forget)
	}
	w := &whole{}
	var sent gateway.Sent
	for i, p := range all {
		taken := func(id string) { c.parts.add(id, w, i == len(all)-1) }
		sent = c.hand(ctx, p, taken)
		for i > 0 && sent.Outcome == gateway.Later && c.rest(ctx, max(sent.Wait, time.Second)) {
			sent = c.hand(ctx, p, taken)
		}
		if sent.Outcome != gateway.Taken {
			c.parts.end(w)
		}
		switch {
		case sent.Outcome == gateway.Taken:
		case i > 0:
			return gateway.Sent{Outcome: gateway.Unknown, Reason: fmt.Sprintf("%d of %d parts were taken, then: %s", i, len(all), sent.Reason)}
		default:
			return sent
		}
	}
	return sent
}

// rest waits, and tells whether there is still somebody who waits and somebody who sends.
func (c *Client) rest(ctx context.Context, d time.Duration) bool {
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-ctx.Done():
	case <-c.over:
	}
	return false
}

// hand hands one PDU over. taken is told the id before a receipt of it can be read; it must not block.
func (c *Client) hand(ctx context.Context, p *pdu.SubmitSM, taken func(id string)) gateway.Sent {
	l := c.line.Load()
	if l == nil {
		return gateway.Sent{Outcome: gateway.Later, Reason: c.noSession().Error()}
	}
	if err := l.enter(ctx); err != nil {
		return gateway.Sent{Outcome: gateway.Later, Reason: "no place in the window: " + err.Error()}
	}
	if wait := c.paused(); wait > 0 { // looked at here, for many wait for a place
		<-l.window
		return gateway.Sent{Outcome: gateway.Later, Reason: "the SMSC has too much", Wait: wait}
	}
	f, err := l.ask(ctx, p, true, func(f frame) {
		if id, ok := c.taken(f); ok {
			taken(id)
		}
	})
	switch {
	case errors.Is(err, errNotSent):
		return gateway.Sent{Outcome: gateway.Later, Reason: err.Error()}
	case err != nil:
		return gateway.Sent{Outcome: gateway.Unknown, Reason: err.Error()}
	}
	return c.judge(l, f)
}

// taken tells whether an answer says that a message was taken, and under which id; "" where that is none.
func (c *Client) taken(f frame) (id string, ok bool) {
	if !f.is(data.SUBMIT_SM_RESP) || f.status != uint32(data.ESME_ROK) {
		return "", false
	}
	base, _ := bases(c.s.IDs)
	if id = plainID(f.text(maxID+1), base); !isID(id) {
		id = ""
	}
	return id, true
}

// judge says what an answer means.
func (c *Client) judge(l *link, f frame) gateway.Sent {
	id, ok := c.taken(f)
	switch {
	case ok:
		c.relieved()
		return gateway.Sent{Outcome: gateway.Taken, ID: id}
	case !f.is(data.SUBMIT_SM_RESP) && !f.is(data.GENERIC_NACK):
		return gateway.Sent{Outcome: gateway.Unknown, Reason: "the answer is one to something else"}
	}
	sent := gateway.Sent{Outcome: gateway.Refused, Reason: statusName(f.status)}
	if passing(f.status) {
		sent.Outcome = gateway.Later
	}
	if tooMuch(f.status) {
		sent.Wait = c.paused()
	}
	if f.status == uint32(data.ESME_RINVBNDSTS) {
		l.fail(errNoBind)
	}
	return sent
}

var (
	sourceDigits = regexp.MustCompile(`^\+?[0-9]{1,20}$`)
	destination  = regexp.MustCompile(`^\+?[0-9*#]{1,20}$`)
)

// isSource tells whether a text can be shown as a sender.
func isSource(text string) bool {
	return sourceDigits.MatchString(text) || len(text) <= maxAlphabetic && printable.MatchString(text)
}

// compose makes the PDUs of a message. The error has nothing of the message in it.
func (c *Client) compose(t gateway.Text) ([]*pdu.SubmitSM, error) {
	if t.From == "" {
		t.From = c.s.Source
	}
	now := time.Now()
	switch {
	case !destination.MatchString(t.Number):
		return nil, errors.New("the number is none that an SMSC takes")
	case t.From != "" && !isSource(t.From):
		return nil, fmt.Errorf("the sender is neither up to %d ASCII characters nor a number", maxAlphabetic)
	case !utf8.ValidString(t.Text) || strings.ContainsRune(t.Text, 0):
		return nil, errors.New("the text is none: it has a NUL in it, or is no UTF-8")
	case !t.Until.IsZero() && !t.Until.After(now):
		return nil, errors.New("the time is over until which it was of use")
	}
	b, err := encode(t.Text, c.s.Encoding)
	parts := b.split(c.s.Long)
	if err != nil || len(parts) > maxParts {
		return nil, errors.New("the text is longer than a message can be")
	}
	coding := c.s.GSM7Coding
	if b.ucs2 {
		coding = c.s.UCS2Coding
	}
	p, err := c.envelope(t, now)
	if err != nil {
		return nil, err
	}
	several := len(parts) > 1
	if several && c.s.Long == Payload {
		p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagMessagePayload, Data: b.octets})
		parts, several = [][]byte{nil}, false
	}
	all := make([]*pdu.SubmitSM, len(parts))
	for i, octets := range parts {
		one := *p
		if several {
			one.EsmClass |= data.SM_UDH_GSM
			one.Message.SetUDH(header(c.s.Long, uint16(t.ID), i+1, len(parts)))
		}
		if err := one.Message.SetMessageDataWithEncoding(octets, data.NewCustomEncoding(byte(coding), data.GSM7BIT)); err != nil {
			return nil, errors.New("the text is longer than a message can be")
		}
		all[i] = &one
	}
	return all, nil
}

// envelope is a message without its text.
func (c *Client) envelope(t gateway.Text, now time.Time) (*pdu.SubmitSM, error) {
	p, _ := pdu.NewSubmitSM().(*pdu.SubmitSM)
	var err, err2 error
	p.SourceAddr, err = address(t.From, kindOfSource(t.From), c.s.SourceTON, c.s.SourceNPI)
	p.DestAddr, err2 = address(t.Number, kindOfNumber(t.Number), c.s.DestTON, c.s.DestNPI)
	if c.s.Receipts && c.s.Bind != Transmitter {
		p.RegisteredDelivery = data.SM_SMSC_RECEIPT_REQUESTED
	}
	if left := t.Until.Sub(now); !t.Until.IsZero() {
		switch c.s.Validity {
		case Relative:
			s := int(min(left, longestValidity)+time.Second-1) / int(time.Second)
			p.ValidityPeriod = fmt.Sprintf("0000%02d%02d%02d%02d000R", s/86400, s/3600%24, s/60%60, s%60)
		case Absolute:
			p.ValidityPeriod = t.Until.UTC().Format("060102150405") + "000+"
		}
	}
	return p, errors.Join(err, err2)
}

// longestValidity is what fits into the days of a validity period. Source: SMPP 3.4, 7.1.1.2.
const longestValidity = 30 * 24 * time.Hour

// numbering is a TON and an NPI. Source: SMPP 3.4, 5.2.5 and 5.2.6.
type numbering struct{ ton, npi byte }

func kindOfSource(text string) numbering {
	switch digits := strings.TrimPrefix(text, "+"); {
	case text == "":
		return numbering{}
	case !sourceDigits.MatchString(text):
		return numbering{data.GSM_TON_ALPHANUMERIC, data.GSM_NPI_UNKNOWN}
	case len(digits) <= longestShort && digits == text:
		return numbering{data.GSM_TON_NETWORK, data.GSM_NPI_UNKNOWN}
	}
	return numbering{data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164}
}

// longestShort is the length of a short number, in digits.
const longestShort = 6

func kindOfNumber(text string) numbering {
	if strings.HasPrefix(text, "+") {
		return numbering{data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164}
	}
	return numbering{data.GSM_TON_UNKNOWN, data.GSM_NPI_E164}
}

// address is an address as it is sent: a number has no plus sign there.
func address(text string, k numbering, ton, npi *int) (pdu.Address, error) {
	if ton != nil {
		k.ton = byte(*ton)
	}
	if npi != nil {
		k.npi = byte(*npi)
	}
	if destination.MatchString(text) {
		text = strings.TrimPrefix(text, "+")
	}
	return pdu.NewAddressWithTonNpiAddr(k.ton, k.npi, text)
}

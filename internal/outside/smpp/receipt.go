package smpp

import (
	"bytes"
	"math/big"
	"regexp"
	"strings"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"callgate/internal/outside/gateway"
)

// maxID is the longest id of a message. Source: SMPP 3.4, 4.4.2.
const maxID = 64

// What a text says that is a receipt. Source: SMPP 3.4, Appendix B.
var (
	receiptID    = regexp.MustCompile(`(?i)\bid:\s*([!-~]+)`)
	receiptState = regexp.MustCompile(`(?i)\bstat:\s*([A-Z]+)`)
	receiptError = regexp.MustCompile(`(?i)\berr:\s*([0-9A-Z]{1,4})\b`)
	receiptText  = regexp.MustCompile(`(?i)\btext:`) // from here on it is what somebody wrote
)

// The kinds of what is delivered. Source: SMPP 3.4, 5.2.12.
const (
	kindMask     = 0x3C
	kindReceipt  = 0x04
	kindMeantime = 0x20 // a notice of what is not final
)

// isReceipt tells whether what is delivered is a receipt. Its text does not count: everybody who has a telephone could write one.
func isReceipt(d *pdu.DeliverSM) bool {
	_, named := d.OptionalParameters[pdu.TagReceiptedMessageID]
	kind := d.EsmClass & kindMask
	return named || kind == kindReceipt || kind == kindMeantime
}

// readReceipt tells what a receipt says, with the id as the SMSC writes it there. Fields come before the text, but for the id
// where the text has it in another base than the answer: the field then may have it as the answer had. Source: SMPP 3.4, 5.3.2.12.
func readReceipt(d *pdu.DeliverSM, otherBase bool) (r gateway.Receipt, ok bool) {
	text := receiptWords(d)
	field := func(tag pdu.Tag) []byte { return d.OptionalParameters[tag].Data }
	written := found(receiptID, text)
	if r.ID = string(bytes.TrimRight(field(pdu.TagReceiptedMessageID), "\x00")); !isID(r.ID) || otherBase && isID(written) {
		r.ID = written
	}
	state := stateNamed(found(receiptState, text))
	if given := field(pdu.TagMessageStateOption); len(given) == 1 && given[0] > 0 && int(given[0]) < len(states) {
		state = given[0]
	}
	if state == 0 || !isID(r.ID) {
		return r, false
	}
	switch r.State = states[state].means; r.State {
	case gateway.Failed, gateway.Expired:
		if d.EsmClass&kindMask == kindMeantime { // an attempt has failed, and there are others. Source: SMPP 3.4, 2.10, Intermediate Notification
			r.State = gateway.OnItsWay
			return r, true
		}
		r.Reason = strings.TrimSpace(states[state].name + " " + found(receiptError, text))
	}
	return r, true
}

// receiptWords is the text of a receipt, up to where it repeats the message.
func receiptWords(d *pdu.DeliverSM) string {
	octets, _ := d.Message.GetMessageData() // not as text: not all that SMSCs write is in the alphabet that they say it is
	if len(octets) == 0 {
		octets = d.OptionalParameters[pdu.TagMessagePayload].Data
	}
	text := string(octets)
	if e := d.Message.Encoding(); e != nil && e.DataCoding() == data.UCS2Coding {
		text, _ = data.UCS2.Decode(octets)
	}
	if at := receiptText.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return text
}

func found(form *regexp.Regexp, text string) string {
	if m := form.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// states are those of a message, by their number, and what they mean. Source: SMPP 3.4, 5.2.28 and Appendix B.
var states = [...]struct {
	name  string
	means gateway.State
}{1: {"ENROUTE", gateway.OnItsWay}, 2: {"DELIVRD", gateway.Delivered}, 3: {"EXPIRED", gateway.Expired}, 4: {"DELETED", gateway.Failed},
	5: {"UNDELIV", gateway.Failed}, 6: {"ACCEPTD", gateway.OnItsWay}, 7: {"UNKNOWN", gateway.OnItsWay}, 8: {"REJECTD", gateway.Failed}}

// stateNamed is the number of a state by its name, which some write out: five letters tell them apart.
func stateNamed(word string) byte {
	for i, s := range states {
		if s.name != "" && strings.HasPrefix(strings.ToUpper(word), s.name[:5]) {
			return byte(i)
		}
	}
	return 0
}

// isID tells whether a text can be the id of a message.
func isID(text string) bool {
	return text != "" && len(text) <= maxID && printable.MatchString(text)
}

// bases are those in which ids are written: in an answer, and in a receipt. 0 is as they are.
func bases(ids string) (answer, receipt int) {
	switch ids {
	case HexDec:
		return 16, 10
	case DecHex:
		return 10, 16
	}
	return 0, 0
}

// plainID is an id in the one form in which it is compared: decimal digits, where it is a number in a base.
func plainID(id string, base int) string {
	if base == 0 {
		return id
	}
	digits := id
	if base == 16 {
		digits = strings.TrimPrefix(strings.ToLower(id), "0x")
	}
	if n, ok := new(big.Int).SetString(digits, base); ok && n.Sign() >= 0 {
		return n.String()
	}
	return id
}

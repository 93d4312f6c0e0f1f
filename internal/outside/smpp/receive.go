package smpp

import (
	"context"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

const (
	receiptsWaiting = 64 // to be kept; what comes beyond the SMSC is told to say again
	keepers         = 8  // receipts that are kept at once
)

// What is passed over, as metrics name it.
const (
	lateAnswer     = "late_answer"     // to what counts as unknown, or to nothing
	malformed      = "malformed"       // a PDU that cannot be read
	strange        = "strange"         // a command that is none for us
	inbound        = "inbound_message" // of a telephone, not a receipt
	unreadable     = "unreadable_receipt"
	sayReceipt     = "receipt_refused" // could not be kept, or too many wait: said again by the SMSC
	partialReceipt = "partial_receipt" // of a part that decides nothing
)

// read takes what the SMSC sends until the link ends.
func (l *link) read() {
	for {
		f, err := readFrame(l.in)
		if err != nil {
			l.fail(err)
			return
		}
		switch {
		case f.isAnswer():
			if tooMuch(f.status) {
				l.calm() // before its place in the window is another's
			}
			if !l.settle(f.number, answer{frame: f}) {
				l.skip(lateAnswer)
			}
		case f.is(data.DELIVER_SM):
			l.take(f)
		case f.is(data.ENQUIRE_LINK):
			l.say(pdu.NewEnquireLinkResp(), f.number)
		case f.is(data.UNBIND):
			_ = l.hand(context.Background(), &request{octets: marshal(pdu.NewUnbindResp(), f.number), last: errUnbound})
			return
		case f.is(data.ALERT_NOTIFICATION): // wants no answer
		default:
			l.skip(strange)
			nack, _ := pdu.NewGenericNack().(*pdu.GenericNack)
			nack.CommandStatus = data.ESME_RINVCMDID
			l.say(nack, f.number)
		}
	}
}

// say answers the SMSC.
func (l *link) say(p pdu.PDU, number uint32) {
	_ = l.hand(context.Background(), &request{octets: marshal(p, number)}) // fails when the link has ended
}

// take puts what is delivered down for the keepers, so that a slow store holds up no answers.
func (l *link) take(f frame) {
	d, err := f.deliver()
	if err != nil {
		l.skip(malformed)
		l.acknowledge(f.number, data.ESME_RX_P_APPN) // for good: it would not get better by being said again
		return
	}
	select {
	case l.receipts <- d:
	default:
		l.skip(sayReceipt)
		l.acknowledge(f.number, data.ESME_RX_T_APPN)
	}
}

// keep keeps what is delivered, and acknowledges it then.
func (l *link) keep(ctx context.Context) {
	for {
		select {
		case d := <-l.receipts:
			limited, cancel := context.WithTimeout(ctx, l.patience)
			status := l.hear(limited, d)
			cancel()
			l.acknowledge(uint32(d.SequenceNumber), status)
		case <-l.dead:
			return
		}
	}
}

func (l *link) acknowledge(number uint32, status data.CommandStatusType) {
	r, _ := pdu.NewDeliverSMResp().(*pdu.DeliverSMResp)
	r.CommandStatus = status
	l.say(r, number)
}

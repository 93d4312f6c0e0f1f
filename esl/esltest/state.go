package esltest

import "strconv"

// state is a channel state, in FreeSWITCH's numbers.
type state int

const (
	csNew state = iota
	csInit
	csRouting
	csSoftExecute
	csExecute
	csExchangeMedia
	csPark
	csConsumeMedia
	csHibernate
	csReset
	csHangup
	csReporting
	csDestroy
)

var stateNames = [...]string{"CS_NEW", "CS_INIT", "CS_ROUTING", "CS_SOFT_EXECUTE", "CS_EXECUTE", "CS_EXCHANGE_MEDIA",
	"CS_PARK", "CS_CONSUME_MEDIA", "CS_HIBERNATE", "CS_RESET", "CS_HANGUP", "CS_REPORTING", "CS_DESTROY"}

// flag is a channel flag, in FreeSWITCH's numbers: CDRs show them.
type flag int

const (
	cfAlways          flag = 0
	cfAnswered        flag = 1
	cfOutbound        flag = 2
	cfEarlyMedia      flag = 3
	cfAcceptCNG       flag = 7
	cfBridged         flag = 9
	cfRingReady       flag = 22
	cfBreak           flag = 23
	cfOriginating     flag = 30
	cfFSRTP           flag = 39
	cfReporting       flag = 40
	cfTimestampSet    flag = 42
	cfMediaAck        flag = 45
	cfMediaBridgeTTL  flag = 50
	cfMediaSet        flag = 55
	cfDialplan        flag = 62
	cfLiberalDTMF     flag = 95
	cfAutoflushBridge flag = 107
	cfVerboseSDP      flag = 113
	cfDTLSOK          flag = 114
	cfVideoBreak      flag = 123
	cfAudio           flag = 160
	cfWantDTLS12      flag = 166
	flagCount              = 172
)

// setState asks the thread to go somewhere else.
func (c *channel) setState(to state) {
	if c.down() && to < csHangup {
		return
	}
	c.state = to
	c.changed.fire()
}

func (c *channel) setRunning(to state) {
	c.running = to
	c.changed.fire()
	e := c.s.begin(siteState, "CHANNEL_STATE")
	c.describeBasic(e)
	c.s.fire(e)
}

func (c *channel) setCallState(to string) {
	if c.callState == to {
		return
	}
	old := c.callState
	c.callState = to
	e := c.s.begin(siteCallState, "CHANNEL_CALLSTATE")
	e.headers.add("Original-Channel-Call-State", old)
	e.headers.add("Channel-Call-State-Number", callStateNumber(to))
	c.describeBasic(e)
	c.s.fire(e)
}

func callStateNumber(name string) string {
	for i, n := range []string{"DOWN", "DIALING", "RINGING", "EARLY", "ACTIVE", "HELD", "RING_WAIT", "HANGUP", "UNHELD"} {
		if n == name {
			return strconv.Itoa(i)
		}
	}
	return "0"
}

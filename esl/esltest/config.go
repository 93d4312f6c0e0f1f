package esltest

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"time"
)

// Config says what the pretend switch is like. Every field has a usable zero
// value. New copies it; changing it later has no effect.
type Config struct {
	Addr     string       // where the Event Socket listens; "" is 127.0.0.1:0
	Listener net.Listener // serves here instead of binding Addr; closed by the switch
	Password string       // "" is ClueCon, as FreeSWITCH ships it

	Hostname string // also the switch name; "" is pretend
	Version  string // as in "version short"; "" is 1.11.2-dev
	Build    string // what follows it in the full version, git~…
	BuildFor string // the same for human readers; "" is Build
	IPv4     string // "" is 127.0.0.1
	IPv6     string // "" is ::1
	Domain   string // of a bare user/x; "" is IPv4

	SIPProfile string   // "" is internal
	SIPAddr    string   // host:port of the profile; a call to it comes back in. "" is 127.0.0.1:5060
	SIPAlias   []string // names of the profile
	SIPContext string   // of the dialplan, where calls from outside come in; "" is default
	WSPort     int      // ports of the profile's web sockets; 0: none
	WSSPort    int
	CodecPrefs string // what the media engine may use; "" is FreeSWITCH's own list

	Phones     []Phone
	Users      []User
	Gateways   []Gateway
	Extensions []Extension
	Globals    map[string]string // global variables
	Modules    []string          // what module_exists knows, beyond what is pretended here

	// XML is the document that xml_locate and acl look into; what the switch does comes from the other fields alone.
	XML string

	Queues []Queue
	Agents []Agent
	Tiers  []Tier

	// RecordingsDir is where recordings really go, and RecordingsPath the
	// folder's name inside the switch ("" means the same). When RecordingsDir is
	// set, recordings outside of it fail as on a read-only disk.
	RecordingsDir  string
	RecordingsPath string

	CDR CDRConfig

	Heartbeat    time.Duration // 0 is 20 s, negative is never
	MaxSessions  int           // 0 is 1000
	SessionsRate int           // sessions per second; 0 is 30

	// Speed makes the switch's clock run that many times faster than Now, so
	// that a call that lasts a minute in every event and record takes a second.
	// Every duration in this Config is by the switch's clock. 0 is 1.
	Speed float64
	Now   func() time.Time // nil is time.Now
	Rand  io.Reader        // for UUIDs and tags; nil is crypto/rand

	// Dial opens outbound sockets and CDR posts; nil is a net.Dialer.
	Dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	Logger *slog.Logger // nil discards
}

// Phone is a pretend SIP phone. The zero behaviour: it rings at once and
// answers at once, and stays until the switch hangs up.
type Phone struct {
	Addr        string        // host:port it listens on
	User        string        // which user it answers for; "" is any
	AnswerAfter time.Duration // ringing time
	RingAfter   time.Duration // before 180
	NoRing      bool          // no 180 before the answer
	NoAnswer    bool          // rings for ever
	Refuse      int           // SIP status to refuse with (486 busy, 603 declined, 404…), after AnswerAfter
	HangupAfter time.Duration // talk time before it hangs up; 0: never
	HoldAfter   time.Duration // talk time before it puts the call on hold, with HoldFor
	HoldFor     time.Duration
	UserAgent   string
	ContactUser string // "" is shown as nobody
	SDPOrigin   string // user name in its SDP; "" is "-"
}

// User is a directory entry.
type User struct {
	ID     string
	Domain string // "" is Config.Domain
	// DialString is expanded and dialled by user/ID@Domain. "" is where the
	// account is registered; NoDialString makes such calls fail with
	// MANDATORY_IE_MISSING.
	DialString string
	Variables  map[string]string
	// Registered is the address the account is registered at; "" when it is not.
	Registered string
	// Password is its esl-password for userauth; "" forbids that.
	Password string
}

// Gateway is a SIP trunk; its calls go to the phone at Addr.
type Gateway struct {
	Name string
	Addr string
	Down bool
}

// Extension is one entry of the dialplan.
type Extension struct {
	Name    string
	Context string // "" is default
	Match   string // regular expression on the destination number; $1… may be used in Data
	Also    []Condition
	Apps    []App
}

// Condition is a further one: a text with ${variables} in it, and the regular expression that it has to match.
type Condition struct{ Field, Match string }

// App is one dialplan application with its argument.
type App struct{ Name, Data string }

// Queue is a queue as callcenter.conf has it. Zero values are mod_callcenter's
// own defaults (New fills them in), but for TierRuleNoAgentNoWait, which is on
// there.
type Queue struct {
	Name                     string
	Strategy                 string // "" is longest-idle-agent
	MOH                      string // no default: NULL in lists
	TimeBaseScore            string // "" is queue
	RecordTemplate           string
	TierRulesApply           bool
	TierRuleWaitSecond       int
	TierRuleWaitMultiply     bool
	TierRuleNoAgentNoWait    bool
	DiscardAbandonedAfter    int // seconds; 0 is 60
	AbandonedResumeAllowed   bool
	MaxWaitTime              int
	MaxWaitNoAgent           int
	MaxWaitNoAgentReached    int    // 0 is 5
	RingProgressivelyDelay   int    // seconds between two agents; 0 is 10, and shown as 0
	OfferDuringExternalCalls bool   // skip-agents-with-external-calls=false
	AgentNoAnswerStatus      string // "" is On Break
}

// Agent is an agent as callcenter.conf has it.
type Agent struct {
	Name, Type, Contact, Status                                string // Type "" is callback; without Status it starts Logged Out
	MaxNoAnswer, WrapUp, RejectDelay, BusyDelay, NoAnswerDelay int
}

// Tier puts an agent into a queue. Level and Position 0 are 1.
type Tier struct {
	Queue, Agent    string
	Level, Position int
}

// CDRConfig is xml_cdr.conf.
type CDRConfig struct {
	URL            string // "" posts nothing
	User, Password string
	Encode         string // true (default), false, base64, textxml
	NoBLeg         bool   // log-b-leg=false
	NoPrefix       bool   // prefix-a-leg=false
	No100Continue  bool   // disable-100-continue=true, which loses the Content-Type
	Retries        int
	Delay          time.Duration // between tries; 0 is 5 s
	Timeout        time.Duration // of one try, real time; 0 is 30 s
	LogDir         string        // plain XML of every record, when URL is empty
	ErrLogDir      string        // what could not be posted, still encoded
}

func (c Config) withDefaults() Config {
	str := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	str(&c.Addr, "127.0.0.1:0")
	str(&c.Password, "ClueCon")
	str(&c.Hostname, "pretend")
	str(&c.Version, "1.11.2-dev")
	str(&c.Build, "pretend")
	str(&c.BuildFor, c.Build)
	str(&c.IPv4, "127.0.0.1")
	str(&c.IPv6, "::1")
	str(&c.Domain, c.IPv4)
	str(&c.SIPProfile, "internal")
	str(&c.SIPContext, "default")
	str(&c.SIPAddr, "127.0.0.1:5060")
	str(&c.CodecPrefs, "OPUS,G722,PCMU,PCMA,H264,VP8")
	str(&c.CDR.Encode, "true")
	str(&c.RecordingsPath, c.RecordingsDir)
	if c.Heartbeat == 0 {
		c.Heartbeat = 20 * time.Second
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = 1000
	}
	if c.SessionsRate == 0 {
		c.SessionsRate = 30
	}
	if c.Speed <= 0 {
		c.Speed = 1
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.CDR.Delay == 0 {
		c.CDR.Delay = 5 * time.Second
	}
	if c.CDR.Timeout == 0 {
		c.CDR.Timeout = 30 * time.Second
	}
	c.Users = append([]User(nil), c.Users...)
	for i := range c.Users {
		str(&c.Users[i].Domain, c.Domain)
	}
	c.Extensions = append([]Extension(nil), c.Extensions...)
	for i := range c.Extensions {
		str(&c.Extensions[i].Context, "default")
	}
	c.Queues = append([]Queue(nil), c.Queues...)
	for i := range c.Queues {
		q := &c.Queues[i]
		str(&q.Strategy, "longest-idle-agent")
		str(&q.TimeBaseScore, "queue")
		str(&q.AgentNoAnswerStatus, "On Break")
		if q.DiscardAbandonedAfter == 0 {
			q.DiscardAbandonedAfter = 60
		}
		if q.MaxWaitNoAgentReached == 0 {
			q.MaxWaitNoAgentReached = 5
		}
	}
	c.Agents = append([]Agent(nil), c.Agents...)
	for i := range c.Agents {
		str(&c.Agents[i].Type, "callback")
	}
	c.Tiers = append([]Tier(nil), c.Tiers...)
	for i := range c.Tiers {
		t := &c.Tiers[i]
		t.Level, t.Position = max(t.Level, 1), max(t.Position, 1)
	}
	return c
}

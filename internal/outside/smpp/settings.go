package smpp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How sessions are bound.
const (
	Transceiver         = "transceiver"          // one that sends and hears receipts
	TransmitterReceiver = "transmitter_receiver" // one that sends and one that hears receipts
	Transmitter         = "transmitter"          // one that sends; there are no receipts
)

// How a text is sent that is too long for one message.
const (
	UDH     = "udh"     // as several, which the telephone puts together
	WideUDH = "udh16"   // the same with a reference of 16 bits, which takes the place of a character in each
	Payload = "payload" // as one, which the SMSC divides
)

// How characters are written.
const (
	Auto = "auto" // in the default alphabet what is in it, in UCS-2 what is not
	UCS2 = "ucs2" // all in UCS-2
)

// How it is said until when a message is of use.
const (
	Relative = "relative" // in so much time
	Absolute = "absolute" // at a time of UTC
	None     = "none"     // not at all
)

// In what the SMSC writes the ids of messages, in its answer and in its receipts.
const (
	AsIs   = "as_is" // the same
	HexDec = "hex_dec"
	DecHex = "dec_hex"
)

// Settings say which SMSC is talked to, and how. ParseSettings makes them.
type Settings struct {
	Addr        string `json:"addr"` // host:port
	TLS         bool   `json:"tls"`
	SystemID    string `json:"system_id"`
	Password    string `json:"-"`
	SystemType  string `json:"system_type"`
	Bind        string `json:"bind"`
	Source      string `json:"source"` // whom messages show as their sender that name none
	SourceTON   *int   `json:"source_ton"`
	SourceNPI   *int   `json:"source_npi"`
	DestTON     *int   `json:"dest_ton"`
	DestNPI     *int   `json:"dest_npi"`
	Window      int    `json:"window"`       // messages at once whose answers are waited for
	EnquireLink int    `json:"enquire_link"` // seconds between two
	Answer      int    `json:"answer"`       // seconds that an answer may take
	Throttle    int    `json:"throttle"`     // seconds that the SMSC is left alone when it says it has too much
	Long        string `json:"long"`
	Encoding    string `json:"encoding"`
	GSM7Coding  int    `json:"gsm7_coding"` // data_coding of the default alphabet
	UCS2Coding  int    `json:"ucs2_coding"` // and of UCS-2
	Receipts    bool   `json:"receipts"`    // are asked for
	Validity    string `json:"validity"`
	IDs         string `json:"ids"`
}

// The longest that fields may be, without the NUL at their end. Source: SMPP 3.4, 4.1.1. Passwords are 8 there; longer ones
// are in use, and SMSCs that give them out take them.
const (
	maxSystemID   = 15
	maxPassword   = 64
	maxSystemType = 12
	maxAddress    = 20
	maxAlphabetic = 11 // of an address that is a name. Source: 3GPP TS 23.040, 9.1.2.5
)

// ParseSettings reads a description, which is JSON, and the values that do not stand in it, of which there is one: password.
// It refuses what cannot work. The error tells the place, and never a value.
func ParseSettings(description []byte, values map[string]string) (Settings, error) {
	s := Settings{Bind: Transceiver, Window: 10, EnquireLink: 30, Answer: 10, Throttle: 1, Long: UDH, Encoding: Auto, UCS2Coding: 8, Receipts: true,
		Validity: Relative, IDs: AsIs}
	dec := json.NewDecoder(bytes.NewReader(description))
	dec.DisallowUnknownFields()
	err := dec.Decode(&s)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows it")
		}
	}
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if mistyped.Field == "" {
			return s, errors.New("want an object of JSON")
		}
		return s, fmt.Errorf("%s: a %s cannot stand here", mistyped.Field, mistyped.Value)
	}
	if err != nil {
		if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
			return s, fmt.Errorf("%s: there is no such setting", strings.Trim(name, `"`))
		}
		return s, fmt.Errorf("no JSON: %w", err)
	}
	for name, value := range values {
		if name != "password" {
			return s, fmt.Errorf("%s: an SMSC needs no such value", name)
		}
		s.Password = value
	}
	return s, s.Check()
}

var printable = regexp.MustCompile(`^[ -~]*$`)

// Check refuses settings that cannot work, with the place.
func (s Settings) Check() error {
	host, port, err := net.SplitHostPort(s.Addr)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, host == "", notNumber != nil, number == 0:
		return errors.New("addr: want host:port")
	case s.Source != "" && !isSource(s.Source):
		return fmt.Errorf("source: want up to %d printable ASCII characters, or up to %d digits", maxAlphabetic, maxAddress)
	}
	for _, text := range [...]struct {
		place, value string
		least, most  int
	}{{"system_id", s.SystemID, 1, maxSystemID}, {"password", s.Password, 0, maxPassword}, {"system_type", s.SystemType, 0, maxSystemType}} {
		if len(text.value) < text.least || len(text.value) > text.most || !printable.MatchString(text.value) {
			return fmt.Errorf("%s: want %d to %d printable ASCII characters", text.place, text.least, text.most)
		}
	}
	for _, word := range [...]struct {
		place, value string
		want         []string
	}{
		{"bind", s.Bind, []string{Transceiver, TransmitterReceiver, Transmitter}}, {"long", s.Long, []string{UDH, WideUDH, Payload}},
		{"encoding", s.Encoding, []string{Auto, UCS2}}, {"validity", s.Validity, []string{Relative, Absolute, None}}, {"ids", s.IDs, []string{AsIs, HexDec, DecHex}},
	} {
		if !slices.Contains(word.want, word.value) {
			return fmt.Errorf("%s: want one of %s", word.place, strings.Join(word.want, ", "))
		}
	}
	for _, number := range [...]struct {
		place       string
		value       *int
		least, most int
	}{
		{"window", &s.Window, 1, 1000}, {"enquire_link", &s.EnquireLink, 1, 3600}, {"answer", &s.Answer, 1, 60}, {"throttle", &s.Throttle, 1, 60},
		{"gsm7_coding", &s.GSM7Coding, 0, 255}, {"ucs2_coding", &s.UCS2Coding, 0, 255}, {"source_ton", s.SourceTON, 0, 7}, {"source_npi", s.SourceNPI, 0, 18},
		{"dest_ton", s.DestTON, 0, 7}, {"dest_npi", s.DestNPI, 0, 18},
	} {
		if number.value != nil && (*number.value < number.least || *number.value > number.most) {
			return fmt.Errorf("%s: want %d to %d", number.place, number.least, number.most)
		}
	}
	return nil
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

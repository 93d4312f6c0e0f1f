package gateway

import (
	"bytes"
	"fmt"
	"reflect"
)

// maxDescription is how long the JSON of a description may be, in bytes.
const maxDescription = 64 << 10

// Description says how a provider is asked and what its answers mean. ParseDescription makes it from JSON, of which
// docs/sms-providers.md tells every field; made in another way it is of no use. It is not changed by what uses it.
type Description struct {
	Title        string    `json:"title"`
	Source       string    `json:"source"`       // the address of the page that it was read from
	Read         string    `json:"read"`         // what of it was read where
	Experimental bool      `json:"experimental"` // not all of it could be read on the provider's own pages
	Needs        []Need    `json:"needs"`
	Number       string    `json:"number"` // how {number} is written: plus, or digits
	Send         sending   `json:"send"`
	Status       *polling  `json:"status"`
	Receipt      *callback `json:"receipt"`
	Limits       Limits    `json:"limits"`

	raw     []byte
	minutes bool // a message says until when it is of use
}

// Need is a value that is the administrator's to give.
type Need struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Secret   bool   `json:"secret"`
	Optional bool   `json:"optional"`
	Unless   string `json:"unless"` // the name of another, with which this one is not needed
	Default  string `json:"default"`
}

// Limits are what a provider does not take more of. 0 is none that is known.
type Limits struct {
	PerSecond float64 `json:"per_second"` // messages
	Longest   int     `json:"longest"`    // characters of a text
	Minutes   int     `json:"minutes"`    // that it tries to deliver
}

// sending is how a message is handed over.
type sending struct {
	request
	Taken   []rule `json:"taken"`
	Later   []rule `json:"later"`
	Refused []rule `json:"refused"` // what no rule knows is unknown
	ID      paths  `json:"id"`
	Reason  many   `json:"reason"`
}

// polling is how a provider is asked what became of messages.
type polling struct {
	request
	Most     int    `json:"most"` // messages at once, with {ids}
	Answered []rule `json:"answered"`
	reading
}

// callback is how a provider tells what became of messages.
type callback struct {
	In        []string   `json:"in"` // where to look, one after the other: query, form, json
	Signature *signature `json:"signature"`
	Answer    struct {
		Text string `json:"text"`
		Type string `json:"type"`
	} `json:"answer"`
	reading
}

// signature proves that the provider made a request: the hash of a template, whose placeholders are needs and paths.
type signature struct {
	Hash string   `json:"hash"` // md5, sha1 or sha256
	Of   template `json:"of"`
	At   paths    `json:"at"` // where the hash is, in hexadecimal digits
}

// request is how the provider is asked something.
type request struct {
	Method  string              `json:"method"`
	URL     template            `json:"url"`
	Headers map[string]template `json:"headers"`
	Auth    auth                `json:"auth"`
	Query   map[string]template `json:"query"`
	Form    map[string]template `json:"form"`
	JSON    *body               `json:"json"`
	Timeout int                 `json:"timeout"` // seconds; 0 is 30
}

// auth is how a request says who asks.
type auth struct {
	Kind     string   `json:"kind"` // none, basic, bearer, query or header
	User     template `json:"user"`
	Password template `json:"password"`
	Token    template `json:"token"`
	Name     string   `json:"name"` // of the header, or in the query
	Value    template `json:"value"`
}

// ParseDescription reads a description and refuses one that cannot work. The error tells the place, such as
// send.json.messages[0].to[0].msisdn: unknown placeholder {numbr} at character 1.
func ParseDescription(data []byte) (*Description, error) {
	if len(data) > maxDescription {
		return nil, fmt.Errorf("it is longer than %d bytes", maxDescription)
	}
	value, err := parse(data)
	if err != nil {
		return nil, err
	}
	d := &Description{raw: bytes.Clone(data)}
	if err := fill("", value, reflect.ValueOf(d).Elem()); err != nil {
		return nil, err
	}
	if d.Receipt != nil && d.Status != nil && d.Receipt.Codes.none() {
		d.Receipt.Codes = d.Status.Codes
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	for i := range d.Send.Taken {
		if d.Send.Taken[i].Status == nil {
			d.Send.Taken[i].Status = statuses{{200, 299}}
		}
	}
	return d, nil
}

// MarshalJSON implements json.Marshaler: it is what was read.
func (d *Description) MarshalJSON() ([]byte, error) {
	if d.raw == nil {
		return []byte("null"), nil
	}
	return bytes.TrimPrefix(d.raw, byteOrderMark), nil
}

// UnmarshalJSON implements json.Unmarshaler as ParseDescription.
func (d *Description) UnmarshalJSON(data []byte) error {
	parsed, err := ParseDescription(data)
	if err == nil {
		*d = *parsed
	}
	return err
}

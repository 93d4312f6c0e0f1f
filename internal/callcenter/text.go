package callcenter

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"callgate/internal/fault"
)

const (
	maxName    = 255  // bytes, of the columns in which mod_callcenter keeps names
	maxContact = 1024 // bytes, of its column for contacts
	maxReason  = 255  // characters
)

// quote writes one argument of callcenter_config so that FreeSWITCH reads exactly that text, whatever blanks, quotes,
// backslashes, ^^ or | are in it. A text that FreeSWITCH could not carry, keep and print back is fault.WrongField about
// the field: control and other invisible characters, and what is not UTF-8.
//
// Source: switch_utils.c separate_string_blank_delim, cleanup_separated_string. Quotes are not used: they would have to
// be escaped all the same, and a bare one is read differently depending on what follows.
func quote(field, text string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", wrong(field, "want printable characters")
	}
	if text == "" {
		return "''", nil
	}
	return escaper.Replace(text), nil
}

//nolint:gochecknoglobals // a table that nothing writes to
var escaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`, ` `, `\s`)

// checkName takes the name of an agent or queue. FreeSWITCH prints tiers and queues in columns parted by "|", which it
// does not escape: with one in a name nobody could read the lists any more.
func checkName(field, name string) error {
	switch _, err := quote(field, name); {
	case name == "":
		return fault.New(fault.EmptyField, field)
	case err != nil:
		return err
	case len(name) > maxName:
		return wrong(field, "want at most 255 bytes")
	case strings.Contains(name, "|"):
		return wrong(field, `a name cannot hold "|"`)
	}
	return nil
}

// What FreeSWITCH executes has a grammar of its own here, so narrow that nothing in it is code: no ${…}, which may call
// any command of the switch, no application by loopback/app=, no endpoint or file format that runs programs.
var (
	// loopback/ takes a dialplan by name, and the one called inline runs whatever applications it is given.
	contactForm = regexp.MustCompile(`^(\[([^\[\]]*)\])?(user/[A-Za-z0-9@._+-]+|verto\.rtc/[A-Za-z0-9@._+-]+|` +
		`sofia/[A-Za-z0-9@._+%*/:-]+(;transport=(udp|tcp|tls|ws|wss))?|loopback/[A-Za-z0-9._+*-]+(/[A-Za-z0-9._-]+(/XML)?)?)$`)
	contactVar = regexp.MustCompile(`^((leg_timeout|leg_delay_start|leg_progress_timeout)=[0-9]{1,5}|` +
		`(origination_caller_id_name|origination_caller_id_number)=[A-Za-z0-9+._-]{1,64})$`)
	soundForm = regexp.MustCompile(`^((local_stream://[A-Za-z0-9._/-]+)|(tone_stream://[A-Za-z0-9%(),.;:=*+-]+)|(silence_stream://-?[0-9,]+)|` +
		`([A-Za-z0-9._/-]+\.(wav|mp3|ogg|opus|flac|au|gsm|r8|r16)))$`)
	templateForm  = regexp.MustCompile(`^/[A-Za-z0-9._/-]+\.(wav|mp3|ogg|opus|flac|au|gsm)$`)
	templateField = regexp.MustCompile(`\$\{(uuid|cc_queue|cc_member_uuid|strftime\((%[YymdHMSjF]|[_.-])+\))\}`)
)

// CheckContact takes what rings for an agent: user/1000, sofia/gateway/name/number, loopback/number, before it
// optionally [leg_timeout=20] and the like. Anything else is fault.WrongField "contact".
func CheckContact(text string) error {
	parts := contactForm.FindStringSubmatch(text)
	if len(text) > maxContact || parts == nil || strings.Contains(text, ":_:") || strings.Contains(text, "..") {
		return wrong("contact", "want user/…, sofia/…, loopback/… or verto.rtc/… of letters, digits and @ . _ + % * / : -")
	}
	if parts[1] != "" {
		for v := range strings.SplitSeq(parts[2], ",") {
			if !contactVar.MatchString(v) {
				return wrong("contact", "want leg_timeout=N, leg_delay_start=N, leg_progress_timeout=N or origination_caller_id_name|number=… in the brackets")
			}
		}
	}
	return nil
}

// CheckSound takes a sound that a queue plays: local_stream://, tone_stream://, silence_stream:// or a file. The empty
// text is none. Anything else is fault.WrongField about the field.
func CheckSound(field, text string) error {
	if text == "" {
		return nil
	}
	if len(text) > maxContact || !soundForm.MatchString(text) || strings.Contains(text, "..") {
		return wrong(field, "want local_stream://…, tone_stream://…, silence_stream://… or a sound file")
	}
	return nil
}

// CheckRecordTemplate takes the path of a queue's recordings: absolute, with ${uuid}, ${cc_queue}, ${cc_member_uuid}
// and ${strftime(%Y-%m-%d)} as the only things to be filled in. The caller's number is none of them: the caller
// chooses it. The empty text is no recording. Anything else is fault.WrongField "record_template".
func CheckRecordTemplate(text string) error {
	if text == "" {
		return nil
	}
	if plain := templateField.ReplaceAllString(text, "x"); len(text) > maxContact || !templateForm.MatchString(plain) || strings.Contains(plain, "..") {
		return wrong("record_template", "want an absolute path to a sound file, of letters, digits, . _ - and "+
			"${uuid}, ${cc_queue}, ${cc_member_uuid}, ${strftime(%Y-%m-%d)}")
	}
	return nil
}

func wrong(field, reason string) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: errors.New(reason)}
}

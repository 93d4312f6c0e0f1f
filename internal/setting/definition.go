package setting

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callgate/internal/outside"
	"callgate/internal/outside/mail"
)

// The keys.
const (
	OriginateDial     = "originate.dial"
	OriginateThen     = "originate.then"
	OriginateRingTime = "originate.ring_time"

	OriginateMaxConcurrent = "originate.max_concurrent"
	OriginateMaxPerSecond  = "originate.max_per_second"
	OriginateContext       = "originate.context"

	RecordingsTemplate      = "recordings.template"
	RecordingsKeepDays      = "recordings.keep_days"
	RecordingsUploadMiB     = "recordings.upload_mib"
	RecordingsStore         = "recordings.store"
	RecordingsS3Endpoint    = "recordings.s3_endpoint"
	RecordingsS3Bucket      = "recordings.s3_bucket"
	RecordingsS3Region      = "recordings.s3_region"
	RecordingsS3AccessKey   = "recordings.s3_access_key"
	RecordingsS3SecretKey   = "recordings.s3_secret_key"
	RecordingsS3Prefix      = "recordings.s3_prefix"
	RecordingsS3DeleteLocal = "recordings.s3_delete_local"

	CDRKeepDays = "cdr.keep_days"

	AgentsKeepDays = "agents.keep_days"

	RequestsKeepDays  = "requests.keep_days"
	AuditKeepDays     = "audit.keep_days"
	DecisionsKeepDays = "decisions.keep_days"
	SMSKeepDays       = "sms.keep_days"

	NumbersCountry = "numbers.country"

	APIRatePerSecond = "api.rate_per_second"
	APIBurst         = "api.burst"

	TokenTTL = "auth.token_ttl"

	SnapshotInterval = "snapshot.interval"
	SnapshotMaxAge   = "snapshot.max_age"

	OnlineStatSource        = "onlinestat.source"
	OnlineStatProxyURL      = "onlinestat.proxy_url"
	OnlineStatProxyLogin    = "onlinestat.proxy_login"
	OnlineStatProxyPassword = "onlinestat.proxy_password"
	OnlineStatProxyTimeout  = "onlinestat.proxy_timeout"
	OnlineStatProxyCache    = "onlinestat.proxy_cache"

	ReportSource            = "report.source"
	ReportProxyURL          = "report.proxy_url"
	ReportProxyPath         = "report.proxy_path"
	ReportProxyRequest      = "report.proxy_request"
	ReportProxyRows         = "report.proxy_rows"
	ReportProxyFields       = "report.proxy_fields"
	ReportProxyTimeout      = "report.proxy_timeout"
	ReportProxyLoginFlow    = "report.proxy_login_flow"
	ReportProxyLogin        = "report.proxy_login"
	ReportProxyPassword     = "report.proxy_password"
	ReportProxyToken        = "report.proxy_token"
	ReportProxyLoginURL     = "report.proxy_login_url"
	ReportProxyLoginRequest = "report.proxy_login_request"
	ReportProxyTokenPath    = "report.proxy_token_path"

	SMSProvider   = "sms.provider"
	SMSAnswerTime = "sms.answer_time"
	SMSRetryAfter = "sms.retry_after"

	SMTPHost     = "smtp.host"
	SMTPPort     = "smtp.port"
	SMTPSecurity = "smtp.security"
	SMTPLogin    = "smtp.login"
	SMTPPassword = "smtp.password"
	SMTPFrom     = "smtp.from"
	SMTPTimeout  = "smtp.timeout"

	WebhooksPrivate  = "webhooks.private"
	WebhooksKeepDays = "webhooks.keep_days"
)

// The sources of what can be computed here or asked of an outside system.
const (
	FromSwitch = "switch"
	FromProxy  = "proxy"
)

// Where recordings stay.
const (
	InFolder = "folder"
	InS3     = "s3"
)

// Yes and No are the choices of what is done or left.
const (
	Yes = "yes"
	No  = "no"
)

// knownCountries are those that package project knows, which a test holds.
const knownCountries = "none AE AM AZ BG BY CA CH CN CY CZ DE EE ES FI FR GB GE GR IL IN IT KG KZ LT LV MD NL NO PL PT RO RS RU SE TJ TM TR UA US UZ"

// Kind is the form of a setting's value.
type Kind uint8

// The kinds.
const (
	Text     Kind = iota
	Choice        // one of Choices
	Duration      // as time.ParseDuration reads it, from Min to Max
	URL           // the base of an outside system, or empty
	Secret        // a text that is never shown
	Integer       // a whole number, from Least to Most
)

// String names the kind.
func (k Kind) String() string {
	return [...]string{"text", "choice", "duration", "url", "secret", "integer"}[k]
}

// Definition is one setting: its name, what it means and what it accepts.
type Definition struct {
	Key      string
	Help     string // plain English, for an operator
	Kind     Kind
	Default  string
	Choices  []string
	Min, Max time.Duration
	Least    int
	Most     int
	accept   func(value string) error // what the kind alone does not say; may be nil
	// Administrator is one that only who has all rights may change: FreeSWITCH executes it, or it says to whom passwords go.
	Administrator bool
}

// definitions are all settings, in the order in which they are shown.
var definitions = []Definition{
	{Key: OriginateDial, Administrator: true, Kind: Text, Default: "user/{sip}", accept: checkTemplate,
		Help: "What rings first when a call is made. FreeSWITCH executes it; `{sip}` `{called_number}` `{caller_number}` `{uuid}` are filled in."},
	{Key: OriginateThen, Administrator: true, Kind: Text, Default: "{called_number} XML default", accept: checkTemplate,
		Help: "Where the answered call goes; the same placeholders."},
	{Key: OriginateRingTime, Kind: Duration, Default: "30s", Min: time.Second, Max: 2 * time.Minute, accept: wholeSeconds,
		Help: "How long the account rings before the call is given up."},
	{Key: OriginateMaxConcurrent, Kind: Integer, Default: "0", Most: 100000,
		Help: "How many calls made here may be up at the same time; 0 for any number."},
	{Key: OriginateMaxPerSecond, Kind: Integer, Default: "0", Most: 10000,
		Help: "How many calls a process may begin within a second; 0 for any number."},
	{Key: OriginateContext, Administrator: true, Kind: Text, Default: "callgate-out", accept: checkContext,
		Help: "The dialplan context that a transferred call goes to."},
	{Key: RecordingsTemplate, Administrator: true, Kind: Text, accept: checkRecordingTemplate,
		Help: "Where a call's recording lies when neither an event nor its CDR tells, below the recordings folder, such as `{date}/{uuid}.wav`; placeholders `{uuid}` `{date}` `{project}` `{switch}`."},
	{Key: RecordingsKeepDays, Kind: Integer, Default: "0", Most: 36500,
		Help: "Days after which recordings are deleted, of calls of no project and of projects that say nothing; 0 for never."},
	{Key: RecordingsUploadMiB, Kind: Integer, Default: "512", Least: 1, Most: 65536,
		Help: "The largest recording that a switch may upload, in MiB."},
	{Key: RecordingsStore, Kind: Choice, Default: InFolder, Choices: []string{InFolder, InS3},
		Help: "Where recordings stay: in the folder, or in an S3-compatible store as well."},
	{Key: RecordingsS3Endpoint, Administrator: true, Kind: URL, accept: checkEndpoint,
		Help: "URL of the S3-compatible store, without bucket or path."},
	{Key: RecordingsS3Bucket, Kind: Text, Help: "The bucket; it has to be there."},
	{Key: RecordingsS3Region, Kind: Text, Default: "us-east-1", Help: "The bucket's region; stores of one's own mostly take any."},
	{Key: RecordingsS3AccessKey, Kind: Text, Help: "The access key."},
	{Key: RecordingsS3SecretKey, Kind: Secret, Help: "The secret that goes with it."},
	{Key: RecordingsS3Prefix, Kind: Text, accept: checkPrefix, Help: "What the names of all objects begin with, such as `callgate/`."},
	{Key: RecordingsS3DeleteLocal, Kind: Choice, Default: No, Choices: []string{No, Yes},
		Help: "Whether a file is deleted from the folder once its object is verified."},
	{Key: NumbersCountry, Kind: Choice, Default: "RU", Choices: strings.Fields(knownCountries),
		Help: "The country by whose numbering plan numbers are read, of calls of no project and of projects that have none of their own; `none` knows only `+` and `00`."},
	{Key: CDRKeepDays, Kind: Integer, Default: "0", Most: 36500,
		Help: "Days after which CDRs and calls are deleted, those of no project and of projects that say nothing; 0 for never."},
	{Key: AgentsKeepDays, Kind: Integer, Default: "400", Most: 36500,
		Help: "Days after which it is deleted what agents did and which statuses they were given; 0 for never."},
	{Key: RequestsKeepDays, Kind: Integer, Default: "90", Most: 36500,
		Help: "Days after which the request log is deleted; 0 for never."},
	{Key: AuditKeepDays, Kind: Integer, Default: "1095", Least: 30, Most: 36500,
		Help: "Days after which the audit log of what administrators changed is deleted."},
	{Key: DecisionsKeepDays, Kind: Integer, Default: "400", Most: 36500,
		Help: "Days after which it is deleted what became of calls that the dialplan handed over; 0 for never."},
	{Key: SMSKeepDays, Kind: Integer, Default: "1095", Most: 36500,
		Help: "Days after which text messages are deleted, and with them the keys under which they were given; 0 for never."},
	{Key: APIRatePerSecond, Kind: Integer, Default: "50", Least: 1, Most: 10000,
		Help: "How many requests a second a user may make to the modern API, with all tokens together, in each process."},
	{Key: APIBurst, Kind: Integer, Default: "200", Most: 100000,
		Help: "How many of them at once; 0 for any number, whatever `api.rate_per_second` says."},
	{Key: TokenTTL, Kind: Duration, Default: "24h", Min: time.Minute, Max: 365 * 24 * time.Hour,
		Help: "How long a token lives that is handed out from now on."},
	{Key: SnapshotInterval, Kind: Duration, Default: "5s", Min: time.Second, Max: time.Minute,
		Help: "How often queues, tiers and agents are read when FreeSWITCH announces no change."},
	{Key: SnapshotMaxAge, Kind: Duration, Default: "60s", Min: time.Second, Max: time.Hour,
		Help: "How old they may be and still be answered when the switch does not."},
	{Key: OnlineStatSource, Kind: Choice, Default: FromSwitch, Choices: []string{FromSwitch, FromProxy},
		Help: "Where online statistics come from: computed from the switch's agents, or asked of an outside server."},
	{Key: OnlineStatProxyURL, Administrator: true, Kind: URL,
		Help: "Base URL of the outside statistics server; `/onlinestat/get` and `/onlinestat/all` lie below it."},
	{Key: OnlineStatProxyLogin, Kind: Text,
		Help: "Log-in at the outside statistics server; empty when it wants none."},
	{Key: OnlineStatProxyPassword, Kind: Secret,
		Help: "The password that goes with it."},
	{Key: OnlineStatProxyTimeout, Kind: Duration, Default: "3s", Min: 100 * time.Millisecond, Max: 10 * time.Second,
		Help: "How long the outside statistics server may take to answer."},
	{Key: OnlineStatProxyCache, Kind: Duration, Default: "2s", Max: time.Minute,
		Help: "How long its answer is given again without asking; 0s asks every time."},
	{Key: ReportSource, Kind: Choice, Default: FromSwitch, Choices: []string{FromSwitch, FromProxy},
		Help: "Where the contact-centre report comes from: computed from our own calls, or asked of an outside report system."},
	{Key: ReportProxyURL, Administrator: true, Kind: URL, Help: "Base URL of the outside report system."},
	{Key: ReportProxyPath, Kind: Text, Default: "/report/demoReport", accept: checkBelow,
		Help: "Where the report lies below it; empty when that URL is the report's own."},
	{Key: ReportProxyRequest, Kind: Text, Default: `{"start_date":"{start}","stop_date":"{stop}"}`, accept: checkReportRequest,
		Help: "What it is asked: `{…}` is posted as JSON, `?…` is the query of a GET, anything else is posted as a form; `{start}` and `{stop}` are the first and the last day, such as 2022-11-10."},
	{Key: ReportProxyRows, Kind: Text, accept: outside.CheckPath,
		Help: "Where in its answer the rows are, such as `data.rows`; empty when the answer is the array itself."},
	{Key: ReportProxyFields, Kind: Text, accept: outside.CheckFields,
		Help: "The fields whose names are not the report's own keys, such as `{\"Номер\":\"number\"}`: our key, its field."},
	{Key: ReportProxyTimeout, Kind: Duration, Default: "10s", Min: 100 * time.Millisecond, Max: time.Minute,
		Help: "How long it may take to answer, signing in included."},
	{Key: ReportProxyLoginFlow, Kind: Choice, Default: outside.FlowNone,
		Choices: []string{outside.FlowNone, outside.FlowBasic, outside.FlowBearer, outside.FlowForm},
		Help:    "How it lets us in: freely, with log-in and password in every request, with a fixed token, or by a request of its own for a token or a cookie."},
	{Key: ReportProxyLogin, Kind: Text, Help: "Log-in at the outside report system."},
	{Key: ReportProxyPassword, Kind: Secret, Help: "The password that goes with it."},
	{Key: ReportProxyToken, Kind: Secret, accept: checkToken, Help: "The fixed token."},
	{Key: ReportProxyLoginURL, Administrator: true, Kind: Text, Default: "/auth/login", accept: checkLoginURL,
		Help: "Where it is signed in: a path below the base URL, or a URL of its own."},
	{Key: ReportProxyLoginRequest, Kind: Text, Default: `{"login":"{login}","password":"{password}"}`, accept: checkLoginRequest,
		Help: "What is asked there, in the forms of `report.proxy_request`, with `{login}` and `{password}`."},
	{Key: ReportProxyTokenPath, Kind: Text, Default: "access_token", accept: outside.CheckPath,
		Help: "Where in the answer the token is, such as `data.access_token`; empty when the cookies of the answer let us in."},
	{Key: SMSProvider, Kind: Text, accept: checkNames,
		Help: "Who carries text messages: the names of providers, comma-separated; each is asked when those before it have not taken a message. Empty: none are sent."},
	{Key: SMSAnswerTime, Kind: Duration, Default: "10s", Min: time.Second, Max: time.Minute,
		Help: "How long `/sms/send` waits for a provider before it answers `error`."},
	{Key: SMSRetryAfter, Kind: Duration, Default: "15s", Min: time.Second, Max: 10 * time.Minute,
		Help: "How long a message that no provider takes now waits at first before they are asked again; twice as long each time, up to half an hour. It does not concern `/sms/send`."},
	{Key: SMTPHost, Administrator: true, Kind: Text, accept: checkHost,
		Help: "The mail server that takes scheduled reports: a host name, or an address without a port. Empty: none are sent."},
	{Key: SMTPPort, Administrator: true, Kind: Integer, Default: "587", Least: 1, Most: 65535,
		Help: "Its port: mostly 587 with `starttls`, 465 with `tls`, 25 with `none`."},
	{Key: SMTPSecurity, Kind: Choice, Default: mail.StartTLS, Choices: []string{mail.StartTLS, mail.TLS, mail.None},
		Help: "How the connection is secured: TLS after a readable beginning, TLS from the first byte, or not at all. The certificate is verified."},
	{Key: SMTPLogin, Kind: Text,
		Help: "Log-in at the mail server; empty when it wants none."},
	{Key: SMTPPassword, Kind: Secret,
		Help: "The password that goes with it."},
	{Key: SMTPFrom, Kind: Text, accept: checkSender,
		Help: "Whom reports come from: `reports@example.com`, or `Reports <reports@example.com>`."},
	{Key: SMTPTimeout, Kind: Duration, Default: "30s", Min: time.Second, Max: 5 * time.Minute,
		Help: "How long the mail server may take over each step."},
	{Key: WebhooksPrivate, Kind: Text, Default: No, accept: checkReach,
		Help: "Whether webhooks may be sent to addresses that are not of the public internet: `no`, `yes`, or the networks that may be reached, such as `10.1.0.0/16, 192.168.7.9`."},
	{Key: WebhooksKeepDays, Kind: Integer, Default: "30", Least: 1, Most: 3650,
		Help: "Days after which what became of webhooks is deleted, once it is over; never more than 100,000 deliveries of each are kept."},
}

// rules are what settings owe to each other. A rule is asked when one of its keys is set.
var rules = []struct {
	keys  []string
	check func(*snapshot) error
}{
	{[]string{OnlineStatSource, OnlineStatProxyURL}, proxied(OnlineStatSource, OnlineStatProxyURL)},
	{[]string{ReportSource, ReportProxyURL}, proxied(ReportSource, ReportProxyURL)},
	{[]string{ReportProxyLoginFlow, ReportProxyLogin, ReportProxyPassword, ReportProxyToken, ReportProxyLoginURL}, checkLogIn},
	{[]string{OnlineStatProxyLogin, OnlineStatProxyPassword}, func(s *snapshot) error {
		if s.text(OnlineStatProxyLogin) != "" && s.text(OnlineStatProxyPassword) == "" {
			return errors.New(OnlineStatProxyLogin + " needs " + OnlineStatProxyPassword)
		}
		return nil
	}},
	{[]string{SMTPHost, SMTPFrom}, func(s *snapshot) error {
		if s.text(SMTPHost) != "" && s.text(SMTPFrom) == "" {
			return errors.New(SMTPHost + " needs " + SMTPFrom)
		}
		return nil
	}},
	{[]string{SMTPLogin, SMTPPassword, SMTPSecurity}, func(s *snapshot) error {
		switch {
		case s.text(SMTPLogin) == "":
		case s.text(SMTPPassword) == "":
			return errors.New(SMTPLogin + " needs " + SMTPPassword)
		case s.text(SMTPSecurity) == mail.None:
			return errors.New(SMTPLogin + " needs " + SMTPSecurity + " " + mail.StartTLS + " or " + mail.TLS + ": anybody on the way could read the password")
		}
		return nil
	}},
	{[]string{RecordingsStore, RecordingsS3Endpoint, RecordingsS3Bucket, RecordingsS3AccessKey, RecordingsS3SecretKey}, func(s *snapshot) error {
		for _, key := range []string{RecordingsS3Endpoint, RecordingsS3Bucket, RecordingsS3AccessKey, RecordingsS3SecretKey} {
			if s.text(RecordingsStore) == InS3 && s.text(key) == "" {
				return errors.New(RecordingsStore + " " + InS3 + " needs " + key)
			}
		}
		return nil
	}},
	{[]string{SnapshotInterval, SnapshotMaxAge}, func(s *snapshot) error {
		if s.duration(SnapshotMaxAge) < s.duration(SnapshotInterval) {
			return errors.New(SnapshotMaxAge + " cannot be shorter than " + SnapshotInterval)
		}
		return nil
	}},
}

// proxied says that a source that is asked has to be somewhere.
func proxied(source, url string) func(*snapshot) error {
	return func(s *snapshot) error {
		if s.text(source) == FromProxy && s.text(url) == "" {
			return errors.New(source + " " + FromProxy + " needs " + url)
		}
		return nil
	}
}

// maxValue is the longest value, in bytes.
const maxValue = 4096

// parse checks a value; the amount is the nanoseconds of a Duration and the number of an Integer. The error never holds
// the value as a whole: it may be a secret.
func (d *Definition) parse(value string) (amount int64, err error) {
	switch {
	case len(value) > maxValue:
		err = fmt.Errorf("want at most %d bytes", maxValue)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		err = errors.New("want one line of UTF-8, without control characters")
	case d.Kind == Choice:
		err = errors.New("want " + d.Accepts())
		for _, c := range d.Choices {
			if c == value {
				err = nil
			}
		}
	case d.Kind == Duration:
		var length time.Duration
		if length, err = time.ParseDuration(value); err != nil || length < d.Min || length > d.Max {
			err = errors.New("want " + d.Accepts())
		}
		amount = int64(length)
	case d.Kind == Integer:
		if amount, err = strconv.ParseInt(value, 10, 64); err != nil || amount < int64(d.Least) || amount > int64(d.Most) {
			err = errors.New("want " + d.Accepts())
		}
	case d.Kind == URL:
		err = checkURL(value)
	}
	if err == nil && d.accept != nil {
		err = d.accept(value)
	}
	return amount, err
}

// Accepts says what values the setting takes, such as "1s to 2m".
func (d *Definition) Accepts() string {
	switch d.Kind {
	case Choice:
		return strings.Join(d.Choices, " or ")
	case Duration:
		return short(d.Min) + " to " + short(d.Max)
	case Integer:
		return fmt.Sprintf("%d to %d", d.Least, d.Most)
	case URL:
		return "http:// or https:// URL"
	case Secret:
		return "secret"
	}
	return "text"
}

// short writes a duration without the zeros that String ends with.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func wholeSeconds(value string) error {
	if d, err := time.ParseDuration(value); err != nil || d%time.Second != 0 {
		return errors.New("want whole seconds: FreeSWITCH counts no smaller ones")
	}
	return nil
}

// checkURL takes the base of an outside system. A password in it would be shown with it.
func checkURL(value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("want http://HOST or https://HOST, with a port and a path where needed")
	case u.User != nil:
		return errors.New("want a URL without log-in: that has settings of its own")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("want a URL that ends with its path")
	}
	return nil
}

// checkContext takes the name of a dialplan context, which becomes a word of a command.
func checkContext(value string) error {
	if !contextForm.MatchString(value) {
		return errors.New("want a name of letters, digits, _ . and -")
	}
	return nil
}

// checkHost takes a host name or an address.
func checkHost(value string) error {
	if _, err := netip.ParseAddr(value); value != "" && err != nil && (len(value) > 253 || !hostForm.MatchString(value)) {
		return errors.New("want a host name such as mail.example.com, or an address, without a port")
	}
	return nil
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

func checkSender(value string) error {
	if value == "" {
		return nil
	}
	_, err := mail.ParseSender(value)
	return err
}

var contextForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

var placeholder = regexp.MustCompile(`\{[a-z_]*\}`) // {name=value} is a block of channel variables, not ours

// checkTemplate takes what FreeSWITCH may execute as it stands: no more is filled in than we fill in ourselves.
func checkTemplate(value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return errors.New("want a template, not an empty text")
	case strings.Contains(value, "${"), strings.Contains(value, "`"):
		return errors.New("want a template without ${ and back-quotes, which FreeSWITCH would expand")
	}
	for _, p := range placeholder.FindAllString(value, -1) {
		switch p {
		case "{sip}", "{called_number}", "{caller_number}", "{uuid}":
		default:
			return fmt.Errorf("unknown placeholder %s", p)
		}
	}
	return nil
}

// checkRecordingTemplate takes a path below the recordings folder.
func checkRecordingTemplate(value string) error {
	if value == "" {
		return nil
	}
	for _, p := range placeholder.FindAllString(value, -1) {
		switch p {
		case "{uuid}", "{date}", "{project}", "{switch}":
		default:
			return fmt.Errorf("unknown placeholder %s", p)
		}
	}
	switch plain := placeholder.ReplaceAllString(value, "x"); {
	case !strings.Contains(value, "{uuid}"):
		return errors.New("want {uuid} in it: without it the recordings of all calls would be one file")
	case !filepath.IsLocal(plain) || path.Clean(plain) != plain || strings.ContainsAny(plain, `{}\:`):
		return errors.New("want a path below the recordings folder, such as {date}/{uuid}.wav")
	case path.Ext(plain) != ".wav":
		return errors.New("want a path that ends in .wav")
	}
	return nil
}

func checkEndpoint(value string) error {
	if u, err := url.Parse(value); err != nil || strings.Trim(u.Path, "/") != "" {
		return errors.New("want a URL without a path: the bucket has a setting of its own")
	}
	return nil
}

func checkPrefix(value string) error {
	if strings.HasPrefix(value, "/") || strings.Contains(value, "..") {
		return errors.New("want no slash at its beginning and no dots that climb")
	}
	return nil
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// CheckName takes the name of something that an operator names.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return errors.New("want up to 32 lower-case letters, digits, - and _, the first of them a letter or a digit")
	}
	return nil
}

// Names are the names of a comma-separated list.
func Names(list string) (all []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

func checkNames(list string) error {
	seen := map[string]bool{}
	for _, name := range Names(list) {
		if err := CheckName(name); err != nil {
			return fmt.Errorf("%.40q: %w", name, err)
		}
		if seen[name] {
			return fmt.Errorf("%s stands there twice", name)
		}
		seen[name] = true
	}
	return nil
}

func checkReach(value string) error {
	_, err := outside.ParseReach(value)
	return err
}

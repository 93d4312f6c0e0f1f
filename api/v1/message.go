package v1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

// Texts sends text messages; sms.Service does.
type Texts interface {
	Accept(ctx context.Context, m sms.Message) (sms.Message, error)
	AcceptAll(ctx context.Context, all []sms.Message) (kept []sms.Message, faults []error, err error)
	// Number is a phone number, which has that form, as messages for a project have it.
	Number(project, phone string) string
	AddOptOut(ctx context.Context, project, phone, by string) (kept sms.OptOut, stopped int, err error)
	RemoveOptOut(ctx context.Context, project, phone string) error
	Try(ctx context.Context, provider string, m sms.Message) (sms.Trial, error)
}

// TextList keeps messages, and who does not want any; the store does.
type TextList interface {
	FindMessages(ctx context.Context, q sms.Query) ([]sms.Message, error)
	// Message finds one, or fault.NotFound "Message".
	Message(ctx context.Context, id int64) (sms.Message, error)
	OptOuts(ctx context.Context, q sms.OptOutQuery) ([]sms.OptOut, error)
}

const (
	smsSend right = "sms/send"
	smsList right = "sms/list"
)

const (
	maxTextBody  = 512 << 10 // the longest text, each of its characters escaped
	maxBulkBody  = 4 << 20
	maxBulk      = 1000
	maxValid     = 72 * 60 // minutes
	defaultValid = 24 * 60
)

// messages are the operations on text messages.
func (f *Face) messages() {
	const path = "/sms/messages"
	operation(f, huma.Operation{OperationID: "send-message", Method: http.MethodPost, Path: path, Summary: "Have a text message sent", DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxTextBody,
		Description: "The answer comes when it is kept, durably. It is tried until a provider takes it or its time is over, and never again once a provider may have it. 409 says that " +
			"the key is that of a message that says something else.", Errors: []int{http.StatusNotFound, http.StatusConflict}}, smsSend, f.sendMessage)
	operation(f, huma.Operation{OperationID: "send-messages", Method: http.MethodPost, Path: path + "/bulk", Summary: "Have many text messages sent", DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBulkBody,
		Description: "Each is answered by itself, in the order given; those with nothing wrong are kept together, durably, or none is."}, smsSend, f.sendMessages)
	operation(f, huma.Operation{OperationID: "list-messages", Method: http.MethodGet, Path: path, Summary: "Text messages, the newest first",
		Description: "Who is limited to projects sees those of his projects, and his own."}, smsList, f.listMessages)
	operation(f, huma.Operation{OperationID: "get-message", Method: http.MethodGet, Path: path + "/{id}", Summary: "One text message", Errors: []int{http.StatusNotFound}}, smsList, f.getMessage)
}

// TextFields are what can be said of a text message.
type TextFields struct {
	Phone        string            `json:"phone" doc:"5 to 24 digits, blanks, dashes and brackets, a + before them or not, as /sms/send takes them."`
	Text         string            `json:"text,omitempty" doc:"Up to 39015 characters. Either it or a template is given."`
	Template     string            `json:"template,omitempty" doc:"The name of one, whose text is sent."`
	Values       map[string]string `json:"values,omitempty" doc:"What is put into the template's places: one for each, and no other."`
	Originator   string            `json:"originator,omitempty" doc:"Whom it shows as its sender, up to 255 characters; without it whatever the provider shows."`
	Project      string            `json:"project,omitempty" doc:"The project that it is for, one that the user sees: its quiet hours, opt-outs and country count."`
	Session      string            `json:"session,omitempty" doc:"A mark of the sender's own, up to 255 characters."`
	ValidMinutes *int              `json:"valid_minutes,omitempty" doc:"For so long it is tried, 1 to 4320; 1440 without it."`
}

// TextKept is what is told of a message that is kept to be sent.
type TextKept struct {
	ID       int64  `json:"id"`
	State    string `json:"state" enum:"accepted,queued,sent,delivered,failed,expired,unknown" doc:"accepted; of one that was given before as far as it has come; failed for who does not want messages."`
	Encoding string `json:"encoding" enum:"gsm-7,ucs-2"`
	Parts    int    `json:"parts" doc:"How many messages it is sent in, and mostly paid for."`
}

func keptView(m *sms.Message) TextKept {
	return TextKept{ID: m.ID, State: string(m.State), Encoding: string(m.Encoding), Parts: m.Parts}
}

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// writer makes messages of what somebody asks for.
type writer struct {
	*Face
	who       *asker
	templates map[string]sms.Template // that were read
}

// write makes a message, whose key is called name, or says what is wrong with it.
func (w *writer) write(ctx context.Context, in *TextFields, name, key string) (sms.Message, error) {
	m := sms.Message{Phone: in.Phone, Text: in.Text, Originator: in.Originator, Project: in.Project, Session: in.Session, Key: key, UserID: w.who.UserID, Valid: defaultValid * time.Minute}
	if in.ValidMinutes != nil {
		m.Valid = time.Duration(*in.ValidMinutes) * time.Minute
	}
	for _, rule := range [...]struct {
		holds       bool
		field, want string
	}{
		{sms.IsPhone(in.Phone), "phone", "want 5 to 24 digits, blanks, dashes and brackets, a + before them or not"},
		{in.Text == "" || in.Template == "", "template", "want either a text or a template"},
		{in.Template != "" || len(in.Values) == 0, "values", "want a template with them"},
		{isMark(in.Originator), "originator", "want up to 255 characters on one line"},
		{isMark(in.Session), "session", "want up to 255 characters on one line"},
		{in.ValidMinutes == nil || *in.ValidMinutes >= 1 && *in.ValidMinutes <= maxValid, "valid_minutes", fmt.Sprintf("want 1 to %d", maxValid)},
		{key == "" || keyForm.MatchString(key), name, "want 1 to 128 printable ASCII characters without blanks"},
	} {
		if !rule.holds {
			return m, wrongParameter(rule.field, rule.want)
		}
	}
	if err := w.mayWriteFor(in.Project); err != nil {
		return m, err
	}
	field := "text"
	if in.Template != "" {
		var err error
		if m.Text, err = w.render(ctx, in); err != nil {
			return m, err
		}
		field = "values"
	}
	return m, checkText(field, m.Text)
}

// mayWriteFor refuses messages for projects that are not the user's, or none at all.
func (w *writer) mayWriteFor(project string) error {
	if project == "" {
		return nil
	}
	if !w.who.Sees(project) {
		return fault.New(fault.NotFound, "Project")
	}
	_, err := w.o.Projects.Get(project)
	return err
}

// render makes a text of a template. One of a project is for its messages only.
func (w *writer) render(ctx context.Context, in *TextFields) (string, error) {
	t, read := w.templates[in.Template]
	if !read {
		var err error
		if t, err = w.o.Templates.Template(ctx, in.Template); err != nil {
			return "", err
		}
		w.templates[in.Template] = t
	}
	if t.Project != "" && t.Project != in.Project {
		return "", fault.New(fault.NotFound, "Template")
	}
	return t.Render(in.Values)
}

// checkText tells what is wrong with a text that is to be sent.
func checkText(field, text string) error {
	switch nul := strings.IndexByte(text, 0); {
	case strings.TrimSpace(text) == "":
		return fault.New(fault.EmptyField, field)
	case nul >= 0:
		return wrongParameter(field, fmt.Sprintf("character %d: NUL cannot be sent", utf8.RuneCountInString(text[:nul])+1))
	case !sms.IsText(text):
		return wrongParameter(field, "the text is too long to be sent")
	}
	return nil
}

// isMark tells whether a text can be an originator or a session.
func isMark(text string) bool {
	return sms.IsMark(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

type keptText struct{ Body TextKept }

func (f *Face) sendMessage(ctx context.Context, who *asker, in *struct {
	Key  string `header:"Idempotency-Key" doc:"Up to 128 printable ASCII characters. Who gives it again with the same message is told what has become of the one of before, and nothing is sent twice."`
	Body TextFields
}) (*keptText, error) {
	w := &writer{f, who, map[string]sms.Template{}}
	m, err := w.write(ctx, &in.Body, "Idempotency-Key", in.Key)
	if err != nil {
		return nil, err
	}
	if m, err = f.o.Texts.Accept(ctx, m); err != nil {
		return nil, otherMessage(err)
	}
	return &keptText{keptView(&m)}, nil
}

// otherMessage says in words what a key that is another message's means.
func otherMessage(err error) error {
	if errors.Is(err, fault.New(fault.Conflict, "key")) {
		return &fault.Error{Kind: fault.Conflict, Subject: "Another message with this key", Err: err}
	}
	return err
}

// BulkText is one of many messages.
type BulkText struct {
	TextFields
	Key string `json:"key,omitempty" doc:"In the place of Idempotency-Key."`
}

// BulkKept is what came of one of many messages: what is kept, or why it is not.
type BulkKept struct {
	Status   int    `json:"status" doc:"202, or that of the answer that it would get by itself."`
	ID       int64  `json:"id,omitempty"`
	State    string `json:"state,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Parts    int    `json:"parts,omitempty"`
	Error    string `json:"error,omitempty" doc:"Such as Wrong phone."`
	Field    string `json:"field,omitempty" doc:"That is wrong."`
	Reason   string `json:"reason,omitempty"`
}

type keptTexts struct {
	Body struct {
		Accepted int        `json:"accepted"`
		Refused  int        `json:"refused"`
		Messages []BulkKept `json:"messages" nullable:"false" doc:"In the order of those given."`
	}
}

func (f *Face) sendMessages(ctx context.Context, who *asker, in *struct {
	Key  string `header:"Idempotency-Key" hidden:"true"`
	Body struct {
		Messages []BulkText `json:"messages" nullable:"false" minItems:"1" maxItems:"1000"`
	}
}) (*keptTexts, error) {
	if in.Key != "" { // which would keep nobody from sending them twice
		return nil, wrongParameter("Idempotency-Key", "want a key in each message")
	}
	w := &writer{f, who, map[string]sms.Template{}}
	out := &keptTexts{}
	out.Body.Messages = make([]BulkKept, len(in.Body.Messages))
	var good []sms.Message
	var places []int
	for i := range in.Body.Messages {
		m, err := w.write(ctx, &in.Body.Messages[i].TextFields, "key", in.Body.Messages[i].Key)
		if err == nil {
			good, places = append(good, m), append(places, i)
		} else if err := out.refuse(i, err); err != nil {
			return nil, err
		}
	}
	kept, faults, err := f.o.Texts.AcceptAll(ctx, good)
	if err != nil {
		return nil, err
	}
	for i, at := range places {
		if faults[i] != nil {
			if err := out.refuse(at, otherMessage(faults[i])); err != nil {
				return nil, err
			}
			continue
		}
		v := keptView(&kept[i])
		out.Body.Messages[at] = BulkKept{Status: http.StatusAccepted, ID: v.ID, State: v.State, Encoding: v.Encoding, Parts: v.Parts}
		out.Body.Accepted++
	}
	return out, nil
}

// refuse says why one of many messages is not kept. What is no fault of the message is returned.
func (k *keptTexts) refuse(i int, err error) error {
	p := refusal(err)
	if p.status >= http.StatusInternalServerError || p.status == clientGone {
		return err
	}
	k.Body.Messages[i] = BulkKept{Status: p.status, Error: p.text}
	if detail, ok := errors.AsType[*huma.ErrorDetail](errors.Join(p.reasons...)); ok {
		k.Body.Messages[i].Field, k.Body.Messages[i].Reason = detail.Location, detail.Message
	}
	k.Body.Refused++
	return nil
}

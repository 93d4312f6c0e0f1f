package legacy

import (
	"context"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

// SMS sends text messages.
type SMS interface {
	// Send records a message and tells what became of it.
	Send(ctx context.Context, m sms.Message) (sms.Message, error)
}

// sms is the module that sends text messages.
func (f *Face) sms() {
	f.actions[path{"sms", "send"}] = action{noGET: true, run: f.send}
}

// send sends a message. Fields are checked one after the other: the first that is wrong is named.
func (f *Face) send(ctx context.Context, q *request) (answer, error) {
	m := sms.Message{UserID: q.who.UserID}
	for _, field := range []struct {
		name string
		read func(string) (string, error)
		form func(string) bool
		to   *string
	}{
		{"phone", q.required, sms.IsPhone, &m.Phone},
		{"message", q.required, sms.IsText, &m.Text},
		{"project_id", q.optional, func(id string) bool { return len(id) <= maxProject }, &m.Project},
		{"session_id", q.optional, sms.IsMark, &m.Session},
		{"originator", q.optional, sms.IsMark, &m.Originator},
	} {
		value, err := field.read(field.name)
		if err != nil {
			return answer{}, err
		}
		if !field.form(value) {
			return answer{}, fault.New(fault.WrongField, field.name)
		}
		*field.to = value
	}
	if m.Project != "" && !q.who.Sees(m.Project) { // nobody fills the reports of a project that is not his
		return answer{}, fault.New(fault.NotFound, "Project")
	}
	m, err := f.o.SMS.Send(ctx, m)
	if err != nil {
		return answer{}, err
	}
	return answer{json: marshal(struct {
		Result sms.Result `json:"result"`
	}{m.Result})}, nil
}

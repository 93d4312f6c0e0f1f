package v1

import (
	"context"
	"time"

	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// Text is a text message, and what has become of it.
type Text struct {
	ID         int64     `json:"id"`
	At         time.Time `json:"at" doc:"When it was asked for."`
	Phone      string    `json:"phone" doc:"As it was given. It, number, and what may be numbers in originator, text and reason are hidden from users without the right numbers/see."`
	Number     string    `json:"number" doc:"As a provider gets it."`
	Originator string    `json:"originator"`
	Text       string    `json:"text"`
	Project    string    `json:"project"`
	Session    string    `json:"session"`
	Encoding   string    `json:"encoding" doc:"gsm-7, ucs-2, or empty of messages of before there were providers."`
	Parts      int       `json:"parts" doc:"How many messages it is sent in."`
	State      string    `json:"state" enum:"accepted,queued,sent,delivered,failed,expired,unknown"`
	Result     string    `json:"result" doc:"As /sms/send and /report/sms tell it; empty while it is not known."`
	Reason     string    `json:"reason" doc:"Why it waits, is not sent or not delivered, by provider."`
	Provider   string    `json:"provider" doc:"Who has it, or was asked last."`
	ProviderID string    `json:"provider_id" doc:"The provider's own for it."`
	Attempts   int       `json:"attempts" doc:"How often all providers were asked in vain."`
	Until      time.Time `json:"until,omitzero" doc:"After that it is not sent any more."`
	Due        time.Time `json:"due,omitzero" doc:"When it is tried next."`
	Sent       time.Time `json:"sent,omitzero" doc:"When a provider took it."`
	Ended      time.Time `json:"ended,omitzero" doc:"When its state became final."`
}

func textView(m *sms.Message, numbers bool) Text {
	v := Text{ID: m.ID, At: m.At, Phone: report.ShownNumber(m.Phone, numbers), Number: report.ShownNumber(m.Number, numbers), Originator: report.ShownText(m.Originator, numbers),
		Text: report.ShownText(m.Text, numbers), Project: m.Project, Session: m.Session, Encoding: string(m.Encoding), Parts: m.Parts, State: string(m.State), Result: string(m.Result),
		Reason: report.ShownText(m.Reason, numbers), Provider: m.Provider, ProviderID: m.TheirID, Attempts: m.Attempts, Until: m.Until, Sent: m.Sent, Ended: m.Ended}
	if m.State == sms.Accepted {
		v.Due = m.Due
	}
	return v
}

type textPage struct {
	Body struct {
		Messages []Text `json:"messages" nullable:"false"`
		Next     string `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) listMessages(ctx context.Context, who *asker, in *struct {
	Span
	State    []string `query:"state,explode" enum:"accepted,queued,sent,delivered,failed,expired,unknown" maxItems:"7" doc:"One of these."`
	Project  []string `query:"project,explode" maxItems:"100" doc:"One of these."`
	Phone    string   `query:"phone" maxLength:"24" doc:"In any spelling, by the country of the project where one is asked for. Needs the right numbers/see."`
	Provider string   `query:"provider" maxLength:"32" doc:"Who has it, or was asked last."`
	Limit    int      `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Cursor   string   `query:"cursor" maxLength:"64" doc:"next of the answer before. It is a place among all messages: what else is asked for ought to stay the same."`
}) (*textPage, error) {
	q := sms.Query{Projects: in.Project, Provider: in.Provider, Seen: who.Projects, UserID: who.UserID, Limit: in.Limit}
	from, to, _, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	q.From, q.To = micro(from), micro(to)
	for _, state := range in.State {
		q.States = append(q.States, sms.State(state))
	}
	if in.Phone != "" {
		if err := f.mayAskForNumbers(ctx, who); err != nil {
			return nil, err
		}
		if q.Number, err = f.textNumber(in.Project, in.Phone); err != nil {
			return nil, err
		}
	}
	if in.Cursor != "" {
		after, err := readPlace(in.Cursor)
		if err != nil {
			return nil, err
		}
		q.After = sms.Place{At: micro(after.Started), ID: after.ID}
	}
	all, err := f.o.TextList.FindMessages(ctx, q)
	if err != nil {
		return nil, err
	}
	out, numbers := &textPage{}, who.May("numbers", "see")
	out.Body.Messages = make([]Text, len(all))
	for i := range all {
		out.Body.Messages[i] = textView(&all[i], numbers)
	}
	if len(all) == in.Limit {
		last := &all[len(all)-1]
		out.Body.Next = place(history.Cursor{Started: last.At.UnixMicro(), ID: last.ID})
	}
	return out, nil
}

// textNumber reads a phone number that is asked for, by the country of the only project that is.
func (f *Face) textNumber(projects []string, phone string) (string, error) {
	if phone[0] == ' ' { // a plus that nobody has escaped
		phone = "+" + phone[1:]
	}
	if !sms.IsPhone(phone) {
		return "", wrongParameter("phone", "want 5 to 24 digits, blanks, dashes and brackets, a + before them or not")
	}
	project := ""
	if len(projects) == 1 {
		project = projects[0]
	}
	return f.o.Texts.Number(project, phone), nil
}

func (f *Face) getMessage(ctx context.Context, who *asker, in *struct {
	ID int64 `path:"id"`
}) (*struct{ Body Text }, error) {
	m, err := f.o.TextList.Message(ctx, in.ID)
	if err == nil && m.UserID != who.UserID && !who.Sees(m.Project) {
		err = fault.New(fault.NotFound, "Message")
	}
	if err != nil {
		return nil, err
	}
	return &struct{ Body Text }{textView(&m, who.May("numbers", "see"))}, nil
}

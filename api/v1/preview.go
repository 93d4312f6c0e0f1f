package v1

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// previews is the operation on what a provider would be asked.
func (f *Face) previews() {
	operation(f, huma.Operation{OperationID: "preview-provider", Method: http.MethodPost, Path: "/sms/preview", Summary: "How a message would be put to a provider over HTTP", MaxBodyBytes: 2 * maxBody,
		Description: "Nothing is kept, and nobody is asked. Where a secret would stand there are three dots, and where another value is missing there is its name."},
		smsProviders, f.previewProvider)
}

type preview struct {
	Body struct {
		Method  string   `json:"method"`
		URL     string   `json:"url"`
		Headers []Header `json:"headers" nullable:"false" doc:"By name."`
		Body    string   `json:"body"`
		Wrong   string   `json:"wrong,omitempty" doc:"Why a provider that is set so is refused, with the place; nothing else is told then."`
	}
}

// Header is a line of the head of a request.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (f *Face) previewProvider(ctx context.Context, who *asker, in *struct {
	Body struct {
		Preset      string            `json:"preset,omitempty" maxLength:"64" doc:"The name of one that comes with callgate. Either it or a description is given."`
		Description Description       `json:"description,omitempty" doc:"How it is asked and what its answers mean."`
		Values      map[string]string `json:"values,omitempty" doc:"What the preset, or the description, needs."`
		Phone       string            `json:"phone"`
		Text        string            `json:"text"`
		Originator  string            `json:"originator,omitempty" doc:"Whom the message shows as its sender."`
	}
}) (*preview, error) {
	b := &in.Body
	m, err := (&writer{f, who, nil}).write(ctx, &TextFields{Phone: b.Phone, Text: b.Text, Originator: b.Originator}, "", "")
	if err != nil {
		return nil, err
	}
	if (b.Preset == "") == (len(b.Description) == 0) {
		return nil, wrongParameter("preset", "want either a preset or a description")
	}
	out := &preview{}
	out.Body.Headers = []Header{}
	d, err := (&sms.Provider{Preset: b.Preset, Description: []byte(b.Description)}).Describe()
	if failure, _ := fault.Of(err); failure.Kind == fault.WrongField {
		out.Body.Wrong = failure.Err.Error()
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := gateway.PreviewOf(d, b.Values, gateway.Text{ID: 1, Number: f.o.Texts.Number("", m.Phone), From: m.Originator, Text: m.Text, Until: time.Now().Add(m.Valid)})
	if err != nil {
		out.Body.Wrong = err.Error()
		return out, nil
	}
	out.Body.Method, out.Body.URL, out.Body.Body = p.Method, p.URL, p.Body
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		out.Body.Headers = append(out.Body.Headers, Header{name, p.Header.Get(name)})
	}
	return out, nil
}

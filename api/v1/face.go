// Package v1 is the modern face, under /api/v1: JSON over typed operations, described by an OpenAPI 3.1 document that is
// generated from the same types (/api/v1/openapi.json), failures as problem+json. Tokens and rights are those of the
// documented face; what an operation needs it declares beside its path. Everything new belongs here.
//
// The package knows HTTP and nothing of SQL or Event Socket: what it needs it declares as interfaces. It owns no
// goroutines and asks nothing of other hosts.
package v1

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/api/stream"
	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/fault"
)

// Base is the path that all operations lie under.
const Base = "/api/v1"

// maxBody is the largest request body, in bytes, where an operation does not say otherwise.
const maxBody = 64 << 10

// requestID is the header of an answer that has the id of its request.
const requestID = "X-Request-Id"

// Accounts says who asks and what they may do.
type Accounts interface {
	// Authenticate asks client for the address that a request came from when it matters.
	Authenticate(ctx context.Context, token string, client func() string) (*account.Identity, error)
	// Authorize tells as whom somebody may do an action, for the projects that the request names.
	Authorize(ctx context.Context, id *account.Identity, module, action string, named ...string) (*account.Identity, error)
}

// Options are the face's collaborators; all of them are needed.
type Options struct {
	Accounts      Accounts
	Users         Users
	Board         Board
	Centre        Centre
	States        States
	Routes        Routes
	Decisions     Decisions
	Calls         Calls
	Live          LiveCalls
	Destinations  Destinations
	Recordings    Recordings
	RecordingList RecordingList
	Gaps          Gaps
	Witness       Witness
	History       History
	CDRs          CDRs
	Reports       Reports
	CentreReport  CentreReport
	Projects      Projects
	ProjectBook   ProjectBook
	Schedules     Schedules
	Post          Post
	Texts         Texts
	TextList      TextList
	Templates     Templates
	Providers     Providers
	Webhooks      Webhooks
	AuditLog      AuditLog
	Stream        *stream.Hub
	Modules       Modules
	Settings      Settings
	Trials        Trials
	Requests      Requests
	Status        func(ctx context.Context) (Status, error)
	// Rate is how much each user may ask; nil is anything.
	Rate func() Rate
	// User tells what an active user may do, or is fault.Denied.
	User func(ctx context.Context, id int64) (*account.Identity, error)
	// Key is a key for one purpose, the same in every process on the database; ETags and links are made with them.
	Key func(purpose string) []byte
	// Normal writes a number as E.164 does, by the country of a project; without one by the installation's.
	Normal func(project, number string) string
	// Beginnings are how such numbers begin whose beginning is typed like that, digits with a + or not, in that country.
	Beginnings func(project, typed string) []string
	Registerer prometheus.Registerer // nil: nothing is measured
	Zone       *time.Location        // of times that name none
	Switches   []string              // the names of all of them
	// Secure tells whether a request came over TLS, to us or to a proxy that is trusted to say so.
	Secure func(r *http.Request) bool
}

// Face serves the operations.
type Face struct {
	o       Options
	api     huma.API
	exports exporting
	rates   *rates
}

// Mount builds the face on an engine.
func Mount(engine *gin.Engine, o Options) *Face {
	config := faceConfig()
	config.Servers = []*huma.Server{{URL: Base}}
	f := &Face{o: o, api: humagin.NewWithGroup(engine, engine.Group(Base), config), rates: newRates(o.Registerer)}
	f.sessions()
	f.tokens()
	f.me()
	f.users()
	f.agents()
	f.states()
	f.tiers()
	f.queues()
	f.definitions()
	f.projects()
	f.routes()
	f.routeTrials()
	f.decisions()
	f.calls()
	f.history()
	f.rules()
	f.recordings()
	f.links()
	f.gaps()
	f.reports()
	f.schedules()
	f.messages()
	f.templates()
	f.optOuts()
	f.providers()
	f.previews()
	f.webhooks()
	f.auditLog()
	f.modules()
	f.settings()
	f.trials()
	f.streams()
	f.requests()
	f.status()
	describe(f.api.OpenAPI())
	return f
}

// faceConfig is how operations are read and answered.
func faceConfig() huma.Config {
	config := huma.DefaultConfig("callgate", "1")
	config.Info.Description = "Calls, agents, queues, messages, recordings and reports of a contact centre on FreeSWITCH. Times are RFC 3339 or epoch seconds, failures problem+json. " +
		"Those that a program has to tell from others of their status have a `type`: `urn:callgate:password_due`, `urn:callgate:code_due`."
	// Links to schemas in every answer, and pages that load scripts from elsewhere, are not wanted.
	config.CreateHooks, config.DocsPath, config.SchemasPath = nil, "", ""
	config.RejectUnknownQueryParameters = true // a filter whose name is misspelt would find everything
	config.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie}}
	return config
}

// NotFound answers for a path below /api that is none.
func (f *Face) NotFound(c *gin.Context) {
	ctx := humagin.NewContext(&huma.Operation{}, c)
	_ = huma.WriteErr(f.api, ctx, http.StatusNotFound, "No such path or method") // the client has gone: nobody to tell
}

// asker is who asks, and what went wrong, for the process log.
type asker struct {
	*account.Identity
	named   []string // the projects that the request names, once it is read
	cause   error
	request *http.Request
	client  func() string // the address that the request came from, without a port
	session string        // the secret of the cookie that it came with, if it was that
}

// right is what an operation needs, MODULE/ACTION. The empty one is decided by what the request asks for.
type right string

const (
	open right = "open" // anybody, without a token
	own  right = "own"  // everybody, even who has to change his password first
)

type askerKey struct{}

// operation adds one operation: token, then right, then the form of the request, then the work.
func operation[I, O any](f *Face, o huma.Operation, needs right, run func(ctx context.Context, who *asker, in *I) (*O, error)) {
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, maxBody)
	o.Security = []map[string][]string{{"bearer": {}}, {"session": {}}}
	if needs == open {
		o.Security = []map[string][]string{}
	}
	o.Errors = append(o.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable)
	if _, body := reflect.TypeFor[I]().FieldByName("Body"); body {
		o.Errors = append(o.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType)
	}
	if _, known := reflect.TypeFor[I]().FieldByName("Known"); known {
		o.Errors = append(o.Errors, http.StatusPreconditionFailed)
	}
	tag, _, named := strings.Cut(string(needs), "/")
	if !named {
		tag, _, _ = strings.Cut(o.Path[1:], "/")
	}
	o.Tags = []string{tag}
	if named {
		o.Description = strings.TrimSpace(o.Description + " Right: `" + string(needs) + "`.")
	}
	o.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(ctx)
		who := &asker{request: c.Request, client: c.ClientIP}
		who.cause = f.admit(ctx, who, needs)
		if spent := f.spare(ctx, who); spent != nil {
			who.cause = spent
		}
		if who.cause == nil {
			u := ctx.URL()
			who.cause = readable(u.RawQuery)
		}
		if who.cause == nil {
			by := audit.Actor{UserID: who.UserID, Login: who.Login, Address: who.client(), Request: c.Writer.Header().Get(requestID)}
			next(huma.WithContext(ctx, audit.By(context.WithValue(ctx.Context(), askerKey{}, who), by)))
		} else {
			f.refuse(ctx, who.cause)
		}
		if who.cause != nil {
			_ = humagin.Unwrap(ctx).Error(who.cause)
		}
	}}
	names := namingOf(reflect.TypeFor[I]())
	huma.Register(f.api, o, func(ctx context.Context, in *I) (out *O, err error) {
		who := ctx.Value(askerKey{}).(*asker)
		if names != nil {
			names(reflect.ValueOf(in).Elem(), func(project string) { who.named = append(who.named, project) })
		}
		if needs != "" && who.named != nil {
			err = f.may(ctx, who, needs)
		}
		if err == nil {
			out, err = run(ctx, who, in)
		}
		if err != nil {
			who.cause = err
			p := refusal(err)
			return nil, huma.ErrorWithHeaders(p.model(), p.header)
		}
		return out, nil
	})
}

// readable refuses a query of which a part cannot be read, and would be passed over.
func readable(query string) error {
	if _, err := url.ParseQuery(query); err != nil {
		return wrongParameter("query", "want every ; as %3B and every % as %25")
	}
	return nil
}

// refuse answers with the problem that err is.
func (f *Face) refuse(ctx huma.Context, err error) {
	p := refusal(err)
	for name, values := range p.header {
		ctx.SetHeader(name, values[0])
	}
	m := p.model()
	ctx.SetHeader("Content-Type", m.ContentType("application/json"))
	ctx.SetStatus(m.Status)
	_ = f.api.Marshal(ctx.BodyWriter(), "application/json", m) // the client has gone: nobody to tell
}

// admit finds out who asks and whether they may.
func (f *Face) admit(ctx huma.Context, who *asker, needs right) (err error) {
	if needs == open {
		who.Identity = &account.Identity{}
		return nil
	}
	if err := f.identify(ctx, who); err != nil {
		return err
	}
	switch {
	case needs == own:
		return nil
	case who.MustChange:
		return fault.New(fault.PasswordDue, "")
	case needs == "":
		return nil
	}
	return f.may(ctx.Context(), who, needs)
}

// identify finds out who asks: by a token, or else by the cookie of a session, which browsers send for others as well. What
// changes something therefore needs a word of the page's own beside it.
func (f *Face) identify(ctx huma.Context, who *asker) (err error) {
	scheme, token, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		who.Identity, err = f.o.Accounts.Authenticate(ctx.Context(), strings.TrimSpace(token), who.client)
		return err
	}
	cookie, err := who.request.Cookie(sessionCookie)
	if err != nil {
		return &fault.Error{Kind: fault.BadToken, Why: fault.NoToken}
	}
	if who.Identity, err = f.o.Users.Resume(ctx.Context(), cookie.Value); err != nil {
		return err
	}
	who.session = cookie.Value
	if ctx.Method() == http.MethodGet {
		return nil
	}
	return account.CheckCSRF(cookie.Value, ctx.Header(csrfHeader))
}

// may checks the rights that what a request asks for needs. Projects for which that is switched off are hidden from who asks.
func (f *Face) may(ctx context.Context, who *asker, needs ...right) error {
	for _, r := range needs {
		module, action, _ := strings.Cut(string(r), "/")
		id, err := f.o.Accounts.Authorize(ctx, who.Identity, module, action, who.named...)
		if err != nil {
			return err
		}
		who.Identity = id
	}
	return nil
}

// Package api is the HTTP edge: one engine that serves the documented face, CDR intake, metrics and health, and
// the one place where a request meets the process log. It knows HTTP and nothing of SQL or Event Socket. It owns
// no goroutines; the server that runs the handler does.
package api

import (
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/api/legacy"
	v1 "callgate/api/v1"
)

// Options are the engine's parts.
type Options struct {
	Legacy         *legacy.Face
	V1             v1.Options
	XML            http.Handler // /xml
	CDR            http.Handler // POST /cdr
	Recordings     http.Handler // PUT /api/recordings/{switch}/{name}
	Receipts       http.Handler // GET and POST /api/v1/sms/receipts/{provider}/{secret}
	Metrics        http.Handler // nil when /metrics has a listener of its own
	Health         *Health
	Panel          fs.FS          // the built files of the admin panel; none where it was not built
	TrustedProxies []netip.Prefix // who may tell us the client's address; none: the connection's peer is the client
	Logger         *slog.Logger
	Registerer     prometheus.Registerer
}

// requestIDHeader carries the id under which the process log knows a request.
const requestIDHeader = "X-Request-Id"

// New builds the handler of every path this service has.
func New(o Options) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false // the documented paths are exact
	trusted := make([]string, len(o.TrustedProxies))
	for i, p := range o.TrustedProxies {
		trusted[i] = p.String()
	}
	if err := engine.SetTrustedProxies(trusted); err != nil {
		return nil, err
	}
	m := newMetrics(o.Registerer, o.Logger.Handler())
	engine.Use(observe(o, m))
	engine.Any("/cdr", gin.WrapH(o.CDR))
	engine.Any("/xml", gin.WrapH(o.XML))
	engine.Any("/api/recordings/:switch/*name", gin.WrapH(o.Recordings))
	engine.Match([]string{http.MethodGet, http.MethodPost}, ReceiptsPath+":provider/:secret", gin.WrapH(o.Receipts))
	if o.Metrics != nil {
		engine.GET("/metrics", gin.WrapH(o.Metrics))
	}
	engine.GET("/healthz", gin.WrapF(o.Health.alive))
	engine.GET("/readyz", gin.WrapF(o.Health.ready))
	o.V1.Secure = secure(o.TrustedProxies)
	page, err := newDocs()
	if err != nil {
		return nil, err
	}
	engine.Match([]string{http.MethodGet, http.MethodHead}, docsPath, gin.WrapH(page))
	engine.Match([]string{http.MethodGet, http.MethodHead}, docsPath+"/*part", gin.WrapH(page))
	panel, err := newPanel(o.Panel)
	if err != nil {
		return nil, err
	}
	engine.Match([]string{http.MethodGet, http.MethodHead}, "/", func(c *gin.Context) { c.Redirect(http.StatusFound, panelPath) })
	engine.Any(strings.TrimSuffix(panelPath, "/"), gin.WrapH(panel))
	engine.Any(panelPath+"*page", gin.WrapH(panel))
	modern := v1.Mount(engine, o.V1)
	// Everything that is not ours is the documented face, unknown modules and actions included.
	engine.NoRoute(func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			modern.NotFound(c)
			return
		}
		c.Status(http.StatusOK) // gin presets 404, which would stick to answers that set no status
		if err := o.Legacy.Serve(c.Writer, c.Request, c.ClientIP, c.Writer.Header().Get(requestIDHeader)); err != nil {
			_ = c.Error(err)
			if errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
		}
	})
	return engine.Handler(), nil
}

// secure tells whether a request came over TLS, to us or to a proxy that is trusted.
func secure(trusted []netip.Prefix) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		if r.TLS != nil {
			return true
		}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		return err == nil && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") &&
			slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
	}
}

// observe gives each request an id, times it, turns a panic into 500 and writes the one log line. The line holds
// no query, body or header: those may hold numbers and secrets.
func observe(o Options, m *metrics) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		id := newID()
		c.Writer.Header()[requestIDHeader] = []string{id}
		defer func() {
			// A broken answer is told to net/http by this panic, which goes on when the line is written.
			broken := recovered(c, o.Logger, id, recover())
			took := time.Since(began)
			status := c.Writer.Status()
			face, module, action := name(o, c)
			s := m.of(face, module, action, status)
			s.requests.Inc()
			s.duration.Observe(took.Seconds())
			level := slog.LevelInfo
			if status == http.StatusInternalServerError {
				level = slog.LevelError
			}
			if ctx := c.Request.Context(); s.log.Enabled(ctx, level) {
				// Not through a Logger, which would look for its caller each time.
				line := slog.NewRecord(began.Add(took), level, "request", 0)
				line.AddAttrs(slog.String("request", id), slog.String("method", c.Request.Method),
					slog.Int("bytes", c.Writer.Size()), slog.Duration("took", took))
				if last := c.Errors.Last(); last != nil {
					line.AddAttrs(slog.String("error", last.Error()))
				}
				_ = s.log.Handle(ctx, line) // nowhere to tell
			}
			if broken {
				panic(http.ErrAbortHandler)
			}
		}()
		c.Next()
	}
}

// recovered answers a panic of a handler; broken is true for the documented one that cuts the connection.
func recovered(c *gin.Context, logger *slog.Logger, id string, p any) (broken bool) {
	switch p {
	case nil:
		return false
	case http.ErrAbortHandler:
		return true
	}
	logger.ErrorContext(c.Request.Context(), "panic", "request", id, "panic", p, "stack", string(debug.Stack()))
	if !c.Writer.Written() {
		c.Data(http.StatusInternalServerError, "application/json; charset=utf-8", []byte(`{"error":"Internal error!"}`))
	}
	return false
}

// name sorts a request into a closed set of labels: what a client makes up is "other".
func name(o Options, c *gin.Context) (face, module, action string) {
	if path := c.FullPath(); path != "" {
		if operation, ok := strings.CutPrefix(path, v1.Base+"/"); ok {
			return "v1", operation, c.Request.Method
		}
		return "service", path, ""
	}
	module, action = legacy.Split(c.Request.URL.Path)
	if !o.Legacy.Known(module, action) {
		return "legacy", "other", "other"
	}
	return "legacy", module, action
}

// newID makes an id that tells requests apart; it is no secret.
func newID() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	n := rand.Uint64()
	for i := range b {
		b[i] = digits[n&15]
		n >>= 4
	}
	return string(b[:])
}

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	log      slog.Handler

	mu    sync.RWMutex
	known map[labels]series // found before; the labels are a closed set
}

type labels struct {
	face, module, action string
	status               int
}

// series are the time series of some labels, and the log with these as attributes.
type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
	log      slog.Handler
}

// of finds the series of labels, which to make anew would take longer than all else that observing costs.
func (m *metrics) of(face, module, action string, status int) series {
	key := labels{face, module, action, status}
	m.mu.RLock()
	s, ok := m.known[key]
	m.mu.RUnlock()
	if ok {
		return s
	}
	s = series{
		requests: m.requests.WithLabelValues(face, module, action, strconv.Itoa(status)),
		duration: m.duration.WithLabelValues(face, module, action),
		log: m.log.WithAttrs([]slog.Attr{slog.String("face", face), slog.String("module", module), slog.String("action", action),
			slog.Int("status", status)}),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[key] = s
	return s
}

func newMetrics(r prometheus.Registerer, log slog.Handler) *metrics {
	m := &metrics{
		known: map[labels]series{}, log: log,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_api_requests_total", Help: "HTTP requests by face, module, action and status.",
		}, []string{"face", "module", "action", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callgate_api_request_duration_seconds", Help: "Time to answer an HTTP request.",
			// Answers from memory take microseconds; contact/add waits for a person to pick up.
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40},
		}, []string{"face", "module", "action"}),
	}
	r.MustRegister(m.requests, m.duration)
	return m
}

package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callgate/internal/outside"
	"callgate/internal/outside/mail"
	"callgate/internal/recording"
)

// reachURL connects to where a URL leads.
func (x *trial) reachURL(text, unset string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return x.step(StepConnect, func() (string, error) { return "", errors.New(unset) })
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return x.reach(u.Hostname(), port, u.Scheme == "https")
}

// ask tries an outside system: the log-in, then a question.
func (x *trial) ask(server outside.Server, unset string, question func(ctx context.Context, c *outside.Client) (string, error)) {
	if !x.reachURL(server.URL, unset) {
		return
	}
	server.Cache = 0
	client := outside.New(outside.Options{Name: "the system", AtATime: 1, Roots: x.o.Roots, Server: func() outside.Server { return server }})
	defer client.Close()
	if server.LogIn.Flow == outside.FlowForm && !x.step(StepSignIn, func() (string, error) {
		return "signed in as " + server.LogIn.Login, client.SignIn(x.ctx)
	}) {
		return
	}
	x.step(StepAnswer, func() (string, error) { return question(x.ctx, client) })
}

func (x *trial) onlineStat() {
	x.ask(x.o.OnlineStat(x.Draft), "onlinestat.proxy_url is not set", func(ctx context.Context, c *outside.Client) (string, error) {
		all, _, err := outside.NewOnlineStat(c).All(ctx)
		return fmt.Sprintf("the agents of %d projects", len(all)), err
	})
}

// report asks for yesterday.
func (x *trial) report() {
	server, form := x.o.Report(x.Draft)
	day := x.o.Now().AddDate(0, 0, -1).Format(time.DateOnly)
	x.ask(server, "report.proxy_url is not set", func(ctx context.Context, c *outside.Client) (string, error) {
		rows, err := outside.NewReport(c, func() outside.ReportForm { return form }).Rows(ctx, day, day, outside.ReportView{Numbers: true, Sees: func(string) bool { return true }})
		return fmt.Sprintf("%d rows for %s", len(rows), day), err
	})
}

// mail signs in at the mail server and sends nothing.
func (x *trial) mail() {
	server := x.o.Mail(x.Draft)
	if server.Host == "" {
		x.step(StepConnect, func() (string, error) { return "", errors.New("smtp.host is not set") })
		return
	}
	if !x.reach(server.Host, strconv.Itoa(server.Port), server.Security == mail.TLS) {
		return
	}
	x.step(StepSignIn, func() (string, error) {
		err := mail.New(mail.Options{Server: func() mail.Server { return server }, Roots: x.o.Roots}).Try(x.ctx)
		text := map[string]string{mail.StartTLS: "secured by STARTTLS", mail.TLS: "secured by TLS", mail.None: "not secured"}[server.Security]
		if server.Login == "" {
			return text + "; the server takes messages without a log-in", err
		}
		return text + "; signed in as " + server.Login, err
	})
}

// s3 writes an object, reads it back and deletes it.
func (x *trial) s3() {
	s := x.o.S3(x.Draft)
	if !x.reachURL(s.Endpoint, "recordings.s3_endpoint is not set") {
		return
	}
	recording.Try(x.ctx, s, x.o.Roots, func(did string, do func() error) bool {
		return x.step(StepAnswer, func() (string, error) { return did, do() })
	})
}

// switches signs in at each switch and asks how it is.
func (x *trial) switches(of string) {
	for _, s := range x.o.Switches {
		if x.where = s.Name; of == "" || of == s.Name {
			x.one(s)
		}
	}
	if x.where = ""; x.steps == nil {
		x.step(StepConnect, func() (string, error) { return "", fmt.Errorf("there is no switch %.64q", of) })
	}
}

func (x *trial) one(s TrialSwitch) {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil || !x.reach(host, port, s.TLS) {
		return
	}
	var link Link
	stop := func() {}
	defer func() { stop() }()
	if !x.step(StepSignIn, func() (string, error) {
		var err error
		if link, stop, err = s.Dial(x.ctx); err != nil {
			u := Unreachable(s.Name, s.Addr, err)
			return "", fmt.Errorf("%s: %s", u.Text, u.Fix)
		}
		return "signed in", nil
	}) {
		return
	}
	for _, ask := range [...]struct {
		command, argument string
		read              func(answer string) (string, error)
	}{
		{"status", "", func(answer string) (string, error) {
			first, _, _ := strings.Cut(strings.TrimSpace(answer), "\n")
			return cmp.Or(first, "an empty answer"), nil
		}},
		{"module_exists", "mod_callcenter", func(answer string) (string, error) {
			if strings.TrimSpace(answer) != "true" {
				return "", errors.New("mod_callcenter is not loaded: there are no queues")
			}
			return "mod_callcenter is loaded", nil
		}},
	} {
		if !x.step(StepAnswer, func() (string, error) {
			var args []string
			if ask.argument != "" {
				args = []string{ask.argument}
			}
			answer, err := link.API(x.ctx, ask.command, args...)
			if err != nil {
				return "", err
			}
			return ask.read(answer)
		}) {
			return
		}
	}
}

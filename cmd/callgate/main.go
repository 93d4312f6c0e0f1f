// Command callgate is the controlled entry point to a FreeSWITCH contact centre. This package turns flags, the
// environment, standard input and signals into values, calls the process and turns its end into an exit code:
// 0 done, 1 failed, 2 called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"callgate/internal/app"
	"callgate/internal/audit"
	"callgate/internal/project"
)

// version is set by the linker, which knows no other place than a global.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line. Every flag is also an environment variable: --http-addr is CALLGATE_HTTP_ADDR.
type cli struct {
	flags

	Serve       serveCmd       `cmd:"" help:"Serve the API for the configured switches and database."`
	Demo        demoCmd        `cmd:"" help:"Serve the API over a pretend FreeSWITCH with live traffic, in a temporary folder."`
	Check       checkCmd       `cmd:"" help:"Examine the database and every switch, and say what to change. Exit code 1 when something has to be."`
	User        userCmd        `cmd:"" help:"Add, list and change users."`
	Module      moduleCmd      `cmd:"" help:"Switch modules and actions of the API on and off."`
	Project     projectCmd     `cmd:"" help:"Add, list and change projects: their numbers, their queues, how they are counted."`
	Route       routeCmd       `cmd:"" help:"Add, list and change routes: what becomes of calls to the projects' numbers."`
	Destination destinationCmd `cmd:"" help:"List and change the rules where calls may go."`
	SMS         smsCmd         `cmd:"" name:"sms" help:"List and change who carries text messages."`
	CDR         cdrCmd         `cmd:"" name:"cdr" help:"Take in CDRs that FreeSWITCH left in files."`
	Key         keyCmd         `cmd:"" help:"Change the key with which secrets in the database are sealed."`
	Webhook     webhookCmd     `cmd:"" help:"Add, list and remove addresses to which events are sent."`
	Settings    settingsCmd    `cmd:"" help:"List and change the settings that take effect while callgate runs."`
	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document of the modern API."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// outside is what a command may touch of the world.
type outside struct {
	in       io.Reader
	out, err io.Writer
	logger   *slog.Logger
}

func run(ctx context.Context, args []string, lookup func(string) (string, bool), in io.Reader, out, stderr io.Writer) int {
	// net/http quotes there what a server sends behind its answer, which may be a text or a number. Source: persistConn.readLoopPeekFailLocked.
	log.SetOutput(io.Discard)
	var c cli
	exited, code := false, 0
	defaults := app.Default()
	parser, err := kong.New(&c,
		kong.Name("callgate"),
		kong.Description("The controlled entry point to a FreeSWITCH contact centre."),
		kong.Writers(out, stderr),
		kong.Exit(func(status int) { exited, code = true, status }),
		kong.Resolvers(environment(lookup)),
		kong.Vars{"http_addr": defaults.HTTPAddr, "database_url": defaults.DatabaseURL,
			"outbound_addr": defaults.OutboundAddr, "outbound_allow": app.FormatPrefixes(defaults.OutboundAllow),
			"recordings_dir": defaults.RecordingsDir, "cdr_user": defaults.CDRUser, "cdr_spool_keep_days": strconv.Itoa(defaults.CDRSpoolKeepDays), "xml_user": defaults.XMLUser,
			"sl_seconds": strconv.Itoa(project.DefaultSLSeconds)},
		kong.BindTo(audit.By(ctx, audit.Actor{Login: "command line"}), (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(stderr, "callgate:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exited { // --help has printed what was asked for
		return code
	}
	if err != nil {
		fmt.Fprintln(stderr, "callgate:", err)
		return 2
	}
	w := &outside{in: in, out: out, err: stderr, logger: slog.New(slog.NewTextHandler(stderr, nil))}
	if err := parsed.Run(&c.flags, w, commandName(parsed.Selected().Name)); err != nil {
		fmt.Fprintln(stderr, "callgate:", err)
		var usage usageError
		if errors.As(err, &usage) {
			return 2
		}
		return 1
	}
	return 0
}

// commandName is the last word of the command called, for commands that differ in nothing else.
type commandName string

// usageError is a command called wrongly, found out only while it ran.
type usageError struct{ error }

// environment answers a flag from CALLGATE_<FLAG>, and a secret one from the file that CALLGATE_<FLAG>_FILE
// names. Both at once is a mistake worth stopping for.
func environment(lookup func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if flag.Tag.Has("noenv") || flag.Name == "help" {
			return nil, nil
		}
		name := "CALLGATE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, set := lookup(name)
		if flag.Tag.Has("secret") {
			if path, ok := lookup(name + "_FILE"); ok && path != "" {
				if set && value != "" {
					return nil, fmt.Errorf("%s and %s_FILE are both set", name, name)
				}
				text, err := os.ReadFile(path)
				if err != nil {
					return nil, fmt.Errorf("%s_FILE: %w", name, err)
				}
				return strings.TrimRight(string(text), "\r\n"), nil
			}
		}
		if !set || value == "" {
			return nil, nil
		}
		return value, nil
	})
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(w *outside) error {
	_, err := fmt.Fprintln(w.out, "callgate", version)
	return err
}

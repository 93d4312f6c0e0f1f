package setting

import (
	"errors"
	"net/url"
	"strings"

	"callgate/internal/outside"
)

// What the outside report system is told and asked is checked by the package that does it.

func checkReportRequest(value string) error {
	return outside.CheckTemplate(value, "{start}", "{stop}")
}

func checkLoginRequest(value string) error {
	return outside.CheckTemplate(value, "{login}", "{password}")
}

func checkToken(value string) error {
	if value == "" {
		return nil
	}
	return outside.CheckToken(value)
}

// checkBelow takes a path below a base URL.
func checkBelow(value string) error {
	if value == "" {
		return nil
	}
	if u, err := url.Parse(value); err != nil || !strings.HasPrefix(value, "/") || u.Host != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("want a path that begins with a slash, without query")
	}
	return nil
}

func checkLoginURL(value string) error {
	if strings.HasPrefix(value, "/") {
		return checkBelow(value)
	}
	return checkURL(value)
}

// checkLogIn says what each way of signing in needs.
func checkLogIn(s *snapshot) error {
	flow := s.text(ReportProxyLoginFlow)
	var needs []string
	switch flow {
	case outside.FlowBasic:
		needs = []string{ReportProxyLogin, ReportProxyPassword}
		if strings.Contains(s.text(ReportProxyLogin), ":") {
			return errors.New("with " + flow + " a log-in cannot hold a colon, which ends it")
		}
	case outside.FlowBearer:
		needs = []string{ReportProxyToken}
	case outside.FlowForm:
		needs = []string{ReportProxyLogin, ReportProxyPassword, ReportProxyLoginURL}
	}
	for _, key := range needs {
		if s.text(key) == "" {
			return errors.New(ReportProxyLoginFlow + " " + flow + " needs " + key)
		}
	}
	return nil
}

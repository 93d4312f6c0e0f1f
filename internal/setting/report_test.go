package setting_test

import (
	"errors"
	"strings"
	"testing"

	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestReportSettings sets them one after the other.
func TestReportSettings(t *testing.T) {
	s, err := setting.New(storetest.Open(t, storetest.SQLite(t), store.Options{}), setting.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, key, value string
		refused          string // why; empty when it is accepted
	}{
		{"proxy before its URL", setting.ReportSource, setting.FromProxy, "report.source proxy needs report.proxy_url"},
		{"URL with a log-in", setting.ReportProxyURL, "https://a:b@crm.example", "URL without log-in"},
		{"URL", setting.ReportProxyURL, "https://crm.example", ""},
		{"proxy", setting.ReportSource, setting.FromProxy, ""},
		{"no URL any more", setting.ReportProxyURL, "", "report.source proxy needs report.proxy_url"},
		{"path", setting.ReportProxyPath, "/api/v2/centre", ""},
		{"no path", setting.ReportProxyPath, "", ""},
		{"path without a slash", setting.ReportProxyPath, "api", "begins with a slash"},
		{"path that is another host", setting.ReportProxyPath, "//other.example/x", "begins with a slash"},
		{"path with a query", setting.ReportProxyPath, "/api?x=1", "without query"},
		{"request without a day", setting.ReportProxyRequest, "?from={start}", "want {stop} in it"},
		{"request with a password", setting.ReportProxyRequest, "?from={start}&to={stop}&p={password}", "unknown placeholder {password}"},
		{"request that is no JSON", setting.ReportProxyRequest, `{"from":{start},"to":{stop}}`, "want valid JSON"},
		{"request", setting.ReportProxyRequest, "?from={start}&to={stop}", ""},
		{"rows", setting.ReportProxyRows, "data.rows", ""},
		{"rows that are none", setting.ReportProxyRows, "data..rows", "names with dots"},
		{"fields", setting.ReportProxyFields, `{"Номер":"number"}`, ""},
		{"fields of another key", setting.ReportProxyFields, `{"Nomer":"number"}`, `no key "Nomer"`},
		{"fields that are no JSON", setting.ReportProxyFields, "Номер=number", "want a JSON object"},
		{"timeout", setting.ReportProxyTimeout, "61s", "100ms to 1m"},
		{"a way that is none", setting.ReportProxyLoginFlow, "oauth", "none or basic or bearer or form"},
		{"basic before its log-in", setting.ReportProxyLoginFlow, outside.FlowBasic, "report.proxy_login_flow basic needs report.proxy_login"},
		{"log-in", setting.ReportProxyLogin, "anna", ""},
		{"basic before its password", setting.ReportProxyLoginFlow, outside.FlowBasic, "needs report.proxy_password"},
		{"password", setting.ReportProxyPassword, "secret", ""},
		{"basic", setting.ReportProxyLoginFlow, outside.FlowBasic, ""},
		{"log-in with a colon", setting.ReportProxyLogin, "an:na", "cannot hold a colon"},
		{"no password any more", setting.ReportProxyPassword, "", "needs report.proxy_password"},
		{"bearer before its token", setting.ReportProxyLoginFlow, outside.FlowBearer, "needs report.proxy_token"},
		{"token with a space", setting.ReportProxyToken, "Bearer secret", "without spaces"},
		{"token", setting.ReportProxyToken, "secret", ""},
		{"bearer", setting.ReportProxyLoginFlow, outside.FlowBearer, ""},
		{"no token any more", setting.ReportProxyToken, "", "needs report.proxy_token"},
		{"form", setting.ReportProxyLoginFlow, outside.FlowForm, ""},
		{"log-in page nowhere", setting.ReportProxyLoginURL, "", "needs report.proxy_login_url"},
		{"log-in page of another host", setting.ReportProxyLoginURL, "https://sso.example/token", ""},
		{"log-in page that is none", setting.ReportProxyLoginURL, "sso.example/token", "want http://HOST"},
		{"log-in request", setting.ReportProxyLoginRequest, "user={login}&pass={password}", ""},
		{"log-in request without the password", setting.ReportProxyLoginRequest, "user={login}", "want {password} in it"},
		{"token deeper in", setting.ReportProxyTokenPath, "data.access_token", ""},
		{"cookies", setting.ReportProxyTokenPath, "", ""},
		{"switch", setting.ReportSource, setting.FromSwitch, ""},
		{"the URL may go now", setting.ReportProxyURL, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Set(t.Context(), tt.key, tt.value, "test")
			if tt.refused == "" && err != nil || tt.refused != "" && (!errors.Is(err, fault.New(fault.WrongField, tt.key)) || !strings.Contains(err.Error(), tt.refused)) {
				t.Errorf("got %v, want %q", err, tt.refused)
			}
		})
	}
}

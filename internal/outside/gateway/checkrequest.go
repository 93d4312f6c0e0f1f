package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const maxTimeout = 300 // seconds

var headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// ownHeaders are those that say how a request is carried.
var ownHeaders = [...]string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Te", "Trailer", "Expect", "Accept-Encoding"}

// request checks how something is asked, and tells which of the placeholders that may be there are.
func (c *checker) request(place string, r *request, may ...string) map[string]bool {
	used := map[string]bool{}
	look := func(at string, t template, may ...string) { c.template(below(place, at), t, used, may...) }
	among := func(all ...string) []string {
		return slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(may, name) })
	}
	c.want(slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, r.Method), below(place, "method"), "want GET, POST or PUT")
	c.address(below(place, "url"), r.URL)
	look("url", r.URL, among(placeNumber, placeID)...)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		at, canonical := "headers."+name, http.CanonicalHeaderKey(name)
		c.want(headerForm.MatchString(name), below(place, at), "want the name of a header")
		c.want(!slices.Contains(ownHeaders[:], canonical), below(place, at), "this header is not a description's to set")
		c.want(canonical != "Content-Type" || r.Form != nil || r.JSON != nil, below(place, at), "there is no body")
		c.want(r.Auth.header() != canonical, below(place, at), "auth sets this header")
		c.want(r.Headers[name].onLine(), below(place, at), "want it on one line")
		look(at, r.Headers[name], among(placeNumber, placeID, placeFrom)...)
	}
	c.auth(below(place, "auth"), &r.Auth)
	look("auth.user", r.Auth.User)
	look("auth.password", r.Auth.Password)
	look("auth.token", r.Auth.Token)
	look("auth.value", r.Auth.Value)
	_, twice := r.Query[r.Auth.Name]
	c.want(r.Auth.Kind != "query" || !twice, below(place, "auth.name"), "it is in query too")
	for _, name := range slices.Sorted(maps.Keys(r.Query)) {
		look("query."+name, r.Query[name], may...)
	}
	c.want(r.Form == nil || r.JSON == nil, place, "want form or json, not both")
	c.want(r.Method != http.MethodGet || r.Form == nil && r.JSON == nil, place, "a GET has no body: use query")
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		look("form."+name, r.Form[name], may...)
	}
	if r.JSON != nil {
		each(below(place, "json"), r.JSON.value, func(at string, t template) { c.template(at, t, used, may...) })
	}
	c.want(r.Timeout >= 0 && r.Timeout <= maxTimeout, below(place, "timeout"), "want seconds, up to %d", maxTimeout)
	return used
}

// template checks that a template has no placeholders but needs and those that may be there, and notes them.
func (c *checker) template(place string, t template, used map[string]bool, may ...string) {
	for _, p := range t {
		for _, name := range p.names {
			switch {
			case c.needs[name] || slices.Contains(may, name):
			case slices.Contains(reserved[:], name):
				c.wrong(place, "{%s} at character %d cannot stand here", name, p.at)
			default:
				c.wrong(place, "unknown placeholder {%s} at character %d", name, p.at)
			}
			c.want(name != placeIDs || len(p.names) == 1, place, "nothing stands in for {ids}")
			c.used[name], used[name] = true, true
		}
	}
}

// address checks that the machine which is asked is not for a message to say.
func (c *checker) address(place string, t template) {
	text, _ := t.render(values{}, func(string) string { return "x" })
	c.want(webAddress(text), place, "want http:// or https:// and a host")
	c.want(!strings.ContainsAny(text, "?#"), place, "want nothing behind the path: use query")
	c.want(!strings.Contains(text+"/", "/./") && !strings.Contains(text+"/", "/../"), place, "want the path without . and ..")
	if len(t) > 1 {
		_, behind, _ := strings.Cut(t[0].literal, "://")
		c.want(strings.Contains(behind, "/"), place, "want no placeholder in the host")
	}
}

func (c *checker) auth(place string, a *auth) {
	given := map[string]bool{"user": a.User != nil, "password": a.Password != nil, "token": a.Token != nil, "name": a.Name != "", "value": a.Value != nil}
	wanted, known := map[string][]string{"": nil, "none": nil, "basic": {"user", "password"}, "bearer": {"token"}, "query": {"name", "value"},
		"header": {"name", "value"}}[a.Kind]
	c.want(known, below(place, "kind"), "want none, basic, bearer, query or header")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		wants := slices.Contains(wanted, name)
		c.want(given[name] || !wants, below(place, name), "%s wants one", a.Kind)
		c.want(!given[name] || wants, below(place, name), "it does not go with that kind")
	}
	c.want(a.User.onLine() && a.Password.onLine() && a.Token.onLine() && a.Value.onLine(), place, "want all of it on one line")
	c.want(!slices.ContainsFunc(a.User, func(p part) bool { return strings.Contains(p.literal, ":") }), below(place, "user"), "no colon can stand in it")
	c.want(a.Kind != "header" || headerForm.MatchString(a.Name) && !slices.Contains(ownHeaders[:], a.header()), below(place, "name"), "want the name of a header")
}

// header is the one that says who asks.
func (a *auth) header() string {
	switch a.Kind {
	case "basic", "bearer":
		return "Authorization"
	case "header":
		return http.CanonicalHeaderKey(a.Name)
	}
	return ""
}

// each calls f for every text in a body, with its place.
func each(place string, value any, f func(string, template)) {
	switch v := value.(type) {
	case object:
		for _, m := range v {
			each(below(place, m.name), m.value, f)
		}
	case []any:
		for i, element := range v {
			each(fmt.Sprintf("%s[%d]", place, i), element, f)
		}
	case template:
		f(place, v)
	}
}

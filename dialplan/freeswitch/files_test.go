package freeswitch_test

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"testing"

	"callgate/dialplan/freeswitch"
	"callgate/internal/app"
)

// node is an element of a file, as FreeSWITCH's reader sees it.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []node     `xml:",any"`
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all are the elements of a name below n, in their order.
func (n node) all(name string) (found []node) {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

// params are the values below n by name.
func (n node) params() map[string]string {
	values := map[string]string{}
	for _, p := range n.all("param") {
		values[p.attr("name")] = p.attr("value")
	}
	return values
}

func read(t *testing.T, name string) (root node, text string) {
	t.Helper()
	data, err := fs.ReadFile(freeswitch.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, &root); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return root, string(data)
}

func names(t *testing.T) (all []string) {
	t.Helper()
	err := fs.WalkDir(freeswitch.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil || len(all) < 8 {
		t.Fatalf("files %v, %v", all, err)
	}
	return all
}

// TestWellFormed: each file is one document that FreeSWITCH takes as it is, with nothing set twice and a comment before
// the first setting of its kind.
func TestWellFormed(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			root, text := read(t, name)
			want := "include"
			if path.Dir(name) == "autoload_configs" {
				want = "configuration"
				if file := path.Base(name); root.attr("name")+".xml" != file {
					t.Errorf("configures %q", root.attr("name"))
				}
			}
			if root.XMLName.Local != want {
				t.Errorf("root is %s, want %s", root.XMLName.Local, want)
			}
			if upper := strings.ToUpper(text); strings.Contains(upper, "X-PRE-PROCESS") || strings.Contains(text, "<!--#") || strings.Contains(text, "$${") {
				t.Error("holds what FreeSWITCH's preprocessor obeys, in comments too")
			}
			for _, parent := range append(root.all("settings"), root.all("queue")...) {
				seen := map[string]bool{}
				for _, p := range parent.Children {
					if name := p.attr("name"); seen[name] {
						t.Errorf("%s is set twice", name)
					} else {
						seen[name] = true
					}
				}
			}
			if silent := uncommented(t, text); len(silent) > 0 {
				t.Errorf("nothing says why: %v", silent)
			}
		})
	}
}

// uncommented are the settings that stand neither after a comment nor after another setting that does.
func uncommented(t *testing.T, text string) (silent []string) {
	t.Helper()
	told := false
	for in := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return silent
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.Comment:
			told = true
		case xml.StartElement:
			if e.Name.Local != "param" && e.Name.Local != "load" {
				continue
			}
			if !told {
				silent = append(silent, e.Attr[0].Value)
			}
		}
	}
}

// TestDefaults: what is shipped meets a callgate that nobody has told anything.
func TestDefaults(t *testing.T) {
	c := app.Default()
	cdr, _ := read(t, "autoload_configs/xml_cdr.conf.xml")
	xmlCurl, _ := read(t, "autoload_configs/xml_curl.conf.xml")
	socket, _ := read(t, "autoload_configs/event_socket.conf.xml")
	acl, _ := read(t, "autoload_configs/acl.conf.xml")
	host, port, err := net.SplitHostPort(c.Switches[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	user := func(credentials string) string { user, _, _ := strings.Cut(credentials, ":"); return user }
	curl := xmlCurl.params()
	for _, tt := range []struct {
		name      string
		got, want string
	}{
		{"CDR url", cdr.params()["url"], "http://" + c.HTTPAddr + "/cdr"},
		{"CDR user", user(cdr.params()["cred"]), c.CDRUser},
		{"XML url", curl["gateway-url"], "http://" + c.HTTPAddr + "/xml"},
		{"XML user", user(curl["gateway-credentials"]), c.XMLUser},
		{"event socket address", socket.params()["listen-ip"], host},
		{"event socket port", socket.params()["listen-port"], port},
		{"access list", socket.params()["apply-inbound-acl"], acl.all("list")[0].attr("name")},
		{"access list's default", acl.all("list")[0].attr("default"), "deny"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	dialplan, _ := read(t, "dialplan/callgate.xml")
	var sockets []string
	for _, a := range dialplan.all("action") {
		if a.attr("application") == "socket" {
			sockets = append(sockets, a.attr("data"))
		}
	}
	if want := []string{c.OutboundAddr + " async full"}; !slices.Equal(sockets, want) {
		t.Errorf("hands over to %v, want %v", sockets, want)
	}
	modules, _ := read(t, "callgate/modules.xml")
	var order []string
	for _, m := range modules.all("load") {
		order = append(order, m.attr("module"))
	}
	for _, want := range []string{"mod_event_socket", "mod_commands", "mod_callcenter", "mod_xml_cdr", "mod_dialplan_xml"} {
		if !slices.Contains(order, want) {
			t.Errorf("%s is not loaded: %v", want, order)
		}
	}
	if order[len(order)-1] != "mod_sofia" {
		t.Errorf("calls come before all is there that they need: %v", order)
	}
}

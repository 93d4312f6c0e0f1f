package esltest

import (
	"encoding/xml"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// tree is an element of Config.XML.
type tree struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []tree     `xml:",any"`
}

// readXML reads Config.XML; none is an empty document.
func readXML(text string) (t tree, err error) {
	if text == "" {
		text = `<document type="freeswitch/xml"/>`
	}
	if err = xml.Unmarshal([]byte(text), &t); err != nil {
		return t, fmt.Errorf("configuration: %w", err)
	}
	return t, nil
}

func (t *tree) attr(name string) string {
	for _, a := range t.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// child finds a child by an attribute, whose value may be in any case; without all three the element itself
// (switch_xml_find_child).
func (t *tree) child(name, attr, value string) *tree {
	if name == "" || attr == "" || value == "" {
		return t
	}
	for i := range t.Children {
		c := &t.Children[i]
		if c.XMLName.Local == name && strings.EqualFold(c.attr(attr), value) {
			return c
		}
	}
	return nil
}

// write prints an element as switch_xml_toxml does, but for the blanks: without comments, each on a line of its
// own, and an empty one with a closing tag.
func (t *tree) write(b *strings.Builder) {
	escape := func(text string) { _ = xml.EscapeText(b, []byte(text)) } // into memory
	b.WriteString("<" + t.XMLName.Local)
	for _, a := range t.Attrs {
		b.WriteString(" " + a.Name.Local + `="`)
		escape(a.Value)
		b.WriteString(`"`)
	}
	b.WriteString(">")
	escape(strings.TrimSpace(t.Text))
	for i := range t.Children {
		t.Children[i].write(b)
	}
	b.WriteString("</" + t.XMLName.Local + ">\n")
}

// apiLocate shows configuration (xml_locate_function, switch_xml_locate).
func (s *Switch) apiLocate(arg string) string {
	argv := separate(arg, ' ', 4)
	if len(argv) != 1 && len(argv) != 4 {
		return "-ERR bad args\n"
	}
	found := &s.xml
	if len(argv) == 4 || !strings.EqualFold(argv[0], "root") {
		argv = append(argv, "", "", "")
		if found = found.child("section", "name", argv[0]); found != nil {
			found = found.child(argv[1], argv[2], argv[3])
		}
	}
	if found == nil {
		return "can't find anything\n"
	}
	var b strings.Builder
	found.write(&b)
	return b.String()
}

// apiFileExists knows the folder of recordings and those of the CDRs; there is nothing else on its disk.
func (s *Switch) apiFileExists(arg string) string {
	file, ok := s.recordingFile(arg)
	if ok = ok && s.cfg.RecordingsDir != ""; !ok {
		for _, dir := range []string{s.cfg.CDR.LogDir, s.cfg.CDR.ErrLogDir} {
			if rel, err := filepath.Rel(dir, arg); err == nil && dir != "" && filepath.IsLocal(rel) {
				file, ok = arg, true
			}
		}
	}
	if ok {
		var err error
		s.outside(func() { _, err = os.Stat(file) })
		ok = err == nil
	}
	return fmt.Sprint(ok)
}

// apiACL tries an address on a list: a network as it is written, or a list of acl.conf, where the entry that is most
// to the point decides (switch_check_network_list_ip, switch_network_list_validate_ip6_token).
func (s *Switch) apiACL(arg string) string {
	argv := append(separate(arg, ' ', 3), "", "")
	ip, err := netip.ParseAddr(argv[0])
	if err != nil || argv[1] == "" {
		return "false"
	}
	if network, err := netip.ParsePrefix(argv[1]); err == nil {
		return fmt.Sprint(network.Contains(ip))
	}
	if argv[1] == "loopback.auto" {
		return fmt.Sprint(ip.IsLoopback())
	}
	conf := s.xml.child("section", "name", "configuration")
	for _, step := range [][3]string{{"configuration", "name", "acl.conf"}, {"network-lists"}, {"list", "name", argv[1]}} {
		if conf == nil {
			return "false"
		}
		if step[1] == "" {
			conf = conf.first(step[0])
		} else {
			conf = conf.child(step[0], step[1], step[2])
		}
	}
	if conf == nil {
		return "false"
	}
	allowed, bits := conf.attr("default") == "allow", -1
	for i := range conf.Children {
		node := &conf.Children[i]
		if network, err := netip.ParsePrefix(node.attr("cidr")); err == nil && network.Contains(ip) && network.Bits() > bits {
			allowed, bits = node.attr("type") == "allow", network.Bits()
		}
	}
	return fmt.Sprint(allowed)
}

// first is the first child of a name.
func (t *tree) first(name string) *tree {
	for i := range t.Children {
		if t.Children[i].XMLName.Local == name {
			return &t.Children[i]
		}
	}
	return nil
}

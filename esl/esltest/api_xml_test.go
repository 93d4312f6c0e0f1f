package esltest_test

import (
	"strings"
	"testing"

	"callgate/esl/esltest"
)

// TestConfiguration: xml_locate and acl answer as a FreeSWITCH did that had this document, but for the blanks of the XML.
func TestConfiguration(t *testing.T) {
	const document = `<document type="freeswitch/xml">
		<section name="configuration">
			<configuration name="xml_cdr.conf" description="CDRs"><settings><!-- why -->
				<param name="cred" value="a&amp;b"/></settings></configuration>
			<configuration name="acl.conf"><network-lists>
				<list name="callgate" default="deny"><node type="allow" cidr="127.0.0.1/32"/><node type="allow" cidr="10.0.0.0/8"/>
					<node type="deny" cidr="10.1.0.0/16"/></list>
				<list name="open" default="allow"><node type="deny" cidr="192.0.2.0/24"/></list>
			</network-lists></configuration>
		</section>
		<section name="dialplan"><context name="a"/></section>
	</document>`
	const cdr = `<configuration name="xml_cdr.conf" description="CDRs"><settings><param name="cred" value="a&amp;b"></param> </settings> </configuration>`
	for _, tt := range []struct{ name, command, want string }{
		{"configuration", "xml_locate configuration configuration name xml_cdr.conf", cdr},
		{"value in another case", "xml_locate configuration configuration name XML_CDR.conf", cdr},
		{"name in another case", "xml_locate configuration configuration NAME xml_cdr.conf", "can't find anything"},
		{"none", "xml_locate configuration configuration name nosuch.conf", "can't find anything"},
		{"section", "xml_locate dialplan", `<section name="dialplan"><context name="a"></context> </section>`},
		{"no section", "xml_locate nosuch", "can't find anything"},
		{"nothing", "xml_locate", "-ERR bad args"},
		{"two words", "xml_locate a b", "-ERR bad args"},
		{"allowed", "acl 127.0.0.1 callgate", "true"},
		{"not allowed", "acl 192.0.2.1 callgate", "false"},
		{"allowed by a wider entry", "acl 10.2.0.1 callgate", "true"},
		{"denied by the closer entry", "acl 10.1.0.1 callgate", "false"},
		{"allowed by default", "acl 203.0.113.1 open", "true"},
		{"denied", "acl 192.0.2.1 open", "false"},
		{"no list", "acl 127.0.0.1 nosuch", "false"},
		{"network", "acl 192.0.2.1 0.0.0.0/0", "true"},
		{"other network", "acl 10.0.0.1 127.0.0.0/8", "false"},
		{"built in", "acl 127.0.0.1 loopback.auto", "true"},
		{"built in, stranger", "acl 192.0.2.1 loopback.auto", "false"},
		{"no address", "acl nonsense callgate", "false"},
		{"nothing at all", "acl", "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, esltest.Config{XML: document}, func(t *testing.T, b *bench) {
				if got := strings.Join(strings.Fields(b.api(tt.command)), " "); got != tt.want {
					t.Errorf("want %q\ngot  %q", tt.want, got)
				}
			})
		})
	}
	if s, err := esltest.New(esltest.Config{XML: "<document"}); err == nil {
		s.Close()
		t.Error("a broken document is taken")
	}
}

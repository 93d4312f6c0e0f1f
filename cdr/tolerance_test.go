package cdr_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

// TestTolerance reads what is ill-formed: first the ways in which FreeSWITCH makes it so, then any other.
func TestTolerance(t *testing.T) {
	for _, test := range []struct {
		name, xml, want string
	}{
		{"slash in a name", "<cdr>\n<variables>\n<weird/name>v</weird/name>\n<b>c</b>\n</variables>\n</cdr>\n", `{"variables":{"weird/name":"v","b":"c"}}`},
		{"slash at the end of a name", `<cdr><a/>v</a/><b>c</b></cdr>`, `{"a/":"v","b":"c"}`},
		{"slash at the end of a name, no value", `<cdr><a/></a/><b>c</b></cdr>`, `{"a/":[],"b":"c"}`},
		{"space in a name", `<cdr><a b>v</a b><c>d</c></cdr>`, `{"a b":"v","c":"d"}`},
		{"attribute in a name", `<cdr><a b="1">v</a b="1"><c>d</c></cdr>`, `{"a":{"@attributes":{"b":1},"0":"v"},"c":"d"}`},
		{"digit, sign, quote in names", `<cdr><1>a</1><$>b</$><">c</"></cdr>`, `{"1":"a","$":"b","\"":"c"}`},
		{"control and broken UTF-8 in a name", "<cdr><a\x01\xff>b</a\x01\xff></cdr>", "{\"a\\u0001\uFFFD\":\"b\"}"},
		{"less-than in a name", `<cdr><v><a<b>c</a<b><d>e</d></v><f>g</f></cdr>`, `{"v":{"a<b":"c","d":"e"},"f":"g"}`},
		{"greater-than in a name", `<cdr><v><a>b>c</a>b><d>e</d></w></cdr>`, `{"v":{"a":"b>c","d":"e"}}`},
		{"text opens a comment", "<cdr>\n<n>x<!--</n>\n<m>y</m>\n</cdr>\n", `{"n":"x<!--","m":"y"}`},
		{"text is a comment", "<cdr>\n<n><!-- --></n>\n<m>y</m>\n</cdr>\n", `{"n":"<!-- -->","m":"y"}`},
		{"two texts make a comment", "<cdr>\n<n>x<!--</n>\n<m>y</m>\n<o><!-->z</o>\n</cdr>\n", `{"n":"x<!--","m":"y","o":"<!-->z"}`},
		{"text opens CDATA", "<cdr>\n<n><![CDATA[</n>\n<m>y</m>\n</cdr>\n", `{"n":"<![CDATA[","m":"y"}`},
		{"text injects elements", "<cdr>\n<n>x<!</n><uuid>forged</uuid><n></n>\n<m>y</m>\n</cdr>\n", `{"n":"x<!</n><uuid>forged</uuid><n>","m":"y"}`},
		{"unescaped text keeps its ampersands", "<cdr>\n<n>&lt;<!&lt;</n>\n</cdr>\n", `{"n":"<<!&lt;"}`},
		{"unescaped text within a line", `<cdr><n>x<!--</n><m>y</m></cdr>`, `{"n":"x<!--","m":"y"}`},
		{"unescaped text cut off", "<cdr>\n<n>x<!--", `{"n":"x<!--"}`},
		{"attribute not escaped", `<cdr><a k="&lt;x<!"y>&lt;" l="1"></a><b>c</b></cdr>`, `{"a":{"@attributes":{"k":"<x<!\"y>&lt;","l":1}},"b":"c"}`},
		{"last attribute not escaped", `<cdr><a k="x<!--"></a><b>c</b></cdr>`, `{"a":{"@attributes":{"k":"x<!--"}},"b":"c"}`},
		{"attribute not escaped, empty element", `<cdr><a k="x<!--"/><b>c</b></cdr>`, `{"a":{"@attributes":{"k":"x<!--"}},"b":"c"}`},
		{"control characters", "<cdr><a k=\"\x01\">\x02</a></cdr>", `{"a":{"@attributes":{"k":"\u0001"},"0":"\u0002"}}`},

		{"real comments", "<cdr>\n<!-- a --><!-- b\n<c> -->\n  <d>\n    <!-- e --> <f>g</f><!-- h -->\n  </d>\n</cdr>\n", `{"d":{"f":"g"}}`},
		{"document type", `<!DOCTYPE cdr><cdr><a>b</a></cdr>`, `{"a":"b"}`},
		{"no entity is expanded", `<!DOCTYPE cdr [<!ENTITY a "b">]><cdr><c>&a;</c></cdr>`, `{"c":"&a;"}`},
		{"broken entities", `<cdr><a>&</a><a>&x;</a><a>&lt</a><a>&#;</a><a>&#x;</a><a>&#6a;</a><a>&#x110000;</a><a>&#55296;</a><a>&#x100000041;</a></cdr>`,
			"{\"a\":[\"&\",\"&x;\",\"&lt\",\"&#;\",\"&#x;\",\"&#6a;\",\"\uFFFD\",\"\uFFFD\",\"\uFFFD\"]}"},
		{"end tag of nothing", `<cdr></x><a>b</a></y><c>d</c></cdr>`, `{"a":"b","c":"d"}`},
		{"end tag of nothing, between elements", "<cdr><v>\n</x><a>b</a></v></cdr>", `{"v":{"a":"b"}}`},
		{"end tag misspelt", `<cdr><v><a>b</x><c>d</c></v><e>f</e></cdr>`, `{"v":{"a":"b","c":"d"},"e":"f"}`},
		{"end tag missing", `<cdr><v><a>b<c>d</c></v><e>f</e></cdr>`, `{"v":{"a":{"c":"d"}},"e":"f"}`},
		{"end tags swapped", `<cdr><a><b>c</a></b><d>e</d></cdr>`, `{"a":{"b":"c"},"d":"e"}`},
		{"end tag with more in it", `<cdr><a>b</a x><c>d</c></cdr>`, `{"a":"b","c":"d"}`},
		{"end tag cut by a tag", `<cdr><a>b</a<c>d</c></cdr>`, `{"a":"b","c":"d"}`},
		{"attributes without quotes", `<cdr><a b=c><d>e</d></a></cdr>`, `{"a":{"d":"e"}}`},
		{"attribute of no value", `<cdr><a b="1" c><d>e</d></a></cdr>`, `{"a":{"d":"e"}}`},
		{"attribute twice", `<cdr><a b="1" b="2"/></cdr>`, `{"a":{"@attributes":{"b":1}}}`},
		{"less-than in text", `<cdr><a>1 < 2</a><b>3 << 4</b></cdr>`, `{"a":"1 < 2","b":"3 << 4"}`},
		{"junk around", "junk <cdr><a>b</a></cdr> junk <x/>", `{"a":"b"}`},
		{"cut off in text", `<cdr><v><a>b</a><c>d`, `{"v":{"a":"b","c":"d"}}`},
		{"cut off in layout", "<cdr><v>\n  ", `{"v":[]}`},
		{"cut off in a tag", `<cdr><v><a>b</a><c`, `{"v":{"a":"b"}}`},
		{"cut off in an attribute", `<cdr><v><a>b</a><c d="e`, `{"v":{"a":"b"}}`},
		{"cut off in an end tag", `<cdr><v><a>b</a></v`, `{"v":{"a":"b"}}`},
		{"cut off in an instruction", `<cdr><v>a<?b`, `{"v":"a<?b"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := cdr.AppendJSON(nil, []byte(test.xml))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			if wellFormed := test.name == "real comments" || test.name == "document type"; cdr.Parse("x", []byte(test.xml)).Damaged == wellFormed {
				t.Errorf("damaged %v", !wellFormed)
			}
		})
	}
}

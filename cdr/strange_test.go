package cdr_test

// strange returns documents that break, or look as if they broke, one rule or another; seeds for fuzzing.
func strange() []string {
	return []string{
		`<cdr><variables><weird/name>v</weird/name><b>c</b></variables></cdr>`,
		`<cdr><variables><a/>v</a/><b/></variables></cdr>`,
		`<cdr><variables><a b>v</a b><c d="e" f>g</c d="e" f></variables></cdr>`,
		"<cdr>\n<n>x<!--</n>\n<m>x<!-- </m><k>v</k></m>\n</cdr>\n",
		`<cdr><a k="x<!"y" z="1"></a><b k="x<!"></b></cdr>`,
		"<cdr>\n  <!-- one --><!-- two -->\n  <![CDATA[three]]><a>\n<!-- four --></a></cdr>",
		`<!DOCTYPE cdr [<!ENTITY a "b">]><cdr>&a;&b;&;&#;&#x;&#xD800;&#99999999999;&#x41</cdr>`,
		"<cdr>\x00\x01\x7f\xff\xfe\r\n\r</cdr>",
		`<cdr><a></b></a></c><d></cdr><e/>`,
		`<cdr><a <b></a><a b="<"></a><a b='c"'/><a b=c/></cdr>`,
		`<?x?><cdr>a<?y?>b<?z</cdr>`,
		`< ><<<<cdr></></ ></cdr`,
		`<cdr k="v`, `<cdr k=`, `<cdr`, `</cdr`, `<!`, `<?`, `<`,
	}
}

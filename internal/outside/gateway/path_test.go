package gateway_test

import (
	"strings"
	"testing"

	"callgate/internal/outside/gateway"
)

func TestPath(t *testing.T) {
	const body = `{"a":{"b":[10,{"c":"x"},9007199254740993,true,null,1e3,"1"]},"o":{"z":1,"y":2},"t":1,"t":2,"пол":5,"x y":6,"":7}`
	for _, tt := range []struct {
		path, want string
		found      bool
	}{
		{"a.b[0]", "10", true},
		{"a.b[1].c", "x", true},
		{"a.b[2]", "9007199254740993", true},
		{"a.b[3]", "true", true},
		{"a.b[4]", "", false}, // null
		{"a.b[5]", "1e3", true},
		{"a.b[-1]", "1", true},
		{"a.b[-7]", "10", true},
		{"a.b[-8]", "", false},
		{"a.b[7]", "", false},
		{"a.b", "", true},
		{"a.*[0]", "10", true},
		{"*.*[1].*", "x", true},
		{"o.*", "1", true}, // the first as it stands there
		{"o.y", "2", true},
		{"t", "", false}, // which one?
		{"пол", "5", true},
		{"x y", "6", true},
		{"a[0]", "", false},
		{"a.b.c", "", false},
		{"o.y.z", "", false},
		{"none", "", false},
	} {
		t.Run(tt.path, func(t *testing.T) {
			if text, found, err := gateway.AtPath(tt.path, body); text != tt.want || found != tt.found || err != nil {
				t.Errorf("%q, %t, %v", text, found, err)
			}
		})
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[+1]", "a[1", "a]", "a[0]b", "a.[0]", "a[12345]", "a*", "a{b}", "a\"", "a\nb", strings.Repeat("a.", 16) + "a"} {
		if _, _, err := gateway.AtPath(bad, body); err == nil {
			t.Errorf("%q is taken for a path", bad)
		}
	}
	if _, found, err := gateway.AtPath("[0][0]", strings.Repeat("[", 9000)+strings.Repeat("]", 9000)); !found || err != nil {
		t.Errorf("9,000 levels: %t, %v", found, err)
	}
	if _, _, err := gateway.AtPath("[0][0]", strings.Repeat("[", 1<<20)); err == nil {
		t.Error("a million levels are read")
	}
}

package gateway

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// found is what lies in one part of a request, nil when there is nothing.
func found(where, method string, query url.Values, header http.Header, body []byte) (any, error) {
	var form url.Values
	switch {
	case where == "query":
		form = query
	case method == http.MethodGet || len(body) == 0:
		return nil, nil
	case where == "json":
		return parse(body)
	default:
		var err error
		if form, err = posted(header.Get("Content-Type"), body); err != nil {
			return nil, err
		}
	}
	if len(form) == 0 {
		return nil, nil
	}
	return tree(form), nil
}

var errForm = errors.New("the form cannot be read")

// posted reads a form in either of the ways in which forms are posted. No error quotes it.
func posted(contentType string, body []byte) (url.Values, error) {
	kind, parameters, _ := mime.ParseMediaType(contentType) // what is none is taken for the usual one
	switch kind {
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]).ReadForm(MaxReceipts)
		if err != nil {
			return nil, errForm
		}
		defer form.RemoveAll() //nolint:errcheck // a body is too small for files
		return form.Value, nil
	case "application/json", "text/xml", "application/xml":
		return nil, errForm
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForm
	}
	return form, nil
}

// tree is a form as if it were JSON: data[0]=a&data[1]=b becomes {"data":{"0":"a","1":"b"}}, in the order of numbers.
func tree(form url.Values) object {
	all, groups := object{}, map[string]object{}
	for name, texts := range form {
		group, key, grouped := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		if grouped && group != "" && strings.HasSuffix(name, "]") {
			groups[group] = append(groups[group], member{key, texts[0]})
		} else {
			all = append(all, member{name, texts[0]})
		}
	}
	for name, members := range groups {
		all = append(all, member{name, inOrder(members)})
	}
	return inOrder(all)
}

// inOrder sorts members by their names, numbers first.
func inOrder(all object) object {
	slices.SortFunc(all, func(a, b member) int {
		return cmp.Or(cmp.Compare(rank(a.name), rank(b.name)), strings.Compare(a.name, b.name))
	})
	return all
}

func rank(name string) uint64 {
	n, err := strconv.ParseUint(name, 10, 32)
	if err != nil {
		return math.MaxUint64
	}
	return n
}

package outside

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// maxReport and maxRows bound what is taken of an answer.
	maxReport = 32 << 20
	maxRows   = 100_000
)

// CheckFields takes a JSON object that names, for keys of the report, the fields in which an outside system has them.
// It may be empty.
func CheckFields(text string) error {
	_, err := fieldsOf(text)
	return err
}

// fieldsOf are the names of all fields in the report's order: those given, else the keys themselves.
func fieldsOf(text string) ([]string, error) {
	fields := ReportKeys()
	if text == "" {
		return fields, nil
	}
	err := members([]byte(text), func(key string, value json.RawMessage) error {
		i := slices.Index(reportKeys[:], key)
		if i < 0 {
			return fmt.Errorf("the report has no key %q: copy it, for some mix Cyrillic and Latin letters that look alike", key)
		}
		var field string
		if json.Unmarshal(value, &field) != nil || field == "" {
			return fmt.Errorf("want the name of a field for %q", key)
		}
		fields[i] = field
		return nil
	})
	if errors.Is(err, errNoObject) {
		err = errors.New(`want a JSON object such as {"Номер":"number"}`)
	}
	return fields, err
}

// rowReader takes the rows out of an answer while it comes in. Its failures name fields and never quote values.
type rowReader struct {
	dec     *json.Decoder
	columns map[string][]int // by field
	fields  []string
	rows    []ReportRow
	found   bool
}

// readRows reads the array at a path, and puts it in order.
func readRows(body io.Reader, path string, fields []string) ([]ReportRow, error) {
	r := &rowReader{dec: json.NewDecoder(body), fields: fields, columns: map[string][]int{}, rows: []ReportRow{}}
	r.dec.UseNumber()
	for i, field := range fields {
		r.columns[field] = append(r.columns[field], i)
	}
	var way []string
	if path != "" {
		way = strings.Split(path, ".")
	}
	if err := r.at(way); err != nil {
		return nil, err
	}
	switch _, err := r.dec.Token(); {
	case err == nil:
		return nil, errors.New("something stands behind the JSON")
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("no JSON: %w", err)
	case !r.found:
		return nil, fmt.Errorf("there is nothing at %s", path)
	}
	arrange(r.rows)
	return r.rows, nil
}

// understood says what a failure of the decoder means where more has to come.
func understood(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON is cut short")
	case err != nil:
		return fmt.Errorf("no JSON: %w", err)
	}
	return nil
}

// token is the next one. That the answer ends is a failure.
func (r *rowReader) token() (json.Token, error) {
	t, err := r.dec.Token()
	return t, understood(err)
}

// at reads the array that lies that way within the value that comes next.
func (r *rowReader) at(way []string) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if len(way) == 0 {
		if t != json.Delim('[') {
			return errors.New("an array is wanted where the rows are")
		}
		r.found = true
		return r.array()
	}
	if t != json.Delim('{') {
		return fmt.Errorf("an object is wanted around %q", way[0])
	}
	seen := false
	return r.members(func(name string) error {
		if name != way[0] {
			return r.skip()
		}
		if seen {
			return fmt.Errorf("%q stands there twice", name)
		}
		seen = true
		return r.at(way[1:])
	})
}

// members calls f for each name of an object that has begun; f reads the value.
func (r *rowReader) members(f func(name string) error) error {
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := f(name); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

func (r *rowReader) array() error {
	for r.dec.More() {
		if len(r.rows) == maxRows {
			return fmt.Errorf("%w: more than %d rows", errTooLarge, maxRows)
		}
		row, err := r.row()
		if err != nil {
			return fmt.Errorf("row %d: %w", len(r.rows)+1, err)
		}
		r.rows = append(r.rows, row)
	}
	_, err := r.token()
	return err
}

func (r *rowReader) row() (row ReportRow, err error) {
	if t, err := r.token(); err != nil {
		return row, err
	} else if t != json.Delim('{') {
		return row, errors.New("it is no object")
	}
	var came [len(reportKeys)]bool
	err = r.members(func(name string) error {
		columns := r.columns[name]
		if columns == nil {
			return r.skip()
		}
		if came[columns[0]] {
			return fmt.Errorf("%q stands there twice", name)
		}
		value, err := r.value(name)
		for _, i := range columns {
			came[i], row.values[i] = true, value
		}
		return err
	})
	if err != nil {
		return row, err
	}
	if i := slices.Index(came[:], false); i >= 0 {
		return row, fmt.Errorf("no field %q", r.fields[i])
	}
	return row, row.check()
}

// value is a text, a number as it came, or null.
func (r *rowReader) value(name string) (*string, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case nil:
		return nil, nil
	case string:
		return &v, nil
	case json.Number:
		text := v.String()
		return &text, nil
	}
	return nil, fmt.Errorf("%q is neither a text nor a number", name)
}

// skip reads over the value that comes next.
func (r *rowReader) skip() error {
	return understood(r.dec.Decode(&skipped{}))
}

// skipped takes any value and keeps nothing of it.
type skipped struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*skipped) UnmarshalJSON([]byte) error { return nil }

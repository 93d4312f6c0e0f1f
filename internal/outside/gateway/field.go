package gateway

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// scanner is a field that reads itself from a value of JSON.
type scanner interface {
	scan(place string, from any) error
}

// wrong is a failure at a place, such as send.form.text.
func wrong(place, format string, a ...any) error {
	if place == "" {
		place = "description"
	}
	return fmt.Errorf("%s: %w", place, fmt.Errorf(format, a...))
}

func below(place, name string) string { return strings.TrimPrefix(place+"."+name, ".") }

// fill reads a value of JSON into a field. Nothing is passed over: what has no place, stands there twice or is of
// another kind is a failure that tells where.
func fill(place string, from any, to reflect.Value) error {
	if s, ok := to.Addr().Interface().(scanner); ok {
		return s.scan(place, from)
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return fill(place, from, to.Elem())
	case reflect.Struct:
		return fillStruct(place, from, to)
	case reflect.Map:
		return fillMap(place, from, to)
	case reflect.Slice:
		all, list := from.([]any)
		if !list {
			return wrong(place, "want a list")
		}
		to.Set(reflect.MakeSlice(to.Type(), len(all), len(all)))
		for i, one := range all {
			if err := fill(fmt.Sprintf("%s[%d]", place, i), one, to.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if !fillScalar(from, to) {
		return wrong(place, "want %s", kinds[to.Kind()])
	}
	return nil
}

// fillScalar tells whether a value is of a field's kind, and then reads it.
func fillScalar(from any, to reflect.Value) (ok bool) {
	switch to.Kind() {
	case reflect.String:
		var text string
		if text, ok = from.(string); ok {
			to.SetString(text)
		}
	case reflect.Bool:
		var yes bool
		if yes, ok = from.(bool); ok {
			to.SetBool(yes)
		}
	case reflect.Int:
		number, _ := from.(json.Number)
		n, err := strconv.Atoi(number.String())
		if ok = err == nil; ok {
			to.SetInt(int64(n))
		}
	case reflect.Float64:
		number, _ := from.(json.Number)
		n, err := number.Float64()
		if ok = err == nil; ok {
			to.SetFloat(n)
		}
	}
	return ok
}

var kinds = map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Float64: "a number"}

func fillStruct(place string, from any, to reflect.Value) error {
	all, ok := from.(object)
	if !ok {
		return wrong(place, "want an object")
	}
	seen := map[string]bool{}
	for _, m := range all {
		at := below(place, m.name)
		f := field(to, m.name)
		switch {
		case !f.IsValid():
			return wrong(at, "unknown field")
		case seen[m.name]:
			return wrong(at, "it stands there twice")
		}
		seen[m.name] = true
		if err := fill(at, m.value, f); err != nil {
			return err
		}
	}
	return nil
}

func fillMap(place string, from any, to reflect.Value) error {
	all, ok := from.(object)
	if !ok {
		return wrong(place, "want an object")
	}
	to.Set(reflect.MakeMapWithSize(to.Type(), len(all)))
	for _, m := range all {
		at, name := below(place, m.name), reflect.ValueOf(m.name)
		if to.MapIndex(name).IsValid() {
			return wrong(at, "it stands there twice")
		}
		value := reflect.New(to.Type().Elem()).Elem()
		if err := fill(at, m.value, value); err != nil {
			return err
		}
		to.SetMapIndex(name, value)
	}
	return nil
}

// field is the one of a name, also within what is embedded.
func field(of reflect.Value, name string) reflect.Value {
	for i := range of.NumField() {
		f := of.Type().Field(i)
		if f.Anonymous {
			if found := field(of.Field(i), name); found.IsValid() {
				return found
			}
		} else if tag := f.Tag.Get("json"); tag != "" && tag == name {
			return of.Field(i)
		}
	}
	return reflect.Value{}
}

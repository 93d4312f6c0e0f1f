package v1

import (
	"reflect"
	"slices"
	"strings"
)

// naming finds the projects that a request names: in a field project of its query, its path or its body, at whatever depth.
type naming func(in reflect.Value, add func(project string))

// namingOf is how requests of a type name projects; nil when they cannot.
func namingOf(t reflect.Type) naming {
	switch t.Kind() {
	case reflect.Pointer:
		if inner := namingOf(t.Elem()); inner != nil {
			return func(in reflect.Value, add func(string)) {
				if !in.IsNil() {
					inner(in.Elem(), add)
				}
			}
		}
	case reflect.Slice:
		if inner := namingOf(t.Elem()); inner != nil {
			return func(in reflect.Value, add func(string)) {
				for i := range in.Len() {
					inner(in.Index(i), add)
				}
			}
		}
	case reflect.Struct:
		return namingOfFields(t)
	}
	return nil
}

func namingOfFields(t reflect.Type) naming {
	fields := map[int]naming{}
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		inner := namingOf(field.Type)
		if inner == nil && isProject(field) {
			inner = named
		}
		if inner != nil {
			fields[i] = inner
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return func(in reflect.Value, add func(string)) {
		for i, inner := range fields {
			inner(in.Field(i), add)
		}
	}
}

// isProject tells whether a field holds a project's id, or some.
func isProject(field reflect.StructField) bool {
	for _, tag := range [...]string{"query", "path", "json"} {
		name, _, _ := strings.Cut(field.Tag.Get(tag), ",")
		if name == "project" || name == "projects" {
			return slices.Contains([]reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[*string](), reflect.TypeFor[[]string]()}, field.Type)
		}
	}
	return false
}

// named adds what such a field holds.
func named(in reflect.Value, add func(string)) {
	switch in.Kind() {
	case reflect.String:
		if in.Len() > 0 {
			add(in.String())
		}
	case reflect.Pointer:
		if !in.IsNil() {
			named(in.Elem(), add)
		}
	case reflect.Slice:
		for i := range in.Len() {
			named(in.Index(i), add)
		}
	}
}

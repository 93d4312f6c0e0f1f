package main

import (
	"fmt"

	v1 "callgate/api/v1"
)

type openapiCmd struct{}

// Run prints the document of the modern API.
func (openapiCmd) Run(w *outside) error {
	document, err := v1.Document()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.out, string(document))
	return err
}

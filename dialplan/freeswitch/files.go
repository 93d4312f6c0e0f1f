// Package freeswitch holds what an operator installs on a FreeSWITCH that works with callgate: dialplan, CDR and Event Socket
// settings, an example of a contact centre. They are data: each setting says in a comment why it is so, and the lines to
// look at begin with EDIT. Nothing here reads them but tests and those who print them.
package freeswitch

import (
	"embed"
	"io/fs"
)

//go:embed dialplan autoload_configs callgate
var files embed.FS

// Files are the shipped files, by their paths below FreeSWITCH's folder of configuration.
func Files() fs.FS { return files }

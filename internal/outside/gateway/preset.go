package gateway

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed presets/*.json
var presets embed.FS

// Preset is a description that comes with callgate.
type Preset struct {
	Name        string // such as smsc
	Description *Description
}

// Presets are all of them in the order of their names. They are read anew with every call.
func Presets() []Preset {
	files, err := presets.ReadDir("presets")
	if err != nil {
		panic(fmt.Sprintf("presets: %v", err)) // they are in the binary
	}
	all := make([]Preset, len(files))
	for i, file := range files {
		data, err := presets.ReadFile("presets/" + file.Name())
		if err == nil {
			all[i].Description, err = ParseDescription(data)
		}
		if err != nil {
			panic(fmt.Sprintf("preset %s: %v", file.Name(), err)) // a test reads them all
		}
		all[i].Name = strings.TrimSuffix(file.Name(), ".json")
	}
	return all
}

// FindPreset is the preset of a name, nil when there is none.
func FindPreset(name string) *Description {
	for _, p := range Presets() {
		if p.Name == name {
			return p.Description
		}
	}
	return nil
}

// Package npmtest fetches npm packages for tests that hold us against what nobody here wrote. It is for tests only.
package npmtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Packages is the folder node_modules with the packages that package.json and package-lock.json in a folder name. They are fetched
// once, into the user's cache, where name tells them from others; no script of theirs is run. It needs Node, npm and the network
// the first time, and may be called by several processes at once.
func Packages(name string, folder fs.FS) (modules string, err error) {
	lock, err := fs.ReadFile(folder, "package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	kept := filepath.Join(cache, "callgate", fmt.Sprintf("%s-%.16x", name, sha256.Sum256(lock)))
	modules = filepath.Join(kept, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", err
	}
	making, err := os.MkdirTemp(filepath.Dir(kept), "making")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(making) }() // what is left is in a folder for what can be fetched again
	for _, file := range []string{"package.json", "package-lock.json"} {
		text, err := fs.ReadFile(folder, file)
		if err == nil {
			err = os.WriteFile(filepath.Join(making, file), text, 0o600)
		}
		if err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1")
	cmd.Dir = making
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci of the packages of %s, which needs Node, npm and the network once: %w\n%s", name, err, out)
	}
	if err := os.Rename(making, kept); err != nil {
		if _, err := os.Stat(modules); err != nil { // nobody else made it meanwhile
			return "", err
		}
	}
	return modules, nil
}

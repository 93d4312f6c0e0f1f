//go:build race

package v1_test

// share is by how much exports of tests are smaller where the race detector makes them slow.
const share = 10

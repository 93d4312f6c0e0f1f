//go:build !race

package v1_test

const share = 1

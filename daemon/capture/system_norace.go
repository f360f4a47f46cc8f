//go:build !race

package capture

func useUpSmallNumbers() {}

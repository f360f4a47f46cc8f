package infer

import (
	"testing"
)

func TestInit(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	if err := Init(RuntimePath()); err != nil {
		t.Fatal(err)
	}
	t.Log(RuntimeVersion(), RuntimePath())
}

package infer

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"earshot/internal/testmodel"
)

func openTest(t testing.TB, spec *testmodel.Spec, o Options) *Session {
	t.Helper()
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	m, err := ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestX(t *testing.T) {
	s := openTest(t, testmodel.New("low", "mid", "high", "background"), Options{})
	x := make([]float32, WindowLen)
	a, b, err := s.Run(x, 1)
	t.Log(a, b, err, s.Provider, s.Rejected)
	_ = math.Pi
	_ = rand.Int
	var _ sync.Mutex
	for _, p := range Providers {
		m, _ := ParseModel("test", testmodel.New("a", "b").Bytes())
		_, err := NewSession(m, Options{Provider: p})
		t.Log(p, err)
	}
}

package infer

import (
	"testing"

	"earshot/internal/test/testmodel"
)

// FuzzParseEmbedder: no file makes it fall over, and what it accepts keeps the sizes that Embedder allocates.
func FuzzParseEmbedder(f *testing.F) {
	f.Add(testmodel.NewEmbedder("Speech", "Dog").Bytes())
	f.Add(testmodel.New("dog", "cat").Bytes())
	f.Add([]byte{0x3a, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseEmbedder("x", b)
		if err == nil && (len(m.AudioSet) < 1 || len(m.AudioSet) > maxLabels || m.FrontEnd == "") {
			t.Errorf("accepted %+v", m)
		}
	})
}

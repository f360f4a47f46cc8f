package modelfile

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/test/learned"
)

// TestEightBit: a model that tells its spans runs in eight bits as it does in thirty-two, and says the same of itself.
func TestEightBit(t *testing.T) {
	n := learned.Tones(t)
	m := exported(t, n, func(i *Info) { i.Spans = learnedQuant(t) })
	small, err := EightBit(m)
	if err != nil {
		t.Fatal(err)
	}
	if WeightForm(small.Bytes) != INT8 || small.SHA256 != m.SHA256 || !reflect.DeepEqual(small.Labels, m.Labels) {
		t.Errorf("%s, labels %v, SHA-256 %s", WeightForm(small.Bytes), small.Labels, small.SHA256)
	}
	want, accuracy := scoresOf(t, n, m)
	got, eight := scoresOf(t, n, small)
	far := 0.0
	for i := range want {
		far = max(far, math.Abs(float64(got[i]-want[i])))
	}
	if far == 0 || far > 0.2 || math.Abs(eight-accuracy) > 0.02 {
		t.Errorf("scores differ by up to %.3f, accuracy %.3f and %.3f", far, eight, accuracy)
	}
	if again, err := EightBit(small); err != nil || again != small {
		t.Errorf("a model in eight bits: %v", err)
	}
	if _, err := EightBit(exported(t, n, nil)); err == nil || !strings.Contains(err.Error(), "does not tell the spans") {
		t.Errorf("a model without spans: %v", err)
	}
	b, err := Convert(m, FP16, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	half, err := infer.ParseModel("half", b)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := Spans(half); err != nil || !reflect.DeepEqual(q, learnedQuant(t)) {
		t.Errorf("converted: spans %v, %v", q, err)
	}
}

func TestBrokenSpans(t *testing.T) {
	n := learned.Tones(t)
	m := exported(t, n, func(i *Info) { i.Spans = learnedQuant(t) })
	for want, text := range map[string]string{
		"no object":      "[1]",
		`"in" spans`:     "{}",
		`"l1" spans 2 t`: `{"in":{"Low":-1,"High":1},"l1":{"Low":2,"High":2}}`,
	} {
		b, err := onnx.WithMetadata(m.Bytes, map[string]string{keySpans: text})
		if err != nil {
			t.Fatal(err)
		}
		broken, err := infer.ParseModel("broken", b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := EightBit(broken); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something on %s", text, err, want)
		}
	}
}

package systemd

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/onnx"
)

// stuckModel keeps earshot's contract and answers at once while it is silent; a window with a band louder
// than 20 dB, which is louder than what a model is tried with before it is taken, keeps it busy for minutes, as a driver that
// hangs would: 64 products of 4096 × 4096 matrices.
func stuckModel(t *testing.T) []byte {
	t.Helper()
	g := onnx.New("stuck")
	window := g.Input("window", onnx.Float, -1, 2, 128, 128)
	loudest := g.Op("ReduceMax", []string{window}, onnx.Attr{Name: "keepdims", Value: 0})
	loud := g.Op("Greater", []string{loudest, g.Scalar(20)})
	size := g.Op("Where", []string{loud, g.Int64s(4096), g.Int64s(1)})
	matrix := g.Op("Expand", []string{g.Floats("", []float32{1e-4}, 1, 1), g.Concat(0, size, size)})
	for range 64 {
		matrix = g.MatMul(matrix, matrix)
	}
	nothing := g.Mul(g.Op("ReduceMax", []string{matrix}, onnx.Attr{Name: "keepdims", Value: 0}), g.Scalar(0))

	// (N, 1) of zeros, which also carries what was computed above.
	windows := g.Op("ReduceMax", []string{g.Reshape(window, -1, 2*128*128)},
		onnx.Attr{Name: "axes", Value: []int{1}}, onnx.Attr{Name: "keepdims", Value: 1})
	zeros := g.Add(g.Mul(windows, g.Scalar(0)), nothing)
	g.Output("scores", g.Add(zeros, g.Floats("", []float32{0.1, 0.9}, 1, 2)), onnx.Float, -1, 2)
	g.Output("attention", g.Add(zeros, g.Floats("", []float32{1}, 1, 1)), onnx.Float, -1, 1)

	for key, value := range map[string]any{
		"contract":    1,
		"labels":      []string{"dog", "background"},
		"names":       map[string]string{"dog": "Dog"},
		"front_end":   json.RawMessage(gammatone.Default().Fingerprint()),
		"thresholds":  map[string]any{"dog": map[string]float64{"on": 0.5, "off": 0.3}},
		"temperature": 1,
		"background":  "background",
		"provenance":  map[string]string{},
		"licence":     map[string]string{},
	} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		g.Metadata[key] = string(text)
	}
	model := g.Marshal()
	if _, err := infer.ParseModel("stuck.onnx", model); err != nil {
		t.Fatal(err)
	}
	return model
}

// hang: inference that does not come back is a hang that systemd ends: the watchdog is fed only while
// windows really advance, though every other part of the process still lives.
func (m *machine) hang() {
	m.write("/etc/earshot/stuck.onnx", string(stuckModel(m.t)), 0o644)
	good := m.sh("cat /etc/earshot/config.yaml")
	m.write("/etc/earshot/config.yaml", strings.ReplaceAll(good, `label: "*"`, "label: dog")+
		"\nmodel: {path: /etc/earshot/stuck.onnx}\n", 0o644)
	m.sh("systemctl restart earshot")
	m.until(subscribe+" -t "+nodeTopic+"/mic/availability -C 1 -W 5", "online", 60*time.Second)
	before := m.show("NRestarts")
	m.sh("PULSE_SERVER=unix:/run/booth/native paplay --device=booth " + m.bring(recording))
	start := time.Now()
	for m.show("NRestarts") == before {
		if time.Since(start) > 5*time.Minute { // 15 s of fair time, which passes slowly on a busy machine
			m.t.Fatalf("no restart within five minutes of a blocked inference\n%s", m.journal())
		}
		time.Sleep(100 * time.Millisecond)
	}
	m.t.Logf("inference blocked to killed and restarted: %v after the sound's end (WatchdogSec=5)",
		time.Since(start).Round(100*time.Millisecond))
	m.until("systemctl show --property=ActiveState earshot", "=active", 60*time.Second)
	m.write("/etc/earshot/config.yaml", good+"\n", 0o644)
	m.sh("rm /etc/earshot/stuck.onnx && systemctl restart earshot")
	m.until(subscribe+" -t "+nodeTopic+"/mic/availability -C 1 -W 5", "online", 60*time.Second)
}

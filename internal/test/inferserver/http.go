package inferserver

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tensorJSON is an input or output in a body, its data in numbers or as bytes behind.
type tensorJSON struct {
	Tensor
	Parameters map[string]any `json:"parameters,omitempty"`
	Data       []float32      `json:"data,omitempty"`
}

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(code int, why string) {
		w.WriteHeader(code)
		answer(map[string]string{"error": why})
	}
	base := "/v2/models/" + s.Model
	switch {
	case !s.allowed(r.Header.Values("Authorization")):
		refuse(http.StatusUnauthorized, "token "+strings.Join(r.Header.Values("Authorization"), ",")+" has expired")
	case r.URL.Path == "/v2":
		answer(map[string]any{"name": "inferserver", "version": "1", "extensions": s.Extensions})
	case r.URL.Path == base:
		answer(map[string]any{"name": s.Model, "inputs": s.Inputs, "outputs": s.Outputs})
	case r.URL.Path == base+"/config":
		parameters := map[string]any{}
		for key, value := range s.Parameters {
			parameters[key] = map[string]string{"string_value": value}
		}
		answer(map[string]any{"parameters": parameters})
	case r.URL.Path == base+"/ready" && !s.Unready.Load():
	case r.URL.Path == base+"/infer":
		s.inferHTTP(w, r, refuse)
	default:
		refuse(http.StatusNotFound, "unknown model")
	}
}

func (s *Server) inferHTTP(w http.ResponseWriter, r *http.Request, refuse func(int, string)) {
	body, _ := io.ReadAll(r.Body)
	text, raw := body, []byte(nil)
	if header := r.Header.Get("Inference-Header-Content-Length"); header != "" {
		n, _ := strconv.Atoi(header)
		text, raw = body[:n], body[n:]
	}
	var asked struct{ Inputs []tensorJSON }
	if err := json.Unmarshal(text, &asked); err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	binary := slices.Contains(s.Extensions, "binary_tensor_data")
	if !binary {
		raw = bytesOf(asked.Inputs[0].Data)
	}
	n := int(asked.Inputs[0].Shape[0])
	scores, attention, err := s.run(r.Context(), raw, n)
	if err != nil {
		refuse(http.StatusInternalServerError, err.Error())
		return
	}
	var outputs []tensorJSON
	var behind []byte
	for i, x := range [][]float32{scores, attention} {
		out := tensorJSON{Tensor: Tensor{s.Outputs[i].Name, "FP32", []int64{int64(n), int64(len(x) / n)}}}
		if binary {
			behind = append(behind, bytesOf(x)...)
			out.Parameters = map[string]any{"binary_data_size": 4 * len(x)}
		} else {
			out.Data = x
		}
		outputs = append(outputs, out)
	}
	head, _ := json.Marshal(map[string]any{"model_name": s.Model, "outputs": outputs})
	if binary {
		w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(len(head)))
	}
	_, _ = w.Write(append(head, behind...))
}

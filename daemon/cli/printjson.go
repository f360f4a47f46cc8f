package cli

import (
	"encoding/json"
	"io"
)

// printJSON writes v as JSON that a person can read too.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

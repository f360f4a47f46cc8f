// Package skip is how a test says that it cannot run here: no skip goes unnoticed, for `make test` prints the list.
package skip

import (
	"fmt"
	"os"
	"testing"
)

// listEnv names the file to which skipped tests are added.
const listEnv = "EARSHOT_SKIPPED"

// Now skips the test, which ends here, and adds it and the reason to the list of the skipped.
func Now(t testing.TB, why ...any) {
	t.Helper()
	if path := os.Getenv(listEnv); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(f, "%s: %s\n", t.Name(), fmt.Sprint(why...))
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(why...)
}

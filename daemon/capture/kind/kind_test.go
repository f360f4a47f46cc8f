package kind

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"earshot/daemon/capture"
	"earshot/daemon/config"
)

// TestEveryKindKeepsTheContract looks for the contract's test in the folder of every kind.
func TestEveryKindKeepsTheContract(t *testing.T) {
	for name, k := range table {
		open := runtime.FuncForPC(reflect.ValueOf(k.open).Pointer()).Name() // earshot/daemon/capture/file.Open
		folder := strings.TrimSuffix(strings.TrimPrefix(open, "earshot/daemon/capture/"), ".Open")
		files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		held := false
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			held = held || strings.Contains(string(text), "sourcetest.Hold(")
		}
		if !held {
			t.Errorf("kind %s: no test in %s calls sourcetest.Hold", name, folder)
		}
	}
}

// TestTable: what the configuration knows can be opened, and is what it was before there was a table.
func TestTable(t *testing.T) {
	fast, second := false, "2"
	for _, c := range []struct {
		source      config.Source
		live, waits bool
	}{
		{config.Source{Kind: config.KindPortAudio, Channel: &second}, true, false},
		{config.Source{Kind: config.KindFile, Paths: []string{"a.wav"}}, true, false},
		{config.Source{Kind: config.KindFile, Paths: []string{"a.wav"}, Realtime: &fast}, false, true},
		{config.Source{Kind: config.KindStdin}, true, true},
		{config.Source{Kind: config.KindCommand, Command: []string{"true"}}, true, false},
		{config.Source{Kind: Demo}, true, false},
	} {
		if _, err := Open(c.source, capture.Common{Rate: 44100}); err != nil {
			t.Errorf("%s: %v", c.source.Kind, err)
		}
		if live, waits := Live(c.source), Waits(c.source); live != c.live || waits != c.waits {
			t.Errorf("%s: live %v, waits %v, want %v, %v", c.source.Kind, live, waits, c.live, c.waits)
		}
	}
	if _, err := Open(config.Source{Kind: config.KindFile}, capture.Common{Rate: 44100}); err == nil {
		t.Error("a file source without a path opens")
	}
}

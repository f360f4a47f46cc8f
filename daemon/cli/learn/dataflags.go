package learn

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"earshot/train/dataset"
)

// dataFlags name labelled recordings and where to compute; train, eval and model share them.
type dataFlags struct {
	dirs, labels, licences []string
	rename                 map[string]string
	esc10                  bool
	cache, library         string
	threads                int
	seed                   uint64
}

func (d *dataFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&d.dirs, "data", nil, "folder of recordings: ESC-50, UrbanSound8K, or one sub-folder a label; may be given several times")
	f.BoolVar(&d.esc10, "esc10", false, "of ESC take the ESC-10 clips only")
	f.StringSliceVar(&d.labels, "labels", nil, "only these labels")
	f.StringToStringVar(&d.rename, "rename", nil, "old=new label names; two alike become one")
	f.StringSliceVar(&d.licences, "licence", nil, "only clips under these licences, such as CC0,CC-BY (ESC's meta/licences.csv)")
	f.StringVar(&d.cache, "cache", defaultCache(), "folder for computed features (empty: none)")
	f.StringVar(&d.library, "onnxruntime", "", "libonnxruntime.so (default: searched for)")
	f.IntVar(&d.threads, "threads", 0, "processor threads (0: all)")
	f.Uint64Var(&d.seed, "seed", 1, "what everything random follows from")
}

// errNoData is about a command that cannot do without recordings.
var errNoData = errors.New("no recordings; name their folder with --data")

func (d *dataFlags) set() dataset.Options {
	return dataset.Options{Dirs: d.dirs, ESC10: d.esc10, Labels: d.labels, Rename: d.rename, Licences: d.licences}
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "earshot", "features")
}

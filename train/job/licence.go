package job

import (
	"slices"

	"earshot/train/card"
	"earshot/train/dataset"
	"earshot/train/modelfile"
)

// licence counts and credits what was learned from; a fine-tuned model owes
// what the one that it started from owed, too.
func (o Options) licence(out *Outcome) (modelfile.Licence, error) {
	var pieces []dataset.Clip
	if out.atHome() && o.Second.Embedder != nil {
		pieces = o.Second.None.Clips
	}
	l, err := owed(o.dataName(), out.Prepared.Learned, pieces, slices.Concat(o.Source.QuietDirs, o.Second.Background))
	if err != nil || out.known == nil {
		return l, err
	}
	c, err := card.Read(out.known)
	if err != nil || len(c.Licence.Licences) == 0 {
		return l, nil
	}
	return c.Licence.Join(l), nil
}

// owed is what is owed for the recordings that were learned from, labels', pieces and others, by their own words where a folder's
// table has them.
func owed(name string, learned, pieces []dataset.Clip, sounds []string) (modelfile.Licence, error) {
	items, err := folders(sounds)
	if err != nil {
		return modelfile.Licence{}, err
	}
	var paths []string
	for _, it := range items {
		paths = append(paths, it.Path)
	}
	for _, c := range learned {
		paths = append(paths, c.Path)
	}
	stated, err := dataset.Stated(paths)
	if err != nil {
		return modelfile.Licence{}, err
	}
	clips := slices.Clone(pieces)
	seen := map[dataset.Clip]bool{}
	for _, c := range learned {
		if len(stated[c.Path]) == 0 {
			clips = append(clips, c)
		}
	}
	for _, p := range paths {
		for _, c := range stated[p] {
			if !seen[c] {
				seen[c] = true
				clips = append(clips, c)
			}
		}
	}
	return modelfile.LicenceOf(name, clips), nil
}

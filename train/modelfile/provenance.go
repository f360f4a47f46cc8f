package modelfile

import (
	"maps"
	"slices"

	"earshot/train/dataset"
	"earshot/train/recipe"
)

// Provenance is a model's own account of where it comes from (metadata).
type Provenance struct {
	Recipe     recipe.Recipe      `json:"recipe"`
	Data       string             `json:"data"`
	Train      []int              `json:"train_folds"`
	Test       []int              `json:"test_folds,omitempty"`
	Clips      int                `json:"clips"`
	Steps      int                `json:"steps"`
	Seed       uint64             `json:"seed"`
	Init       string             `json:"init,omitempty"`
	Build      string             `json:"build"`
	Date       string             `json:"date"`
	Validation map[string]float64 `json:"validation,omitempty"`             // on the test folds
	Sibling    string             `json:"calibration_from,omitempty"`       // the model that temperature and thresholds are from, where there were no test folds
	SiblingVal map[string]float64 `json:"calibration_validation,omitempty"` // that model's own Validation
	SiblingOn  []int              `json:"calibration_folds,omitempty"`      // that model's test folds
	Converted  string             `json:"converted,omitempty"`
	Note       string             `json:"note,omitempty"`
	Verify     *Verify            `json:"verify,omitempty"` // the second opinion's head
}

// Verify is where the second opinion's head comes from.
type Verify struct {
	Embedder   string             `json:"embedder"`        // name of the second network
	SHA256     string             `json:"embedder_sha256"` // of its file
	Data       string             `json:"data"`
	Train      []int              `json:"train_folds"`
	Test       []int              `json:"test_folds,omitempty"`
	Background []string           `json:"background,omitempty"` // folders of what is none of the labels
	Tune       []string           `json:"tune,omitempty"`       // folders that thresholds were found on
	Hours      float64            `json:"tune_hours,omitempty"`
	PerHour    float64            `json:"false_alarms"`               // an hour, of each label, that thresholds were found for
	Patches    int                `json:"patches"`                    // learned from, of labels
	None       int                `json:"patches_none"`               // and of none of them
	Taught     []string           `json:"taught,omitempty"`           // labels that were learned beside a head that was there
	Validation map[string]float64 `json:"validation,omitempty"`       // on the test folds
	Sibling    string             `json:"calibration_from,omitempty"` // the model whose held-out clips thresholds are from
	Build      string             `json:"build"`
	Date       string             `json:"date"`
}

// Licence is what a model owes to the makers of its data (metadata).
type Licence struct {
	Data     string           `json:"data"`
	Licences map[string]int   `json:"licences"`
	Credits  []dataset.Credit `json:"credits"`
}

// LicenceOf counts and credits what was learned from.
func LicenceOf(name string, learned []dataset.Clip) Licence {
	l := Licence{Data: name, Licences: map[string]int{}, Credits: dataset.Credits(learned)}
	for _, c := range learned {
		l.Licences[c.Licence]++
	}
	return l
}

// Join is what is owed for two sets of recordings together.
func (l Licence) Join(m Licence) Licence {
	out := Licence{Data: l.Data + " + " + m.Data, Licences: maps.Clone(l.Licences), Credits: slices.Clone(l.Credits)}
	if l.Data == m.Data {
		out.Data = l.Data
	}
	known := map[string]bool{}
	for _, c := range l.Credits {
		for _, clip := range c.Clips {
			known[clip] = true
		}
	}
	for name, n := range m.Licences {
		// The same clips learned from again count once.
		out.Licences[name] = max(out.Licences[name], n)
	}
	for _, c := range m.Credits {
		if !slices.ContainsFunc(c.Clips, func(clip string) bool { return known[clip] }) {
			out.Credits = append(out.Credits, c)
		}
	}
	return out
}

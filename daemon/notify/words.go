package notify

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"earshot/daemon/config"
	"earshot/daemon/names"
	"earshot/publish/topic"
)

// Sentences by language, in the order of names.Languages: a time of day and a score in percent; a time and seconds.
var (
	began = []string{"Heard at %s (%.0f %%)", "Gehört um %s (%.0f %%)", "Entendu à %s (%.0f %%)", "Oído a las %s (%.0f %%)", "%s 听到（%.0f %%）"}
	ended = []string{"Over at %s, after %.0f s", "Vorbei um %s, nach %.0f s", "Terminé à %s, après %.0f s", "Terminó a las %s, tras %.0f s", "%s 结束，持续 %.0f 秒"}
)

// wording puts messages into the house's words.
type wording struct {
	node     string
	language int               // in names.Languages
	sources  map[string]string // name → title
	pageURL  func() string     // "" = none
}

func newWording(f *config.File, pageURL func() string) *wording {
	w := &wording{node: f.Config.NodeName(), language: max(0, slices.Index(names.Languages, f.Config.Node.Language)), sources: map[string]string{}, pageURL: pageURL}
	for _, s := range f.Config.Sources {
		w.sources[s.Name] = s.Title
	}
	return w
}

// title is the sound and where it is heard.
func (w *wording) title(m *Message) string {
	return m.Title + " – " + cmp.Or(w.sources[m.Source], topic.Humanise(m.Source))
}

// body is when, and how sure or how long.
func (w *wording) body(m *Message) string {
	const clock = "15:04:05"
	if m.On {
		return fmt.Sprintf(began[w.language], m.Onset.Format(clock), 100*m.Score)
	}
	return fmt.Sprintf(ended[w.language], m.End.Format(clock), m.End.Sub(m.Onset).Seconds())
}

// click is where to look: the clip once it is written, else the page.
func (w *wording) click(m *Message) string {
	if !m.On && m.ClipURL != "" {
		return m.ClipURL
	}
	return w.pageURL()
}

func round(x float64, digits int) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

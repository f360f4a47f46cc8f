package dataset

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// displayNames are the labels whose display name is not simply the id with
// spaces.
var displayNames = map[string]string{
	"drinking_sipping": "Drinking, sipping",
	"door_wood_knock":  "Door knock",
	"door_wood_creaks": "Door creak",
	"can_opening":      "Can opening",
	"mouse_click":      "Mouse click",
	"keyboard_typing":  "Keyboard typing",
	"crackling_fire":   "Fire crackling",
	"chirping_birds":   "Birds chirping",
	"crying_baby":      "Crying baby",
	"insects":          "Insects",
	"clock_tick":       "Clock ticking",
	"train":            "Train",
	"hand_saw":         "Handsaw",
	"brushing_teeth":   "Brushing teeth",
	"pouring_water":    "Pouring water",
	"glass_breaking":   "Glass breaking",
	BackgroundLabel:    "Background",
	"washing_machine":  "Washing machine",
	"toilet_flush":     "Toilet flush",
	"vacuum_cleaner":   "Vacuum cleaner",
	"water_drops":      "Water drops",
	"church_bells":     "Church bells",
	"clock_alarm":      "Alarm clock",
	"car_horn":         "Car horn",
	"sea_waves":        "Sea waves",
	"footsteps":        "Footsteps",
	"thunderstorm":     "Thunderstorm",
}

// BackgroundLabel is the id of the class that is nobody's sound.
const BackgroundLabel = "background"

// folderOrder sorts folder labels behind ESC's targets.
const folderOrder = 1 << 20

// undecomposed are Latin letters that have no Unicode decomposition.
var undecomposed = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// ID makes a label id from any name: lower case, accents removed, every run of
// other characters one underscore. Ids stand in MQTT topics and file names, so
// they never hold a space, slash, '+' or '#'. Letters of other scripts stay.
// "Door knock" → "door_knock", "Türklingel (unten)" → "turklingel_unten".
// A name with neither letter nor digit gives "".
func ID(name string) string {
	// Compatibility forms can hide capitals, capitals can hide accents.
	s := norm.NFKD.String(strings.ToLower(norm.NFKD.String(name)))
	s = undecomposed.Replace(s)
	var b strings.Builder
	gap := false
	for _, r := range s {
		switch {
		case isLatinMark(r):
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return norm.NFC.String(b.String())
}

// isLatinMark tells the accents of Latin letters (dropped) from the vowel
// signs of other scripts (kept, the word would change).
func isLatinMark(r rune) bool { return r >= 0x0300 && r <= 0x036F }

// DisplayName makes a name for people from an id or a folder's name.
// "dog" → "Dog", "door_wood_knock" → "Door knock"; anything with capitals,
// spaces or other scripts is taken as written.
func DisplayName(name string) string {
	if n, ok := displayNames[name]; ok {
		return n
	}
	if strings.ToLower(name) != name || strings.Contains(name, " ") {
		return strings.TrimSpace(norm.NFC.String(name))
	}
	n := strings.TrimSpace(strings.ReplaceAll(norm.NFC.String(name), "_", " "))
	r, size := utf8.DecodeRuneInString(n)
	return string(unicode.ToUpper(r)) + n[size:]
}

// label renames, takes the subset, sorts the labels and indexes the clips.
func (s *Set) label(found []entry, o Options) error {
	found, err := rename(found, o.Rename)
	if err != nil {
		return err
	}
	order, names := map[string]int{}, map[string]string{}
	var ids []string
	for _, e := range found {
		at, seen := order[e.id]
		if !seen {
			ids = append(ids, e.id)
		}
		if !seen || e.order < at {
			order[e.id], names[e.id] = e.order, e.name
		}
	}
	if ids, err = subset(ids, o.Labels); err != nil {
		return err
	}
	sort.SliceStable(ids, func(i, j int) bool {
		if a, b := order[ids[i]], order[ids[j]]; a != b {
			return a < b
		}
		return ids[i] < ids[j]
	})
	if least := max(o.MinLabels, 1); len(ids) < least || o.MinLabels == 0 && len(ids) < 2 {
		return fmt.Errorf("load data from %s: one class only (%q); a classifier needs at least 2", quoteAll(o.Dirs), ids)
	}
	s.Labels = ids
	for _, id := range ids {
		s.Names = append(s.Names, names[id])
	}
	for _, e := range found {
		if i := slices.Index(ids, e.id); i >= 0 {
			e.Clip.Label = i
			s.Clips = append(s.Clips, e.Clip)
		}
	}
	return nil
}

// rename applies the caller's map, whose keys may be ids or names as written.
func rename(found []entry, to map[string]string) ([]entry, error) {
	used := map[string]bool{}
	byID := map[string]string{}
	for from, name := range to {
		if ID(name) == "" {
			return nil, fmt.Errorf("rename label %q: the new name %q has neither letter nor digit", from, name)
		}
		if other, dup := byID[ID(from)]; dup && other != name {
			return nil, fmt.Errorf("rename label %q: renamed twice, to %q and %q", from, other, name)
		}
		byID[ID(from)] = name
	}
	out := slices.Clone(found)
	for i := range out {
		if name, ok := byID[out[i].id]; ok {
			used[out[i].id] = true
			out[i].id, out[i].name = ID(name), DisplayName(name)
		}
	}
	for from := range to {
		if !used[ID(from)] {
			return nil, fmt.Errorf("rename label %q: there is no such label; there are %s", from, labelList(found))
		}
	}
	return out, nil
}

// subset keeps the wanted ids; an unknown one is an error.
func subset(ids, want []string) ([]string, error) {
	if want == nil {
		return ids, nil
	}
	var out []string
	for _, w := range want {
		id := ID(w)
		if !slices.Contains(ids, id) {
			sorted := slices.Clone(ids)
			sort.Strings(sorted)
			return nil, fmt.Errorf("label %q: no clip has it; there are %s", w, strings.Join(sorted, ", "))
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

func labelList(found []entry) string {
	var ids []string
	for _, e := range found {
		if !slices.Contains(ids, e.id) {
			ids = append(ids, e.id)
		}
	}
	sort.Strings(ids)
	return strings.Join(ids, ", ")
}

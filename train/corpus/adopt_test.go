package corpus

import (
	"slices"
	"testing"

	"earshot/train"
)

// Adopting a model's labels renumbers the data's and loses none of either.
func TestAdoptMergesLabels(t *testing.T) {
	p := &Prepared{Names: map[string]string{"dog": "My dog", "bell": "Bell"}}
	p.Labels = []string{"bell", "dog"}
	p.Train = []train.Example{{Label: 0}, {Label: 1}}
	p.Test = []train.Example{{Label: 1}}
	p.Adopt([]string{"cat", "dog", "background"}, map[string]string{"cat": "Cat", "dog": "Dog"}, "background")
	if !slices.Equal(p.Labels, []string{"cat", "dog", "background", "bell"}) || p.Background != 2 {
		t.Errorf("labels %v, background %d", p.Labels, p.Background)
	}
	if p.Train[0].Label != 3 || p.Train[1].Label != 1 || p.Test[0].Label != 1 {
		t.Errorf("examples %v %v", p.Train, p.Test)
	}
	if p.Names["cat"] != "Cat" || p.Names["dog"] != "My dog" || p.Names["bell"] != "Bell" {
		t.Errorf("names %v", p.Names)
	}
}

package train

// Progress is where a training is.
type Progress struct {
	Step, Steps int
	Loss        float64 // smoothed
	Seconds     float64 // of the last step, the data's preparation included
}

// Epoch is one line of the metrics file.
type Epoch struct {
	Epoch    int     `json:"epoch"`
	Step     int     `json:"step"`
	Loss     float64 `json:"loss"`
	Rate     float64 `json:"rate"`
	Norm     float64 `json:"gradient_norm"`
	Seconds  float64 `json:"seconds"`
	Accuracy float64 `json:"accuracy,omitempty"` // clips of the test folds, paper's rule, averaged weights
	Windows  float64 `json:"window_accuracy,omitempty"`
	Measured bool    `json:"measured"`
	Mined    *Mined  `json:"mined,omitempty"` // before this epoch's first step; nil where nothing was
}

// Mined is what came of a round of looking for hard negatives.
type Mined struct {
	Asked int `json:"asked"` // windows of background drawn at random
	Wrong int `json:"wrong"` // of those, taken for something else
	Hard  int `json:"hard"`  // to be drawn from until the next round, those of the rounds before that are still wrong included
}

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
}

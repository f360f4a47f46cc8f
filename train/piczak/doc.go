// Package piczak is the network that Zhang et al. 2020 compare theirs with in their first two tables: the convolutional network of
// K. J. Piczak, "Environmental sound classification with convolutional neural networks", MLSP 2015, in its short variant. It learns and is
// measured from recordings to clips named; no model file is made of it, and nothing of it listens.
//
// # From the article
//
//   - Clips at 22 050 Hz, scaled to a peak of 1; a log-scaled mel spectrogram of 60 bands, window 1024, hop 512, by librosa's defaults.
//   - Segments of 41 frames, each beginning half a segment after the one before; silent ones are left out. A second channel of deltas.
//   - The network: 80 filters of 57 bands × 6 frames, max-pooling 4×3 with stride 1×3, dropout; 80 filters of 1×3, max-pooling 1×3
//     with stride 1×3; two layers of 5000, dropout behind each; softmax. ReLU throughout, dropout 0.5, no padding.
//   - Learning: 300 epochs of shuffled batches of 1000 that are as even as can be, rate 0.002, Nesterov momentum 0.9, L2 0.001.
//   - Copies of the clips to learn from, each delayed by a random time: 10 of each for ESC-10, 4 for ESC-50.
//   - A clip is named by the mean of its segments' probabilities.
//
// # From the author's programs
//
// The article leaves open what its programs, github.com/karolpiczak/paper-2015-esc-convnet, settle. They were read for these numbers:
//
//   - The spectrogram is each segment's own: its 20 480 samples are mirrored at both ends, and decibels lie within 80 of its loudest.
//   - A segment is silent where the mean of its decibels is −70 or less.
//   - Decibels are normalised by one mean and one deviation of all that is learned from, before deltas are made of them.
//   - A delay is less than a second, of digital silence.
//   - Weights start uniform in ±0.001 (first filters) and ±0.1 (second), else normal with deviation 0.01; biases at 0, the first filters'
//     at 0.1.
//   - L2 is a cost of 0.001·Σw² (its gradient 0.002·w); what dropout keeps is doubled, so that nothing changes when it is over.
//   - pylearn2 pools what is left at the end too: of the 10 frames behind the second filters it makes 4, the last of one frame. So 320
//     values reach the first dense layer.
//
// # Settled here
//
//   - Deltas are Σ k·x[t+k], k = −4 … 4, with the ends repeated: librosa's Savitzky–Golay derivative of width 9 times 60. The article's
//     librosa 0.3.1 gave these very sums four frames late; later ones divide them by 60, and are another input to this network.
//   - The article's further copies for ESC-10, stretched and shifted in pitch by label, are not made: its copies are delayed alone.
//   - The article keeps a fold to validate with, and learns from three of five; here all folds that are not tested are learned from.
//   - A clip of silent segments alone keeps its loudest; one shorter than a segment is followed by silence.
//   - [Arch] can be narrower, as the other network can. Then weights start larger, as much as fewer of them are summed.
//
// # The step as a graph
//
// Channels come last everywhere, so that each layer is one matrix product. The first filters are nearly as high as the spectrogram: of 60
// bands, 57. So they are written as a matrix that reads all 60 bands of 6 frames for each of the 4 places at which they fit, which costs a
// twentieth more multiplications and lays out a quarter as many copies of the input as a matrix of each place would. Pooling is a maximum
// over neighbours, its gradient a comparison with it, in equal parts where several are the maximum (digital silence makes such ties), as in
// package acrnn. Weights and their momentum are tensors of their own rather than one vector: the largest is 100 MB, and is not copied in a
// step. The tests hold the gradient of every parameter against central differences of a slow forward pass in float64.
package piczak

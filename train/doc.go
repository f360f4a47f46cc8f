// Package train teaches networks real sounds, on ONNX Runtime itself. Here is
// what its parts share: examples, a training's progress, and the geometry of windows.
//
// The parts, in the order in which a recording becomes a model:
//
//	dataset     finds labelled clips and deals them into folds
//	features    turns clips into energies, cached; augment deforms waveforms before
//	background  makes what is nothing: silence, noise, hum, the user's own room
//	takes       finds the sound in a person's recording, and the room around it
//	corpus      puts the three together: what to learn from, what to test on
//	recipe      everything about learning that is not data or network
//	batches     cuts, mixes and deforms windows; the same seed gives the same batch
//	acrnn       the network: one training step, its gradients, inference, as ONNX graphs
//	stepgraph   runs what such a step is written as
//	trainer     schedules steps, saves and resumes
//	checkpoint  keeps a training that can go on in a file
//	forward     runs a finished network over windows, for the three below
//	head        learns the last layer alone, beside a memory of old labels
//	opinion     hears recordings through the second network and learns the second opinion's head, by verifier's
//	            regression; opinion/tune finds where the fused score switches
//	scoring     scores clips: accuracy, thresholds, robustness against noise
//	metrics     turns scores into figures: pure numbers
//	modelfile   writes and reads model files, in float32, float16 and int8
//	piczak      the network that the paper compares with: front end, graph, training and scores of its own
//	card        tells of a model file for people; report draws a training as HTML
//	job         does what the command line asks for with all of these
package train

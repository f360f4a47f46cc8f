// Package opinion gives a model its second opinion: it hears recordings through the second network, by the very
// path that the daemon takes, and learns on what that makes of them a head for the model's labels.
//
//	recording → [Ear]      patches on the daemon's grid, embedded; kept in a cache on disk
//	          → [Learn]    a head of all labels, and of none of these
//	          → [Teach]    or rows for new labels beside a head that stays as it is
//
// Where a label switches on is package opinion/tune's.
package opinion

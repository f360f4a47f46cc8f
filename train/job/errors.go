package job

// ModelError says that a model file cannot be used for what was asked.
type ModelError struct{ Err error }

func (e ModelError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e ModelError) Unwrap() error { return e.Err }

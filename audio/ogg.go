package audio

import (
	"io"

	"github.com/jfreymuth/oggvorbis"
)

// newOgg decodes Ogg Vorbis.
func newOgg(r io.Reader) (decoder, error) {
	d, err := oggvorbis.NewReader(r)
	if err != nil {
		return nil, err
	}
	return &oggDecoder{d}, nil
}

type oggDecoder struct{ d *oggvorbis.Reader }

func (o *oggDecoder) Rate() int     { return o.d.SampleRate() }
func (o *oggDecoder) Channels() int { return o.d.Channels() }
func (o *oggDecoder) Read(dst []float32) (int, error) {
	return o.d.Read(dst)
}

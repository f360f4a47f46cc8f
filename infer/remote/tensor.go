package remote

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"
)

// pack writes x into dst as little-endian 32-bit or, with half, 16-bit floats, and returns what it wrote. A value beyond
// 65504, which no decibel is, would come out as infinity.
func pack(dst []byte, x []float32, half bool) []byte {
	dst = dst[:0]
	for _, v := range x {
		if half {
			dst = binary.LittleEndian.AppendUint16(dst, float16.Fromfloat32(v).Bits())
		} else {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	}
	return dst
}

// floats reads little-endian 32-bit floats; nil when they are not whole.
func floats(raw []byte) []float32 {
	x := make([]float32, 0, (len(raw)+3)/4)
	for ; len(raw) >= 4; raw = raw[4:] {
		x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	if len(raw) > 0 {
		return nil
	}
	return x
}

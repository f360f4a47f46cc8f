package figure

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"earshot/internal/readfile"
)

// Float is an element of an array that NumPy reads: <f4 or <f8.
type Float interface{ float32 | float64 }

// EncodeNPY writes x, in C order of the given shape, as a NumPy file (format 1.0,
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// A shape of another size than x panics.
func EncodeNPY[T Float](w io.Writer, x []T, shape ...int) error {
	size := 1
	dims := ""
	for _, n := range shape {
		size *= n
		dims += strconv.Itoa(n) + ", "
	}
	if size != len(x) || len(shape) == 0 {
		panic(fmt.Sprintf("figure: %d values in an array of shape %v", len(x), shape))
	}
	if len(shape) > 1 {
		dims = strings.TrimSuffix(dims, ", ")
	}
	width := 4
	if _, ok := any(x).([]float64); ok {
		width = 8
	}
	dict := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", width, strings.TrimSuffix(dims, " "))
	// The data start at a multiple of 64 bytes; a line feed ends the header.
	dict += strings.Repeat(" ", 63-(10+len(dict))%64) + "\n"
	head := append([]byte("\x93NUMPY\x01\x00"), byte(len(dict)), byte(len(dict)>>8))
	if _, err := w.Write(append(head, dict...)); err != nil {
		return err
	}
	buf := make([]byte, 0, 8192)
	for len(x) > 0 {
		n := min(len(x), 1024)
		buf = buf[:0]
		for _, v := range x[:n] {
			if width == 4 {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(float32(v)))
			} else {
				buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(float64(v)))
			}
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		x = x[n:]
	}
	return nil
}

var (
	npyDescr = regexp.MustCompile(`'descr': *'<f([48])'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *False`)
	npyShape = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// ReadNPY reads a NumPy file of little-endian float32 or float64 in C order.
func ReadNPY(path string) (x []float64, shape []int, err error) {
	f, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return nil, nil, fmt.Errorf("read NumPy array: %w", err)
	}
	defer f.Close()
	x, shape, err = DecodeNPY(f)
	if err != nil {
		return nil, nil, fmt.Errorf("read NumPy array %q: %w", path, err)
	}
	return x, shape, nil
}

// DecodeNPY reads what ReadNPY reads. It allocates no more than r holds,
// whatever the header says.
func DecodeNPY(r io.Reader) (x []float64, shape []int, err error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:6]) != "\x93NUMPY" {
		return nil, nil, fmt.Errorf("it starts with %q; want a NumPy array", head[:6])
	}
	if head[6] != 1 {
		return nil, nil, fmt.Errorf("its format version is %d; want 1", head[6])
	}
	dict := make([]byte, int(head[8])|int(head[9])<<8)
	if _, err := io.ReadFull(r, dict); err != nil {
		return nil, nil, fmt.Errorf("it ends within its header; want a complete file")
	}
	descr, dims := npyDescr.FindSubmatch(dict), npyShape.FindSubmatch(dict)
	if descr == nil || dims == nil || !npyOrder.Match(dict) {
		return nil, nil, fmt.Errorf("its header is %q; want '<f4' or '<f8' in C order", dict)
	}
	size := 1
	for _, s := range strings.Split(strings.ReplaceAll(string(dims[1]), " ", ""), ",") {
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 0 && size > math.MaxInt32/n {
			return nil, nil, fmt.Errorf("its shape is (%s); want at most 2^31 values", dims[1])
		}
		size *= n
		shape = append(shape, n)
	}
	width := int(descr[1][0] - '0')
	data, err := io.ReadAll(io.LimitReader(r, int64(size*width)))
	if err != nil {
		return nil, nil, err
	}
	if len(data) != size*width {
		return nil, nil, fmt.Errorf("it holds %d bytes of values; want the %d of its shape %v", len(data), size*width, shape)
	}
	x = make([]float64, size)
	for i := range x {
		if width == 4 {
			x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		} else {
			x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	}
	return x, shape, nil
}

package onnx

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// The protobuf wire format, for writing and for reading. Field numbers are those of
// onnx/onnx.proto, which are stable.

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

func appendString(b []byte, field protowire.Number, v string) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendString(b, v)
}

func appendInt(b []byte, field protowire.Number, v int) []byte {
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(int64(v)))
}

// errTruncated says that the bytes end inside a field.
var errTruncated = errors.New("the file ends in the middle (truncated?)")

// fields calls f for each field of a protobuf message. For a length-delimited
// field v holds its bytes, for a varint n its value; others are skipped.
func fields(b []byte, f func(num protowire.Number, v []byte, n uint64) error) error {
	for len(b) > 0 {
		num, typ, used := protowire.ConsumeTag(b)
		if used < 0 {
			return wireError(used)
		}
		b = b[used:]
		var v []byte
		var n uint64
		switch typ {
		case protowire.BytesType:
			v, used = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			n, used = protowire.ConsumeVarint(b)
		default:
			used = protowire.ConsumeFieldValue(num, typ, b)
		}
		if used < 0 {
			return wireError(used)
		}
		b = b[used:]
		if err := f(num, v, n); err != nil {
			return err
		}
	}
	return nil
}

// within calls f for each field of those messages in b whose field number is num.
func within(b []byte, num protowire.Number, f func(num protowire.Number, v []byte, n uint64) error) error {
	return fields(b, func(got protowire.Number, v []byte, _ uint64) error {
		if got != num {
			return nil
		}
		return fields(v, f)
	})
}

func wireError(code int) error {
	err := protowire.ParseError(code)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return fmt.Errorf("not protobuf: %w", err)
}

package onnx

import (
	"errors"
	"fmt"
	"math/bits"

	"google.golang.org/protobuf/encoding/protowire"
)

// checkTensors refuses weights that are kept in another file, which the runtime would open by whatever name the model
// gives, and tensors that say to be larger than the file can hold, for which it would ask for memory.
func checkTensors(model []byte) error {
	c := tensorCheck{most: 8 * uint64(len(model))}
	return fields(model, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 7: // graph
			return c.graph(v, 0)
		case 20: // training_info {initialization 1, algorithm 2}
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num == 1 || num == 2 {
					return c.graph(v, 1)
				}
				return nil
			})
		case 25: // functions {node 7}
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num == 7 {
					return c.node(v, 1)
				}
				return nil
			})
		}
		return nil
	})
}

// tensorCheck looks at every tensor, wherever it is nested.
type tensorCheck struct {
	most uint64 // elements of all tensors together: a bit of the file for each
	sum  uint64 // elements so far
}

// maxNesting bounds how deep graphs stand in the attributes of nodes: If and Loop are 2 deep.
const maxNesting = 16

// graph takes a GraphProto {node 1, initializer 5, sparse_initializer 15}.
func (c *tensorCheck) graph(b []byte, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("graphs nested more than %d deep", maxNesting)
	}
	return fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1:
			return c.node(v, depth)
		case 5:
			return c.tensor(v)
		case 15:
			return c.sparse(v)
		}
		return nil
	})
}

// node takes a NodeProto {attribute 5 {t 5, g 6, tensors 10, graphs 11, sparse_tensor 22, sparse_tensors 23}}.
func (c *tensorCheck) node(b []byte, depth int) error {
	return within(b, 5, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 5, 10:
			return c.tensor(v)
		case 6, 11:
			return c.graph(v, depth+1)
		case 22, 23:
			return c.sparse(v)
		}
		return nil
	})
}

// sparse takes a SparseTensorProto {values 1, indices 2, dims 3}. No model that this program can use has one, and what
// it unpacks to may be of any size.
func (c *tensorCheck) sparse([]byte) error {
	return errors.New("a sparse tensor, whose size is not that of the file; want dense weights")
}

// tensor takes a TensorProto {dims 1, name 8, external_data 13, data_location 14}.
func (c *tensorCheck) tensor(b []byte) error {
	const external = 1
	name, elements, outside := "", uint64(1), false
	dim := func(n uint64) error {
		over, low := bits.Mul64(elements, n)
		if elements = low; over != 0 || low > c.most {
			return fmt.Errorf("tensor %.60q says to have more elements than a file of this size can hold", name)
		}
		return nil
	}
	err := fields(b, func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1:
			if v == nil { // not packed
				return dim(n)
			}
			for len(v) > 0 {
				n, used := protowire.ConsumeVarint(v)
				if used < 0 {
					return wireError(used)
				}
				v = v[used:]
				if err := dim(n); err != nil {
					return err
				}
			}
		case 8:
			name = string(v)
		case 13:
			outside = true
		case 14:
			outside = outside || n == external
		}
		return nil
	})
	if err != nil {
		return err
	}
	if outside {
		return fmt.Errorf("tensor %.60q has its values in another file; want all weights in the model's own (onnx.save_model(…, save_as_external_data=False))", name)
	}
	if c.sum += elements; c.sum > c.most {
		return errors.New("tensors that say to have more elements together than a file of this size can hold")
	}
	return nil
}

package audio

// mendFloors walks through the time transforms and floors of a setup header, r
// standing behind its codebooks, and returns the header with 13 zero bits
// inserted in every floor without partitions: jfreymuth/vorbis v1.0.2 reads a
// class (3 + 2 + 8 bits) there that the specification (Vorbis I, section 7.2.2)
// does not have. Such a floor serves the LFE channel in all 5.1 files of
// libvorbis.
func mendFloors(r *lsbReader, header []byte) []byte {
	for range r.read(6) + 1 {
		r.read(16) // time domain transform: Vorbis I reserves it, always 0
	}
	var empty []int // bits after which to insert
	for range r.read(6) + 1 {
		switch r.read(16) {
		case 0:
			r.skip(8 + 16 + 16 + 6 + 8) // order, rate, bark map, amplitude bits and offset
			r.skip(int(r.read(4)+1) * 8)
		case 1:
			partitions := int(r.read(5))
			if partitions == 0 {
				empty = append(empty, r.at)
			}
			skipFloor1(r, partitions)
		}
		if r.short {
			return header // the decoder will say that it is damaged
		}
	}
	for i := len(empty) - 1; i >= 0; i-- {
		header = insertZeros(header, empty[i], 3+2+8)
	}
	return header
}

// skipFloor1 skips the rest of a floor of type 1.
func skipFloor1(r *lsbReader, partitions int) {
	var class [31]uint32
	classes := uint32(0)
	for i := range partitions {
		class[i] = r.read(4)
		classes = max(classes, class[i]+1)
	}
	var dimensions [16]uint32
	for i := range classes {
		dimensions[i] = r.read(3) + 1
		subclass := r.read(2)
		if subclass > 0 {
			r.skip(8)
		}
		r.skip(8 << subclass)
	}
	r.skip(2) // multiplier
	rangeBits := int(r.read(4))
	for _, c := range class[:partitions] {
		r.skip(int(dimensions[c]) * rangeBits)
	}
}

// insertZeros returns b with n zero bits before bit at, the least significant
// bit of a byte first.
func insertZeros(b []byte, at, n int) []byte {
	out := make([]byte, len(b)+(n+7)/8)
	for i := range 8 * len(b) {
		to := i
		if i >= at {
			to += n
		}
		out[to>>3] |= b[i>>3] >> (i & 7) & 1 << (to & 7)
	}
	return out
}

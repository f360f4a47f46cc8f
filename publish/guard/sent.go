package guard

// request is what we sent and the broker has not answered.
type request struct {
	answer byte // the kind of packet that answers it
	topics int  // that a subscription names
}

// Write implements net.Conn.
func (c *Conn) Write(packet []byte) (int, error) {
	c.note(packet)
	return c.Conn.Write(packet)
}

// note remembers what a packet of ours asks for. It comes from our own library, so what does not fit is left alone.
func (c *Conn) note(packet []byte) {
	if len(packet) < 2 {
		return
	}
	h := header{packet[0] >> 4, packet[0] & 15}
	body := packet[1:]
	for len(body) > 0 && body[0] > 127 {
		body = body[1:]
	}
	if len(body) < 3 {
		return
	}
	body = body[1:]
	r := request{}
	switch h.kind {
	case publish:
		_, rest, ok := text(body)
		if h.qos() == 0 || !ok || len(rest) < 2 {
			return
		}
		body, r.answer = rest, puback
	case subscribe:
		r = request{suback, filters(body[2:])}
	case unsubscribe:
		r.answer = unsuback
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[number(body)] = r
}

// filters counts the topics of a subscription: a string and a byte each.
func filters(b []byte) (n int) {
	for len(b) > 0 {
		_, rest, ok := text(b)
		if !ok || len(rest) < 1 {
			break
		}
		n++
		b = rest[1:]
	}
	return n
}

// answered takes the request that an answer is for; known is false where there is none of its kind.
func (c *Conn) answered(kind byte, id uint16) (r request, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, known = c.asked[id]
	if !known || r.answer != kind {
		return request{}, false
	}
	delete(c.asked, id)
	return r, true
}

package soap

// recordHead is the length of a TLS record's head, whose last two bytes are the length of the rest (RFC 8446, section
// 5.1).
const recordHead = 5

// records follows the TLS records in what is read, because a tls.Conn does not tell that it holds the beginning of one.
type records struct {
	head int // bytes of a record's head that have come; 0 between two records
	left int // once the head is whole, bytes of the record that have not come
}

func (r *records) follow(p []byte) {
	for len(p) > 0 {
		if r.head == recordHead {
			n := min(r.left, len(p))
			r.left -= n
			p = p[n:]
		} else {
			r.head++
			r.left = (r.left<<8 | int(p[0])) & 0xffff
			p = p[1:]
		}
		if r.head == recordHead && r.left == 0 {
			r.head = 0
		}
	}
}

// between reports whether nothing of another record has come.
func (r *records) between() bool { return r.head == 0 }

package secret

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strings"
	"sync"
)

// ErrSealed is returned when a sealed value cannot be opened: unknown key, another row, or changed bytes.
var ErrSealed = errors.New("secret: the sealed value does not open with the keys at hand for this row")

const (
	keySize   = 32
	maxKeyID  = 32
	sealedVer = 1
)

var keyID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Keyring seals with its first key and opens with any. It is safe for concurrent use.
type Keyring struct {
	first       string
	aeads       map[string]cipher.AEAD
	fingerprint []byte
	macs        sync.Map // by purpose: *sync.Pool of *mac
}

// ParseKeyring reads a key file: one "id base64" pair a line, 32 bytes a key, the first line seals. Empty lines and
// lines that begin with # are skipped. Errors name the line, never the key. The fingerprint key is derived from the
// line whose id is "fingerprint", so that rotating the sealing key leaves fingerprints comparable.
func ParseKeyring(text []byte) (*Keyring, error) {
	k := &Keyring{aeads: map[string]cipher.AEAD{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, encoded, found := strings.Cut(line, " ")
		if !found || !keyID.MatchString(id) {
			return nil, fmt.Errorf("secret: key file line %d: want \"id base64\" with an id of 1 to %d lower-case letters, digits and dashes", n, maxKeyID)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("secret: key file line %d: key %q is not %d bytes in base64", n, id, keySize)
		}
		if id == fingerprintID {
			if k.fingerprint != nil {
				return nil, fmt.Errorf("secret: key file line %d: a second %q key", n, id)
			}
			k.fingerprint = key
			continue
		}
		if _, twice := k.aeads[id]; twice {
			return nil, fmt.Errorf("secret: key file line %d: key id %q stands there twice", n, id)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("secret: key file line %d: %w", n, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("secret: key file line %d: %w", n, err)
		}
		if k.first == "" {
			k.first = id
		}
		k.aeads[id] = aead
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("secret: key file: %w", err)
	}
	if k.first == "" {
		return nil, errors.New("secret: key file has no sealing key")
	}
	if k.fingerprint == nil {
		return nil, fmt.Errorf("secret: key file has no %q key", fingerprintID)
	}
	return k, nil
}

const fingerprintID = "fingerprint"

// NewKeyFile makes the text of a fresh key file with one sealing key of the given id.
func NewKeyFile(id string) ([]byte, error) {
	if !keyID.MatchString(id) || id == fingerprintID {
		return nil, fmt.Errorf("secret: %q is not a key id", id)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# svcgate keys. The first line that is not %q seals; the others only open. Keep a copy apart from the database.\n", fingerprintID)
	for _, id := range []string{id, fingerprintID} {
		key := make([]byte, keySize)
		_, _ = rand.Read(key)
		fmt.Fprintf(&b, "%s %s\n", id, base64.StdEncoding.EncodeToString(key))
	}
	return b.Bytes(), nil
}

// Seal encrypts s for the row it belongs to (AES-256-GCM, key id and row as associated data). The result opens only
// with the same row.
func (k *Keyring) Seal(row string, s String) []byte {
	out := make([]byte, 0, 2+len(k.first)+12+16+16+len(s.Reveal()))
	out = append(out, sealedVer, byte(len(k.first)))
	out = append(out, k.first...)
	return k.aeads[k.first].Seal(out, nil, []byte(s.Reveal()), associated(k.first, row))
}

// Open returns what Seal sealed for the same row, or ErrSealed.
func (k *Keyring) Open(row string, sealed []byte) (String, error) {
	if len(sealed) < 2 || sealed[0] != sealedVer || len(sealed) < 2+int(sealed[1]) {
		return String{}, ErrSealed
	}
	id, rest := string(sealed[2:2+int(sealed[1])]), sealed[2+int(sealed[1]):]
	aead, known := k.aeads[id]
	if !known {
		return String{}, fmt.Errorf("%w: key %q is not in the key file", ErrSealed, id)
	}
	text, err := aead.Open(nil, nil, rest, associated(id, row))
	if err != nil {
		return String{}, ErrSealed
	}
	return New(string(text)), nil
}

// Fingerprint gives the keyed hash (HMAC-SHA-256, hex) of s for one purpose. Equal values have equal fingerprints;
// without the key a fingerprint tells nothing, although card numbers are few.
func (k *Keyring) Fingerprint(purpose string, s String) string {
	macs, known := k.macs.Load(purpose)
	if !known {
		macs, _ = k.macs.LoadOrStore(purpose, k.newMACs(purpose))
	}
	m := macs.(*sync.Pool).Get().(*mac)
	defer macs.(*sync.Pool).Put(m)
	m.hash.Reset()
	m.text = append(m.text[:0], s.Reveal()...)
	m.hash.Write(m.text)
	clear(m.text)
	m.sum = m.hash.Sum(m.sum[:0])
	m.sum = hex.AppendEncode(m.sum, m.sum)
	return string(m.sum[sha256.Size:])
}

// mac is a keyed hash with the room that using it needs; text is all zero between uses.
type mac struct {
	hash      hash.Hash
	text, sum []byte
}

// newMACs derives the key of a purpose, of which there are few, once: deriving costs more than the hash.
func (k *Keyring) newMACs(purpose string) *sync.Pool {
	key, err := hkdf.Key(sha256.New, k.fingerprint, nil, "svcgate "+purpose, keySize)
	if err != nil {
		panic("secret: deriving a 32 byte key: " + err.Error())
	}
	return &sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}
}

func associated(id, row string) []byte {
	return []byte("svcgate\x00" + id + "\x00" + row)
}

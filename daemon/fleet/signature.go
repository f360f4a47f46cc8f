package fleet

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"earshot/internal/readfile"

	"golang.org/x/crypto/ssh"
)

// Signatures are OpenSSH's (its PROTOCOL.sshsig), so that an owner needs no key but the one of ssh, and others can look at them:
//
//	ssh-keygen -Y verify -n earshot-push -f allowed_signers -I owner -s manifest.sig < manifest
//
// Of its keys ed25519 alone counts, and of its digests SHA-512.
const (
	namespace = "earshot-push"
	pemType   = "SSH SIGNATURE"
	digest    = "sha512"
	maxKey    = 16 << 10 // bytes of a file with a key
)

var magic = [6]byte{'S', 'S', 'H', 'S', 'I', 'G'}

// sshsig is the envelope of a signature.
type sshsig struct {
	Magic     [6]byte
	Version   uint32
	Key       []byte
	Namespace string
	Reserved  string
	Digest    string
	Signature []byte
}

// signed is what is signed: not the text, but its digest with what it is for.
func signed(text []byte) []byte {
	sum := sha512.Sum512(text)
	return ssh.Marshal(struct {
		Magic                       [6]byte
		Namespace, Reserved, Digest string
		Sum                         []byte
	}{magic, namespace, "", digest, sum[:]})
}

// Owner is the public key whose pushes a node takes.
type Owner struct{ key ssh.PublicKey }

// ParseOwner reads a public key: "ssh-ed25519 AAAA… name", or the path of a file that holds it.
func ParseOwner(key string) (Owner, error) {
	text := []byte(key)
	if !strings.HasPrefix(key, ssh.KeyAlgoED25519+" ") {
		var err error
		if text, err = readfile.Bytes(key, maxKey); err != nil {
			return Owner{}, fmt.Errorf("the owner's key: %w; want the path of a public key, or \"ssh-ed25519 AAAA…\" itself", err)
		}
	}
	k, _, _, rest, err := ssh.ParseAuthorizedKey(text)
	switch {
	case err != nil:
		return Owner{}, fmt.Errorf("the owner's key %.40q is none of OpenSSH's: %w", key, err)
	case k.Type() != ssh.KeyAlgoED25519:
		return Owner{}, fmt.Errorf("the owner's key is of type %q; want %s (ssh-keygen -t ed25519)", k.Type(), ssh.KeyAlgoED25519)
	case len(bytes.TrimSpace(rest)) > 0:
		return Owner{}, fmt.Errorf("the owner's key %.40q: more than one; want the owner's alone", key)
	}
	return Owner{k}, nil
}

// String is the key's fingerprint, as ssh-keygen -l prints it.
func (o Owner) String() string { return ssh.FingerprintSHA256(o.key) }

var errNotSigned = errors.New("it is not signed by the owner's key")

// verify holds a signature, in its armour, against a text.
func (o Owner) verify(text, armoured []byte) error {
	block, rest := pem.Decode(armoured)
	if block == nil || block.Type != pemType || len(bytes.TrimSpace(rest)) > 0 {
		return errors.New("it has no signature of OpenSSH's at its end")
	}
	var s sshsig
	var sig ssh.Signature
	if ssh.Unmarshal(block.Bytes, &s) != nil || ssh.Unmarshal(s.Signature, &sig) != nil || s.Magic != magic || s.Version != 1 {
		return errors.New("its signature cannot be read")
	}
	switch {
	case !bytes.Equal(s.Key, o.key.Marshal()):
		return errNotSigned
	case s.Namespace != namespace || s.Digest != digest || sig.Format != ssh.KeyAlgoED25519:
		return fmt.Errorf("its signature is for %.40q by %.20q; want %q by %q", s.Namespace, s.Digest, namespace, digest)
	}
	public, ok := o.key.(ssh.CryptoPublicKey).CryptoPublicKey().(ed25519.PublicKey)
	if !ok || len(sig.Blob) != ed25519.SignatureSize || !ed25519.Verify(public, signed(text), sig.Blob) {
		return errNotSigned
	}
	return nil
}

// Signer is an owner's private key.
type Signer struct{ key ssh.Signer }

// ReadSigner reads a private key of OpenSSH's; ask is asked for its passphrase, where it has one.
func ReadSigner(path string, ask func() ([]byte, error)) (Signer, error) {
	text, err := readfile.Bytes(path, maxKey)
	if err != nil {
		return Signer{}, fmt.Errorf("the owner's private key: %w", err)
	}
	k, err := ssh.ParsePrivateKey(text)
	if missing := new(ssh.PassphraseMissingError); errors.As(err, &missing) {
		var phrase []byte
		if phrase, err = ask(); err == nil {
			k, err = ssh.ParsePrivateKeyWithPassphrase(text, phrase)
		}
	}
	if err != nil {
		return Signer{}, fmt.Errorf("the owner's private key %q: %w", path, err)
	}
	if t := k.PublicKey().Type(); t != ssh.KeyAlgoED25519 {
		return Signer{}, fmt.Errorf("the owner's private key %q is of type %q; want %s (ssh-keygen -t ed25519)", path, t, ssh.KeyAlgoED25519)
	}
	return Signer{k}, nil
}

// Owner is the public key that belongs to it.
func (s Signer) Owner() Owner { return Owner{s.key.PublicKey()} }

// sign returns a text's signature in its armour.
func (s Signer) sign(text []byte) ([]byte, error) {
	sig, err := s.key.Sign(rand.Reader, signed(text))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: ssh.Marshal(sshsig{magic, 1, s.key.PublicKey().Marshal(), namespace, "", digest, ssh.Marshal(*sig)})}), nil
}

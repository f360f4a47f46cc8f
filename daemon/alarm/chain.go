package alarm

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// The chain is a file to which records are added and in which none is changed: each holds the digest of the line before it, and those of
// clips the digest of the clip, so that whoever changes one later must change all that follow, and the head, which is told to others as it
// grows: it stands in the alarm's topic, in Home Assistant's database and in whatever else listens.
const (
	chainName = "evidence.jsonl"
	clipDir   = "evidence" // the clips that the chain names, which no tidying of clips takes
	maxChain  = 256 << 20  // bytes
	maxRecord = 16 << 10
	maxClips  = 2000 // kept
)

// Record is one line of the chain.
type Record struct {
	N      uint64    `json:"n"` // 1, 2, 3 …
	At     time.Time `json:"at"`
	What   string    `json:"what"` // armed, alarm, acknowledged, tamper, clip
	Mode   string    `json:"mode,omitempty"`
	Source string    `json:"source,omitempty"`
	Label  string    `json:"label,omitempty"`
	Score  float64   `json:"score,omitempty"`
	Why    string    `json:"why,omitempty"`
	Clip   string    `json:"clip,omitempty"`
	SHA256 string    `json:"sha256,omitempty"` // of the clip
	Before string    `json:"before"`           // SHA-256 of the line before, "" for the first
}

// Head is the end of a chain.
type Head struct {
	N      uint64 `json:"n"`
	SHA256 string `json:"sha256"` // of the last line
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// add writes a record behind the head, and returns the new one. Nothing is half written but by a fault of the disk, which verifying tells.
func (h Head) add(dir string, r Record) (Head, error) {
	path := filepath.Join(dir, chainName)
	r.N, r.Before = h.N+1, h.SHA256
	line, err := json.Marshal(r)
	if err != nil {
		return h, err
	}
	if st, err := os.Stat(path); err == nil && st.Size()+int64(len(line)) > maxChain {
		return h, fmt.Errorf("evidence: %q is full with %d MB", path, maxChain>>20)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return h, fmt.Errorf("evidence: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return h, fmt.Errorf("evidence: %w", err)
	}
	return Head{r.N, sum(line)}, nil
}

// keep puts a clip beside the chain, where it stays, and returns its digest.
func keep(dir, path string) (string, error) {
	folder := filepath.Join(dir, clipDir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if kept, err := os.ReadDir(folder); err != nil {
		return "", err
	} else if len(kept) >= maxClips {
		return "", fmt.Errorf("evidence: %d clips are kept in %q, and no more: take them away, with the chain, to a place of their own", maxClips, folder)
	}
	to := filepath.Join(folder, filepath.Base(path))
	if err := atomicfile.Keep(path, to, 0o600, maxChain); err != nil {
		return "", err
	}
	return digestOf(to)
}

func digestOf(path string) (string, error) {
	f, err := readfile.Open(path, maxChain)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Verified is what a chain turned out to be.
type Verified struct {
	Head
	Clips   int      `json:"clips"`
	Missing []string `json:"missing"` // clips that are not there any more
}

// Verify reads a chain from its beginning. Its error names the first line or clip that is not what it was.
func Verify(dir string) (v Verified, err error) {
	path := filepath.Join(dir, chainName)
	f, err := readfile.Open(path, maxChain+maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return v, fmt.Errorf("there is no evidence in %q: nothing was armed yet (surveillance:)", dir)
	}
	if err != nil {
		return v, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, maxRecord)
	for in.Scan() {
		var r Record
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return v, fmt.Errorf("%s:%d: it is no record: %w", path, v.N+1, err)
		}
		if r.N != v.N+1 || r.Before != v.SHA256 {
			return v, fmt.Errorf("%s:%d: record %d does not follow the line before: one of both was changed, or lines were taken out", path, v.N+1, r.N)
		}
		v.Head = Head{r.N, sum(in.Bytes())}
		if r.SHA256 == "" {
			continue
		}
		v.Clips++
		got, err := digestOf(filepath.Join(dir, clipDir, filepath.Base(r.Clip)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.Missing = append(v.Missing, r.Clip)
		case err != nil:
			return v, err
		case got != r.SHA256:
			return v, fmt.Errorf("%s:%d: clip %q was changed: its SHA-256 is %s, and was %s", path, r.N, r.Clip, got, r.SHA256)
		}
	}
	if in.Err() != nil {
		return v, fmt.Errorf("%s:%d: %w", path, v.N+1, in.Err())
	}
	mem, err := recall(dir)
	if err == nil && mem.State.Head != v.Head {
		err = fmt.Errorf("%s: it ends with record %d (%.12s…), and ended with %d (%.12s…) when the daemon wrote last: its end was changed or taken off", path, v.N, v.SHA256, mem.State.Head.N, mem.State.Head.SHA256)
	}
	return v, err
}

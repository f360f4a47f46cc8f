package systemd

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"earshot/internal/test/skip"
)

// TestPackage holds the Debian package to what Debian asks (lintian has no error to tell), to what must
// lie in it, and to being the same bytes when it is built again.
func TestPackage(t *testing.T) {
	deb := buildPackage(t)
	if _, err := exec.LookPath("lintian"); err != nil {
		t.Error("no lintian on this machine; scripts/setup.sh test installs it")
	} else if out, err := exec.Command("lintian", "--allow-root", "--fail-on=error,warning", deb).CombinedOutput(); err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}
	listing := command(t, "dpkg-deb", "--contents", deb)
	for _, want := range []string{
		"-rwxr-xr-x root/root .* ./usr/bin/earshot\n",
		"-rw-r--r-- root/root .* ./usr/lib/earshot/libonnxruntime.so\n",
		"-rw-r--r-- root/root .* ./lib/systemd/system/earshot.service\n",
		"-rw-r--r-- root/root .* ./etc/earshot/config.yaml\n",
		"drwx------ root/root .* ./etc/earshot/mqtt/\n",
		"./usr/share/doc/earshot/copyright\n",
		"./usr/share/doc/earshot/third-party-licences.txt.gz\n",
	} {
		if !regexp.MustCompile(want).MatchString(listing) {
			t.Errorf("no %q in the package:\n%s", want, listing)
		}
	}
	if conffiles := command(t, "dpkg-deb", "--info", deb, "conffiles"); strings.TrimSpace(conffiles) != "/etc/earshot/config.yaml" {
		t.Errorf("conffiles are %q", conffiles)
	}
	first := digest(t, deb)
	if again, err := makePackage(); err != nil {
		t.Error(err)
	} else if second := digest(t, again); second != first {
		t.Errorf("built again, the package differs: %s, then %s", first, second)
	}
}

// built is the package of this machine's architecture, made once for all tests.
var built = sync.OnceValues(makePackage)

// buildPackage returns the package's path; it skips where there is no dpkg.
func buildPackage(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		skip.Now(t, "no dpkg-deb to look into a package with; run on Debian")
	}
	deb, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return deb
}

// makePackage runs `make deb` and returns the path of what it made.
func makePackage() (string, error) {
	out, err := exec.Command("make", "-C", "..", "--no-print-directory", "deb").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make deb: %w\n%s", err, out)
	}
	found := regexp.MustCompile(`dist/earshot_\S+\.deb`).FindString(string(out))
	if found == "" {
		return "", fmt.Errorf("make deb named no package:\n%s", out)
	}
	return filepath.Abs(filepath.Join("..", found))
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func digest(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

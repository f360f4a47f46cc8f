package systemd

import "testing"

func TestBoot(t *testing.T) {
	m := boot(t)
	t.Log(m.sh("systemctl is-system-running; systemctl --failed --no-legend; ip -br a; ls /work/main | head -3"))
}

// Package quota gives a program only so much processor time: a control group of its own, with the kernel's bandwidth
// limit. Memory gives it only so much memory. It stands for a machine that is too slow, or busy with something else. Linux, root, cgroup version 1 or 2.
package quota

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Group is a control group. Close it when its processes have ended.
type Group struct {
	dir string
	v2  bool
}

// The kernel counts over a period, and takes no quota below a millisecond: so the period of very small ones is longer.
const (
	shortPeriod = 100 * time.Millisecond
	longPeriod  = time.Second
	leastQuota  = time.Millisecond
)

// New makes a group without a limit, for processor time.
func New() (*Group, error) { return newGroup("cpu", "cpu.cfs_period_us") }

// Memory makes a group that may have so many bytes of memory; the kernel ends what takes more.
func Memory(bytes int) (*Group, error) {
	g, err := newGroup("memory", "memory.limit_in_bytes")
	if err != nil {
		return nil, err
	}
	name := "memory.limit_in_bytes"
	if g.v2 {
		name = "memory.max"
	}
	if err := g.write(name, strconv.Itoa(bytes)); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// newGroup makes one for a controller, which has a file of that name in version 1.
func newGroup(controller, file string) (*Group, error) {
	g := &Group{}
	root := filepath.Join("/sys/fs/cgroup", controller)
	if _, err := os.Stat(filepath.Join(root, file)); err != nil {
		root, g.v2 = "/sys/fs/cgroup", true
		if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
			return nil, fmt.Errorf("quota: no control groups for the %s here", controller)
		}
		_ = os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0) // who limits is told if it is not there
	}
	var err error
	if g.dir, err = os.MkdirTemp(root, "earshot-"); err != nil {
		return nil, fmt.Errorf("quota: %w", err)
	}
	return g, nil
}

// Add moves a process, with all its threads, into the group.
func (g *Group) Add(pid int) error {
	return g.write("cgroup.procs", strconv.Itoa(pid))
}

// Enter moves a process into the group, and returns what moves it out again.
func (g *Group) Enter(pid int) (leave func() error, err error) {
	if err := g.Add(pid); err != nil {
		return nil, err
	}
	root := filepath.Dir(g.dir)
	return func() error { return (&Group{dir: root}).Add(pid) }, nil
}

// Limit gives the group so many processors, such as 0.02; 0 = all there are.
func (g *Group) Limit(processors float64) error {
	period := shortPeriod
	if processors*float64(period) < float64(leastQuota) {
		period = longPeriod
	}
	quota := max(time.Duration(processors*float64(period)), leastQuota)
	us, every := strconv.FormatInt(quota.Microseconds(), 10), strconv.FormatInt(period.Microseconds(), 10)
	if g.v2 {
		if processors == 0 {
			us = "max"
		}
		return g.write("cpu.max", us+" "+every)
	}
	if processors == 0 {
		us = "-1"
	}
	return errors.Join(g.write("cpu.cfs_period_us", every), g.write("cpu.cfs_quota_us", us))
}

func (g *Group) write(name, text string) error {
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	return nil
}

// Close removes the group.
func (g *Group) Close() error { return os.Remove(g.dir) }

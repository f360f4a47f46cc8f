// Package rig is what the commands share that show the built program to real peers (Home Assistant, Triton, YAMNet, a browser, a fleet): how
// they begin and end, the table of their steps, how they run the program.
package rig

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Main does a command's work, and ends it with 1 and the error's text when there is one.
func Main(name string, run func() error) {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// There makes paths absolute, and wants each to be there, which a make target sees to.
func There(target string, paths ...*string) (err error) {
	for _, path := range paths {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
		if _, err := os.Stat(*path); err != nil {
			return fmt.Errorf("%w; `make %s` makes it", err, target)
		}
	}
	return nil
}

// Say tells on standard error what happens.
func Say(format string, a ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, a...))
}

// Earshot runs the program, and returns what it prints; the error has its last line.
func Earshot(ctx context.Context, program string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		text := strings.TrimSpace(errs.String())
		return nil, fmt.Errorf("earshot %s: %w: %s", strings.Join(args, " "), err, text[strings.LastIndexByte(text, '\n')+1:])
	}
	return out.Bytes(), nil
}

// Promises notes what a step did not keep.
type Promises struct{ broken []string }

// Fail notes a promise that was not kept.
func (p *Promises) Fail(format string, a ...any) {
	p.broken = append(p.broken, fmt.Sprintf(format, a...))
}

// Header begins the table of steps.
const Header = "| what | seen | as it should be |\n|---|---|---|\n"

// Row prints a row, and tells whether all was kept.
func Row(name, seen string, broken []string) bool {
	yes := "yes"
	if len(broken) > 0 {
		yes = "**no**: " + strings.Join(broken, "; ")
	}
	fmt.Printf("| %s | %s | %s |\n", name, seen, strings.ReplaceAll(yes, "\n", " "))
	return len(broken) == 0
}

// Step is what a row of the table shows.
type Step[S any] = struct {
	Name string
	Run  func(S) (seen string, err error)
}

// Rows runs the steps that are chosen, one after the other, prints a row of each, and returns how many did not keep what they promise. p is
// what they note that in; an error is a promise that was not kept, too.
func Rows[S any](s S, p *Promises, steps []Step[S], chosen *regexp.Regexp) (broken int) {
	for _, step := range steps {
		if !chosen.MatchString(step.Name) {
			continue
		}
		Say("%s", step.Name)
		p.broken = nil
		seen, err := step.Run(s)
		if err != nil {
			p.Fail("%v", err)
		}
		if !Row(step.Name, seen, p.broken) {
			broken++
		}
	}
	return broken
}

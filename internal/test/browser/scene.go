package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// scene is everything that a step may need.
type scene struct {
	*page
	daemon *daemon
	dir    string
	sound  string
	count  int

	quiet   chan struct{} // closed to end the room's hum
	humming sync.WaitGroup
	heard   string // title of what was heard first
	taught  string // the model that was taken
}

// step is one thing that a person does; the ones after a needed one make no sense without it.
type step struct {
	name   string
	needed bool
	do     func() (seen string, err error)
}

func newScene(program, axe, chromium, shots, sound string, count int) (s *scene, err error) {
	s = &scene{sound: sound, count: count, quiet: make(chan struct{})}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "earshot-browser-"); err != nil {
		return s, err
	}
	if s.daemon, err = newDaemon(program, s.dir); err != nil {
		return s, err
	}
	if err = s.daemon.start(); err != nil {
		return s, fmt.Errorf("%w\n%s", err, s.daemon.said())
	}
	s.humming.Go(s.room)
	s.page, err = newPage(chromium, axe, shots)
	return s, err
}

// room plays a room into the microphone until the end, beside whatever else is played.
func (s *scene) room() {
	x := hum(20, 1)
	for {
		select {
		case <-s.quiet:
			return
		default:
		}
		if s.daemon.mic.PlaySamples(x, rate) != nil {
			return
		}
	}
}

func (s *scene) close() {
	close(s.quiet)
	if s.page != nil {
		s.page.close()
	}
	if s.daemon != nil {
		s.daemon.close() // ends the hum too
	}
	s.humming.Wait()
	_ = os.RemoveAll(s.dir)
}

// draw takes a picture for whoever looks for what went wrong.
func (s *scene) draw(name string) {
	if s.page != nil {
		_ = s.shot(name) // what failed is told already
	}
}

func (s *scene) steps() []step {
	return []step{
		{"log in", true, s.logIn},
		{"armed while nobody is there", false, s.arm},
		{"a sound is heard", true, s.hear},
		{"why, and its picture", false, s.why},
		{"its clip plays", false, s.clip},
		{"it is judged wrong", false, s.judge},
		{"it is muted", false, s.mute},
		{"live, looked over", false, func() (string, error) { return s.lookOver("live") }},
		{"the alarm waits, and is acknowledged", false, s.acknowledge},
		{"history, looked over", false, func() (string, error) { return s.lookOver("history") }},
		{"tune, looked over", false, func() (string, error) { return s.lookOver("tune") }},
		{"teach, looked over", false, func() (string, error) { return s.lookOver("teach") }},
		{"recordings of a doorbell", true, s.record},
		{"in five languages", false, s.languages},
		{"by keyboard alone", false, s.keyboard},
		{"it learns, and is measured", true, s.learn},
		{"the doorbell is named", false, s.named},
		{"rolled back", false, s.rollBack},
		{"started again: history, mutes, models", false, s.again},
	}
}

func (s *scene) logIn() (string, error) {
	err := s.run(chromedp.Navigate(s.daemon.url()), chromedp.WaitVisible(chromedp.CSS("#password")))
	if err != nil {
		return "", err
	}
	wrong, err := s.look()
	if err != nil {
		return "", err
	}
	if len(wrong) > 0 {
		return "", errors.New(strings.Join(wrong, "; "))
	}
	err = s.run(chromedp.SendKeys(chromedp.CSS("#password"), password+"\r"), chromedp.WaitVisible(chromedp.CSS("#live")))
	if err != nil {
		return "", err
	}
	return s.until(time.Minute, "a microphone that listens", `document.querySelector("#sources .pill.good")?.textContent`)
}

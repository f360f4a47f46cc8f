package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Steps that look at the page itself: on every screen, in every language, by keyboard.

// lookOver draws a tab and has axe look at it.
func (s *scene) lookOver(name string) (string, error) {
	if err := s.tab(name); err != nil {
		return "", err
	}
	if name == "history" {
		if _, err := s.until(time.Minute, "events in the history", `document.querySelectorAll("#h-events tr").length`); err != nil {
			return "", err
		}
		if err := s.click("#h-events button"); err != nil {
			return "", err
		}
	}
	time.Sleep(2 * time.Second) // until it is drawn
	wrong, err := s.show(name)
	if err != nil || len(wrong) > 0 {
		return "", errors.Join(err, errors.New(strings.Join(wrong, "; ")))
	}
	return fmt.Sprintf("on %d screens: axe finds nothing, nothing is wider than the screen", len(screens)), nil
}

// languages has each text in each language: what is left in English by mistake shows as the same.
func (s *scene) languages() (string, error) {
	var missing []string
	if err := s.eval(`Object.entries(TEXT).filter(([, v]) => v.length !== LANGUAGES.length || v.some(t => !t)).map(([k]) => k)`, &missing); err != nil || len(missing) > 0 {
		return "", errors.Join(err, fmt.Errorf("not in all languages: %q", missing))
	}
	var titles []string
	for _, l := range []string{"de", "fr", "es", "zh", "en"} {
		var title string
		var over float64
		if err := s.run(chromedp.EmulateViewport(390, 844)); err != nil {
			return "", err
		}
		if err := s.eval(`setLanguage("`+l+`"); document.getElementById("l-begin").textContent`, &title); err != nil {
			return "", err
		}
		if err := s.eval(`document.documentElement.scrollWidth - innerWidth`, &over); err != nil || over > 0 {
			return "", errors.Join(err, fmt.Errorf("%s is %.0f px wider than a phone", l, over))
		}
		titles = append(titles, title)
	}
	return strings.Join(titles, ", "), s.run(chromedp.EmulateViewport(1280, 900))
}

// keyboard walks with the tabulator key alone: from the top to each tab and to the button that learns.
func (s *scene) keyboard() (string, error) {
	if err := s.eval(`document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges(); document.querySelector(".tabs a").focus()`, nil); err != nil {
		return "", err
	}
	for n := 1; n < 80; n++ {
		if err := s.run(chromedp.KeyEvent("\t")); err != nil {
			return "", err
		}
		var at string
		if err := s.eval(`document.activeElement.id || document.activeElement.hash || ""`, &at); err != nil {
			return "", err
		}
		if at == "l-begin" {
			return fmt.Sprintf("%d steps from the first tab to Learn now", n), nil
		}
	}
	return "", errors.New("the button that learns is not reached")
}

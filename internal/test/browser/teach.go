package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Steps on the tab Teach, and what comes of them.

// record makes the recordings that the page asks for, each when it asks.
func (s *scene) record() (string, error) {
	if err := s.tab("teach"); err != nil {
		return "", err
	}
	if _, err := s.until(time.Minute, "a source", `document.getElementById("l-source").value`); err != nil {
		return "", err
	}
	err := s.run(chromedp.SetValue(chromedp.CSS("#l-count"), fmt.Sprint(s.count)), chromedp.SendKeys(chromedp.CSS("#l-label"), "Doorbell"))
	if err == nil {
		err = s.click("#l-start")
	}
	if err != nil {
		return "", err
	}
	for n := 1; n <= s.count; {
		if _, err := s.until(2*time.Minute, fmt.Sprintf("it waits for recording %d", n), fmt.Sprintf(`document.getElementById("l-say").textContent.startsWith("%d / %d: now")`, n, s.count)); err != nil {
			return "", err
		}
		time.Sleep(1500 * time.Millisecond) // it wants some quiet before each
		if err := s.daemon.mic.PlaySamples(doorbell(n), rate); err != nil {
			return "", err
		}
		kept, err := s.until(2*time.Minute, fmt.Sprintf("recording %d is kept, or not", n), `(() => { const t = document.getElementById("l-say").textContent, f = document.getElementById("l-fault").textContent;
			return f ? "fault: " + f : !t.startsWith("`+fmt.Sprint(n)+` / `+fmt.Sprint(s.count)+`: now") && t; })()`)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(kept, "fault") {
			return "", errors.New(kept)
		}
		n++
	}
	if _, err := s.until(3*time.Minute, "the room is kept", `!document.getElementById("l-start").hidden`); err != nil {
		return "", err
	}
	// One take is one too many, and goes; another is heard.
	if err := s.eval(`document.querySelector('#l-takes details[data-of="doorbell"]').open = true`, nil); err != nil {
		return "", err
	}
	if s.count > 9 {
		if err := s.click(`#l-takes details[data-of="doorbell"] li:last-child button + button`); err != nil {
			return "", err
		}
	}
	if err := s.click(`#l-takes details[data-of="doorbell"] li button`); err != nil {
		return "", err
	}
	if _, err := s.until(time.Minute, "a recording that plays", `lessons.player.currentTime > 0`); err != nil {
		return "", err
	}
	if wrong, err := s.show("recorded"); err != nil || len(wrong) > 0 {
		return "", errors.Join(err, errors.New(strings.Join(wrong, "; ")))
	}
	return s.until(time.Minute, "the recordings", `document.querySelector('#l-takes details[data-of="doorbell"] summary').innerText`)
}

func (s *scene) learn() (string, error) {
	if err := s.tab("teach"); err != nil {
		return "", err
	}
	if err := s.click("#l-begin"); err != nil {
		return "", err
	}
	if _, err := s.until(time.Minute, "it learns", `document.getElementById("l-begin").hidden`); err != nil {
		return "", err
	}
	if _, err := s.until(40*time.Minute, "it has learned", `!document.getElementById("l-begin").hidden`); err != nil {
		return "", err
	}
	seen, err := s.until(time.Minute, "how it was measured", `document.getElementById("l-phase").textContent + " " + document.getElementById("l-result").innerText.replace(/\s+/g, " ")`)
	if err != nil {
		return "", err
	}
	if err := s.eval(`lessons.state.learning.phase`, &s.taught); err != nil {
		return "", err
	}
	if s.taught != "taken" {
		return "", errors.New(seen)
	}
	if wrong, err := s.show("taught"); err != nil || len(wrong) > 0 {
		return "", errors.Join(err, errors.New(strings.Join(wrong, "; ")))
	}
	return seen, nil
}

func (s *scene) named() (string, error) {
	if err := s.tab("live"); err != nil {
		return "", err
	}
	for n := range 5 {
		if err := s.daemon.mic.PlaySamples(doorbell(100+n), rate); err != nil {
			return "", err
		}
		row, err := s.until(10*time.Second, "a doorbell", `[...document.querySelectorAll("#log tr:not(.detail)")].map(r => r.innerText.replace(/\s+/g, " ")).find(t => /doorbell/i.test(t))`)
		if err == nil {
			return fmt.Sprintf("at ringing %d: %s", n+1, row), nil
		}
	}
	return "", errors.New("no doorbell in five ringings")
}

func (s *scene) rollBack() (string, error) {
	if err := s.tab("teach"); err != nil {
		return "", err
	}
	if err := s.click("#l-back"); err != nil {
		return "", err
	}
	return s.until(2*time.Minute, "the model in the program is in use", `(() => { const last = document.getElementById("l-list").lastElementChild; return last.querySelector(".tag") && last.innerText; })()`)
}

func (s *scene) again() (string, error) {
	if err := s.daemon.stop(); err != nil {
		return "", err
	}
	if err := s.daemon.start(); err != nil {
		return "", err
	}
	err := s.run(chromedp.Navigate(s.daemon.url()), chromedp.WaitVisible(chromedp.CSS("#password")),
		chromedp.SendKeys(chromedp.CSS("#password"), password+"\r"), chromedp.WaitVisible(chromedp.CSS("#live")))
	if err != nil {
		return "", err
	}
	muted, err := s.until(time.Minute, "the mute", `document.querySelector(".chip.muted")?.textContent`)
	if err != nil {
		return "", err
	}
	if err := s.tab("history"); err != nil {
		return "", err
	}
	judged, err := s.until(time.Minute, "the verdict", `[...document.querySelectorAll("#h-events tr:not(.detail)")].map(r => r.cells[2].textContent).find(t => t.includes("wrong"))`)
	if err != nil {
		return "", err
	}
	if err := s.tab("teach"); err != nil {
		return "", err
	}
	model, err := s.until(time.Minute, "the models", `document.querySelector("#l-list li")?.innerText.includes("taught-") && document.querySelector("#l-list summary").innerText`)
	return fmt.Sprintf("%s; %s; %s", judged, muted, model), err
}

package main

import (
	"time"

	"earshot/internal/audio"
)

// Steps on the tab Live: a sound, its alarm, why it was told, and what is said to it.

func (s *scene) arm() (string, error) {
	if err := s.click(`#a-modes button:nth-child(3)`); err != nil {
		return "", err
	}
	return s.until(time.Minute, "it is armed", `document.querySelector("#a-modes [aria-pressed=true]").textContent.replace("Disarmed", "")`)
}

// acknowledge ends the alarm that the first sound raised; its mute came later, and would not count.
func (s *scene) acknowledge() (string, error) {
	says, err := s.until(time.Minute, "an alarm", `document.querySelector("#alarm.sounds #a-says")?.textContent`)
	if err != nil {
		return "", err
	}
	if err := s.click("#a-acknowledge"); err != nil {
		return "", err
	}
	_, err = s.until(time.Minute, "none waits any more", `!document.querySelector("#alarm").classList.contains("sounds") && document.getElementById("a-acknowledge").hidden`)
	return says, err
}

// hear plays the recording until something of it is heard and over.
func (s *scene) hear() (string, error) {
	x, err := audio.ReadMono(s.sound, rate)
	if err != nil {
		return "", err
	}
	if err := s.daemon.mic.PlaySamples(x[:min(len(x), 30*rate)], rate); err != nil {
		return "", err
	}
	if _, err := s.until(time.Minute, "an event that is over", `[...document.querySelectorAll("#log tr:not(.detail)")].find(r => !r.querySelector("td.open"))?.textContent`); err != nil {
		return "", err
	}
	// The newest that is over gets the mark of the one that is looked at.
	s.heard, err = s.until(time.Minute, "its name", `(() => { const r = [...document.querySelectorAll("#log tr:not(.detail)")].filter(r => !r.querySelector("td.open")).at(-1); r.id = "seen"; r.nextElementSibling.id = "seenwhy"; return r.cells[2].textContent; })()`)
	return s.heard, err
}

func (s *scene) why() (string, error) {
	if err := s.click("#seen button"); err != nil {
		return "", err
	}
	return s.until(time.Minute, "threshold, picture, runners", `(() => { const d = document.getElementById("seenwhy");
		return d.querySelector(".picture canvas") && d.querySelectorAll("dt").length > 5 && d.querySelector("dl").innerText.replace(/\s+/g, " "); })()`)
}

func (s *scene) clip() (string, error) {
	return s.until(2*time.Minute, "a clip that plays", `(async () => { const a = document.querySelector("#seenwhy audio"); if (!a) return "";
		a.load(); await a.play(); await new Promise(r => setTimeout(r, 400)); a.pause(); return a.currentTime > 0 && a.duration.toFixed(1) + " s"; })()`)
}

func (s *scene) judge() (string, error) {
	if err := s.click(`#seenwhy button[data-key="wrong"]`); err != nil {
		return "", err
	}
	if _, err := s.until(time.Minute, "it is written", `document.querySelector('#seenwhy button[data-key="wrong"]').getAttribute("aria-pressed") === "true"`); err != nil {
		return "", err
	}
	// Once it stands in the history it is among the recordings that teach.
	return s.until(time.Minute, "a negative", `fetch("api/v1/teach").then(r => r.json()).then(t => t.not.length && t.not[0].label + "/" + t.not[0].takes[0].name)`)
}

func (s *scene) mute() (string, error) {
	if err := s.click(`#seenwhy button[data-key="mute"]`); err != nil {
		return "", err
	}
	return s.until(time.Minute, "a muted sensor", `document.querySelector(".chip.muted")?.textContent`)
}

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"earshot/internal/audio"

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

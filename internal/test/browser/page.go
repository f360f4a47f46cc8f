package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// page is a tab of the browser.
type page struct {
	ctx   context.Context
	close func()
	axe   string
	shots string
}

func newPage(chromium, axe, shots string) (*page, error) {
	text, err := os.ReadFile(axe)
	if err != nil {
		return nil, fmt.Errorf("%w; scripts/browser.sh fetches it", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true), chromedp.WSURLReadTimeout(2*time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	p := &page{ctx: ctx, close: func() { cancel(); stop() }, axe: string(text), shots: shots}
	_, err = chromedp.Run(ctx, chromedp.EmulateViewport(1280, 900)) // starts it: its life is that of this context
	return p, err
}

// action is one thing that a person, or the rig, does.
type action = chromedp.Action[chromedp.Void]

// patience is how long one action may take: axe looks at some hundred fields of the heat map.
const patience = 10 * time.Minute

// run carries actions out, in a time that is bounded.
func (p *page) run(actions ...action) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for _, a := range actions {
		if _, err := chromedp.Run(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// eval is the value of an expression of JavaScript, awaited; into is nil where it does not matter.
func (p *page) eval(expression string, into any) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err == nil && into != nil && len(raw) > 0 {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("%.80s: %w", expression, err)
	}
	return nil
}

// shot writes a picture of the whole page.
func (p *page) shot(name string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.shots, name+".png"), b, 0o644)
}

// scheme has the page dark or light, and still: what fades from one colour to another has too little contrast on its way.
func scheme(name string) action {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return chromedp.Void{}, err
	}
}

// until waits until an expression is something, and returns it as text.
func (p *page) until(limit time.Duration, what, expression string) (string, error) {
	var got any
	for end := time.Now().Add(limit); ; time.Sleep(150 * time.Millisecond) {
		err := p.eval(expression, &got)
		if err == nil && got != nil && got != false && got != "" && got != 0.0 {
			return fmt.Sprint(got), nil
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("never: %s (%v, %v)", what, got, err)
		}
	}
}

// click clicks what a selector names, as a person would: where it is. What is drawn anew in that moment is looked for again.
func (p *page) click(selector string) (err error) {
	for range 10 {
		err = p.run(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
		if err == nil || !strings.Contains(err.Error(), "Could not find node") {
			return err
		}
	}
	return err
}

// tab goes to a tab by its link.
func (p *page) tab(name string) error {
	if err := p.click(`.tabs a[href="#` + name + `"]`); err != nil {
		return err
	}
	_, err := p.until(time.Minute, "the tab "+name, `!document.getElementById("`+name+`").hidden`)
	return err
}

// look has axe-core look at the page as it stands: what it finds wrong.
func (p *page) look() ([]string, error) {
	var there bool
	if err := p.eval(`typeof axe === "object"`, &there); err != nil {
		return nil, err
	}
	if !there {
		if err := p.eval(p.axe+";true", nil); err != nil {
			return nil, err
		}
	}
	var found []struct {
		ID    string
		Help  string
		Nodes []struct{ Target []any }
	}
	if err := p.eval(`axe.run(document, {resultTypes: ["violations"], iframes: false}).then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => ({target: n.target}))})))`, &found); err != nil {
		return nil, err
	}
	var wrong []string
	for _, f := range found {
		wrong = append(wrong, fmt.Sprintf("%s (%s) at %v", f.ID, f.Help, f.Nodes[0].Target))
	}
	return wrong, nil
}

// screens are how the page is looked at.
var screens = []struct {
	name          string
	width, height int64
	scheme        string
}{
	{"desktop-dark", 1280, 900, "dark"}, {"desktop-light", 1280, 900, "light"}, {"phone-dark", 390, 844, "dark"}, {"phone-light", 390, 844, "light"},
}

// show draws the page on every screen, has axe look at it on each, and tells what is wrong, what is wider than the screen too.
func (p *page) show(name string) (wrong []string, err error) {
	for _, s := range screens {
		var over float64
		err := p.run(scheme(s.scheme), chromedp.EmulateViewport(s.width, s.height))
		if err == nil {
			time.Sleep(700 * time.Millisecond) // until colours have changed
			err = p.shot(name + "-" + s.name)
		}
		if err == nil {
			err = p.eval(`document.documentElement.scrollWidth - innerWidth`, &over)
		}
		if err != nil {
			return nil, err
		}
		found, err := p.look()
		if err != nil {
			return nil, err
		}
		if over > 0 {
			found = append(found, fmt.Sprintf("%.0f px wider than the screen", over))
		}
		for _, f := range found {
			wrong = append(wrong, name+" "+s.name+": "+f)
		}
	}
	return wrong, p.run(chromedp.EmulateViewport(1280, 900))
}

// Command engines lets real inference servers score for earshot and prints what came of it.
//
//	make engines
//
// All is real: NVIDIA Triton and MLServer, as scripts/engines.sh installed them, each serving what "earshot model
// --export-triton" wrote; and the program as it is built, which listens to 32 microphones, for each of which the bundled
// recording plays. It takes some minutes. The tables come on standard output, what happens meanwhile on standard error. The
// exit code is 1 when a promise was not kept.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/test/rig"
)

func main() { rig.Main("engines", run) }

func run() (err error) {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	root := flag.String("root", "build/engines", "the folder that scripts/engines.sh filled")
	only := flag.String("only", "", "regular expression: only the steps whose name it matches")
	esc := flag.String("esc", "", "a folder of clips, on which 16-bit windows are held against 32-bit ones")
	hop := flag.Int("hop", 64, "frames from window to window of each microphone; 128 asks half the work of the machine")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := rig.There("engines", program, root); err != nil {
		return err
	}
	s, err := newScene(*program, *root, *esc)
	if err != nil {
		return err
	}
	s.hop = *hop
	defer s.close()
	fmt.Print(rig.Header)
	broken := rig.Rows(s, &s.Promises, steps, chosen)
	if len(s.speeds) > 0 {
		fmt.Print("\n| who computes | clients | windows a request | windows/s | median, ms | 99 %, ms |\n|---|---|---|---|---|---|\n")
		for _, v := range s.speeds {
			fmt.Printf("| %s | %d | %d | %.0f | %.1f | %.1f |\n", v.who, v.clients, v.batch, v.rate, millis(v.median), millis(v.p99))
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d promises were not kept; the program's last lines:\n%s", broken, tail(s.log.String()))
	}
	return nil
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

// tail is the end of a log.
func tail(text string) string { return text[max(0, len(text)-3000):] }

// newScene prepares what all steps use: the model and windows of the recording.
func newScene(program, root, esc string) (s *scene, err error) {
	s = &scene{program: program, root: root, esc: esc}
	if s.dir, err = os.MkdirTemp("", "engines"); err != nil {
		return nil, err
	}
	if s.model, err = infer.ParseModel(builtin.Title, builtin.Default()); err != nil {
		return nil, err
	}
	if err := infer.Init(""); err != nil {
		return nil, err
	}
	if s.local, err = infer.NewSession(s.model, infer.Options{Provider: "cpu", MaxBatch: batch}); err != nil {
		return nil, err
	}
	s.windows, err = windowsOf(s.model, recording, 16)
	return s, err
}

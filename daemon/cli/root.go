// Package cli is the command line: it reads flags, calls the rest of the daemon and turns errors into exit codes.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"earshot/daemon/cli/learn"
	"earshot/daemon/config"
	"earshot/daemon/halfhour"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Main runs the command line and returns the exit code. shipped is the text of config.yaml.
func Main(args []string, shipped []byte) int {
	return execute(args, shipped, os.Stdin, os.Stdout, os.Stderr)
}

// execute is Main with its streams named, so that tests can read them.
func execute(args []string, shipped []byte, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCmd(shipped)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := stoppable(root, stderr, os.Exit)
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	var issues config.Errors
	switch {
	case errors.Is(err, errSilent):
	case errors.As(err, &issues) && len(issues) > 1:
		fmt.Fprintf(stderr, "earshot: %d mistakes in the configuration:\n%s\n", len(issues), issues)
	default:
		fmt.Fprintf(stderr, "earshot: %v\n", err)
	}
	if code == exitUsage {
		fmt.Fprintf(stderr, "Try \"%s --help\".\n", command.CommandPath())
	}
	return code
}

func newRootCmd(shipped []byte) *cobra.Command {
	root := &cobra.Command{
		Use:   "earshot",
		Short: "Names the sounds in your house and tells it over MQTT",
		Long: `earshot listens to microphones, recognises everyday sounds (dog, glass breaking,
siren, crying baby, …) with a neural network on this machine, and publishes them
over MQTT, where Home Assistant finds them by itself. No sound leaves the machine,
and none is written to disk unless you switch clips on.`,
		Example: `  earshot run                          listen to the default microphone
  earshot run --file recording.flac    or play a recording through the same path
  earshot classify sounds/             name what is in some files
  earshot devices                      which microphones are there
  earshot check-config                 is the configuration right`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.AddGroup(
		&cobra.Group{ID: "listen", Title: "Listening:"},
		&cobra.Group{ID: "files", Title: "Looking at sound files:"},
		&cobra.Group{ID: "setup", Title: "Setting up:"},
		&cobra.Group{ID: "learn", Title: "Learning:"},
	)
	root.SetHelpCommandGroupID("setup")
	root.SetCompletionCommandGroupID("setup")
	root.SetFlagErrorFunc(badFlag)
	b := buildInfo()
	root.Version = b.Version + bracket(b.Commit)
	root.SetVersionTemplate("earshot {{.Version}}\n")
	// One line each: the helpers that own a command add theirs here.
	root.AddCommand(
		inGroup("listen", newRunCmd()),
		inGroup("listen", newHistoryCmd()),
		inGroup("listen", newTuneCmd()),
		inGroup("listen", newFeedbackCmd()),
		inGroup("files", newClassifyCmd()),
		inGroup("files", newFeaturesCmd()),
		inGroup("learn", newRecordCmd()),
		inGroup("setup", newDevicesCmd()),
		inGroup("setup", newCheckConfigCmd(shipped)),
		inGroup("setup", newPrivacyCmd()),
		inGroup("setup", newFleetCmd()),
		inGroup("setup", newForgetCmd()),
		inGroup("setup", newRuntimeCmd()),
		inGroup("setup", newBenchCmd()),
		inGroup("setup", newVersionCmd()),
	)
	root.AddCommand(helpTopics()...)
	for _, c := range learning().Commands() {
		root.AddCommand(inGroup("learn", c))
	}
	setUsage(root)
	return root
}

// learning is what the commands of package learn need of this one.
func learning() learn.Shell {
	b := buildInfo()
	code := func(code int) func(error) error { return func(err error) error { return fail(code, err) } }
	return learn.Shell{Usage: usage, BadModel: code(exitModel), BadConfig: code(exitConfig), BadSound: code(exitAudio), Failed: classifyError,
		NoArgs: noArgs, Model: loadModel, SoundFiles: soundFiles, PrintJSON: printJSON, HalfHour: halfhour.Put, Build: b.Version + " " + b.Commit}
}

func inGroup(id string, c *cobra.Command) *cobra.Command {
	c.GroupID = id
	return c
}

// setUsage adds the exit codes to the help of the root command.
func setUsage(root *cobra.Command) {
	template := root.HelpTemplate()
	root.SetHelpTemplate(template + `{{if not .HasParent}}
Exit codes:
` + exitCodeHelp() + `{{end}}`)
}

// wanted are what flags take, by their type.
var wanted = map[string]string{
	"int": "a whole number", "uint": "a whole number from 0", "uint64": "a whole number from 0", "intSlice": "whole numbers with commas between",
	"float64": "a number", "duration": "a duration with its unit, such as 500ms or 5s", "bool": "true or false",
}

// badFlag helps with a flag that there is not, and with a value that is none.
func badFlag(c *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		if want := wanted[value.GetFlag().Value.Type()]; want != "" {
			err = fmt.Errorf("--%s %q: want %s", value.GetFlag().Name, value.GetValue(), want)
		}
		return usage(err)
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return usage(err)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	near := config.Nearest(unknown.GetSpecifiedName(), names)
	if near != "" {
		near = "--" + near
	}
	return usage(fmt.Errorf("%w%s", err, config.DidYouMean(near)))
}

// noArgs is cobra.NoArgs with a word on what was meant.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		var names []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				names = append(names, sub.Name())
			}
		}
		return usage(fmt.Errorf("unknown command %q; there is %s%s", args[0], strings.Join(names, ", "), config.DidYouMean(config.Nearest(args[0], names))))
	}
	return usage(fmt.Errorf("%s takes no arguments; found %q", c.CommandPath(), args[0]))
}

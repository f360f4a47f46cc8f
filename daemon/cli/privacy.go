package cli

import (
	"cmp"
	"os"

	"earshot/daemon/config"
	"earshot/daemon/privacy"

	"github.com/spf13/cobra"
)

func newPrivacyCmd() *cobra.Command {
	var set settings
	var asJSON bool
	c := &cobra.Command{
		Use:   "privacy",
		Short: "Show why no sound is kept and none leaves this machine",
		Long: `Gathers evidence from three places: the configuration, the sandbox of the systemd
service, and every running daemon: the configuration that it was started with, and what
it has open at this moment (run it as root to look into the service). The exit code is 1 when something contradicts the promise,
such as clips being switched on.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := set.load(c)
			if err != nil {
				return err
			}
			sections := []privacy.Section{privacy.Configuration(f), privacy.Unit()}
			for _, pid := range privacy.Processes() {
				running, err := daemonConfig(pid)
				sections = append(sections, privacy.Daemon(pid, running, err), privacy.Process(pid))
			}
			if asJSON {
				if err := printJSON(c.OutOrStdout(), sections); err != nil {
					return err
				}
			} else {
				privacy.Print(c.OutOrStdout(), sections)
			}
			if !privacy.Holds(sections) {
				return fail(exitFailure, errSilent)
			}
			return nil
		},
	}
	set.addTo(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// daemonConfig is the configuration that a running daemon reads, by its own command line, environment and folder.
func daemonConfig(pid int) (*config.File, error) {
	s, err := privacy.StartedAs(pid)
	if err != nil {
		return nil, err
	}
	var flags runFlags
	c := runCmd(&flags)
	if err := c.ParseFlags(s.Args); err != nil {
		return nil, err
	}
	overrides, err := flags.overrides(c)
	if err != nil {
		return nil, err
	}
	more, err := flags.sources(c)
	if err != nil {
		return nil, err
	}
	path := cmp.Or(flags.path, s.Config)
	if _, err := os.Stat(s.Path(config.SystemPath)); path == "" && err == nil {
		path = config.SystemPath
	}
	if path != "" {
		path = s.Path(path)
	}
	f, err := config.Load(path, append(overrides, more...))
	if err != nil {
		return nil, err
	}
	f.Origin = s.Shown(f.Origin)
	return f, nil
}

package cli

import (
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
service, and what a running daemon has open at this moment (run it as root to look
into the service). The exit code is 1 when something contradicts the promise,
such as clips being switched on.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := set.load(c)
			if err != nil {
				return err
			}
			sections := []privacy.Section{privacy.Configuration(f), privacy.Unit()}
			for _, pid := range privacy.Processes() {
				sections = append(sections, privacy.Process(pid))
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

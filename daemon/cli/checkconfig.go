package cli

import (
	"fmt"

	"earshot/daemon/config"

	"github.com/spf13/cobra"
)

func newCheckConfigCmd(shipped []byte) *cobra.Command {
	var path string
	var defaults bool
	c := &cobra.Command{
		Use:   "check-config",
		Short: "Check the configuration and list every mistake with its line",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if defaults {
				_, err := c.OutOrStdout().Write(shipped)
				return err
			}
			f, err := config.Load(config.Find(path), nil)
			if err != nil {
				return fail(exitConfig, err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: all right\n", f.Origin)
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file (default $EARSHOT_CONFIG, "+config.SystemPath+", else built-in settings)")
	c.Flags().BoolVar(&defaults, "defaults", false, "print the commented default configuration and stop")
	return c
}

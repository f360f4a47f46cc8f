package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"earshot/daemon/mqtt"
	"earshot/internal/logging"

	"github.com/spf13/cobra"
)

// forgetTime bounds how long a broker may take over it.
const forgetTime = time.Minute

func newForgetCmd() *cobra.Command {
	var set settings
	c := &cobra.Command{
		Use:   "forget",
		Short: "Take this node off the broker and out of Home Assistant",
		Long: `Clears every retained message that this node left on the configured broker: its
sensors vanish from Home Assistant, then its topics. The node's earshot must be
stopped, or it would put all of it back. Removing the Debian package does this
by itself.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := set.load(c)
			if err != nil {
				return err
			}
			if f.Config.MQTT.Broker == "" {
				return fail(exitConfig, errors.New("mqtt.broker is not set: the embedded broker keeps nothing when it ends"))
			}
			ctx, cancel := context.WithTimeout(c.Context(), forgetTime)
			defer cancel()
			topics, err := mqtt.Forget(ctx, mqtt.Setup{File: f, Log: logging.New(logging.Config{Level: "error", Out: io.Discard})})
			if err != nil {
				return classifyError(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d topics taken off the broker\n", len(topics))
			return nil
		},
	}
	set.addTo(c)
	return c
}

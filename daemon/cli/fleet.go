package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"earshot/daemon/mqtt"
	"earshot/internal/logging"
	"earshot/publish"

	"github.com/spf13/cobra"
)

// fleetTime bounds how long a broker may take to answer.
const fleetTime = 30 * time.Second

func newFleetCmd() *cobra.Command {
	var set settings
	var watch, asJSON bool
	c := &cobra.Command{
		Use:   "fleet",
		Short: "Show the nodes on the broker",
		Long: `Lists every earshot that has told the configured broker of itself: host, version and
model, since when it runs, its sources and what is wrong with them. Nodes below
mqtt.topic are found, also with a site between: earshot/<site>/<id>. What comes out of
diagnostics (provider, latency, dropped windows, last seen) is sent once a minute,
so only --watch shows it: it goes on, and prints anew whenever something changes. A node
is cut off when the bridge of its site is down (docs/fleet.md): what is known of it is old.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := set.load(c)
			if err != nil {
				return err
			}
			if f.Config.MQTT.Broker == "" {
				return fail(exitConfig, errors.New("mqtt.broker is not set: the embedded broker has this node alone"))
			}
			ctx := c.Context()
			if !watch {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, fleetTime)
				defer cancel()
			}
			var broken error
			err = mqtt.Fleet(ctx, mqtt.Setup{File: f, Log: logging.New(logging.Config{Level: "warn", Out: c.ErrOrStderr()})}, func(nodes []publish.Node, _ publish.Say) bool {
				if asJSON {
					broken = printJSON(c.OutOrStdout(), nodes)
				} else {
					printFleet(c.OutOrStdout(), nodes, time.Now())
				}
				return watch && broken == nil
			})
			return errors.Join(broken, classifyError(err))
		},
	}
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on until it is stopped")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	set.addTo(c)
	c.AddCommand(newFleetPushCmd())
	return c
}

// printFleet prints a line for each node. What others put on the broker is quoted where it is not plain.
func printFleet(w io.Writer, nodes []publish.Node, now time.Time) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "NODE\tSTATE\tHOST\tVERSION\tMODEL\tSINCE\tSOURCES\tPROVIDER\tLATENCY\tDROPPED\tSEEN\tPUSH")
	online := 0
	for _, n := range nodes {
		state := "offline"
		switch {
		case n.CutOff:
			state = "cut off"
		case n.Online:
			state = "online"
			online++
		}
		provider, latency, dropped, seen := "", "", "", ""
		if !n.LastSeen.IsZero() {
			provider, latency, dropped = plain(n.Provider), fmt.Sprintf("%.1f ms", n.LatencyMS), fmt.Sprint(n.Dropped)
			seen = now.Sub(n.LastSeen).Round(time.Second).String() + " ago"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", plain(n.Topic), state, plain(n.Host), plain(n.Version), plain(n.Model), plain(n.Since),
			sourcesOf(n), provider, latency, dropped, seen, pushOf(n.Push))
	}
	_ = tw.Flush()
	fmt.Fprintf(w, "%d nodes, %d online\n", len(nodes), online)
}

// sourcesOf says how many of a node's sources give sound, and what is wrong with which.
func sourcesOf(n publish.Node) string {
	online := 0
	var wrong []string
	for _, s := range n.Sources {
		if s.Online {
			online++
		}
		if s.Problem != "" {
			wrong = append(wrong, plain(s.Name)+": "+plain(s.Problem))
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d of %d %s", online, len(n.Sources), strings.Join(wrong, ", ")))
}

// pushOf says what became of what was pushed.
func pushOf(p publish.PushReport) string {
	if p.State == "" {
		return ""
	}
	s := plain(p.Name) + ": " + plain(p.State)
	if p.Why != "" {
		s += ": " + plain(p.Why)
	}
	return s
}

// plain is text as it is if it can be printed in a table, else quoted.
func plain(s string) string {
	if quoted := fmt.Sprintf("%q", s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}

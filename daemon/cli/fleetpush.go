package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/daemon/fleet"
	"earshot/daemon/mqtt"
	"earshot/internal/logging"
	"earshot/internal/readfile"
	"earshot/publish"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxPushed bounds the file that is read; a node takes less of an overlay.
const maxPushed = 64 << 20

// pushFlags are the flags of "earshot fleet push".
type pushFlags struct {
	settings
	to, key, name, url string
	canary             int
	soak, life, limit  time.Duration
	counter            uint64
}

func newFleetPushCmd() *cobra.Command {
	var flags pushFlags
	c := &cobra.Command{
		Use:   "push FILE",
		Short: "Push a model or an overlay to nodes",
		Long: `Signs FILE (a model, .onnx, or an overlay of the configuration, .yaml) with your ssh key
and sends it to nodes whose fleet.owner_key is that key; nodes without one take nothing.
A node measures a model against the contract, its labels and the clips that it keeps, takes
the file by a reload, watches itself for --soak, and goes back by itself when it is not
well. With --canary so many nodes go first, and the others follow only when those kept it.
It waits until every node has told what became of it; nodes that are offline are left out.
The file goes over MQTT, in parts that are taken off the broker afterwards, or by --url.
An empty overlay takes back what one of that name said.`,
		Example: `  earshot fleet push dogs.onnx --to 'north/*' --canary 2 --soak 1h
  earshot fleet push quiet-nights.yaml --to '*/*'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("fleet push takes one FILE, a model or an overlay; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return pushToFleet(c, &flags, args[0]) },
	}
	flags.addTo(c)
	f := c.Flags()
	f.StringVar(&flags.to, "to", "", "pattern of nodes below mqtt.topic, such as 'north/*' or 7f3a9c")
	f.StringVar(&flags.key, "key", "", "your private key, ed25519 (default ~/.ssh/id_ed25519)")
	f.StringVar(&flags.name, "name", "", "what it is called on the nodes (default: the file's name)")
	f.StringVar(&flags.url, "url", "", "where the nodes fetch the very file, instead of over MQTT")
	f.IntVar(&flags.canary, "canary", 0, "so many nodes take it first (0: all at once)")
	f.DurationVar(&flags.soak, "soak", 10*time.Minute, "how long a node must be well with it")
	f.DurationVar(&flags.life, "expires", 7*24*time.Hour, "how long the signature is good for")
	f.DurationVar(&flags.limit, "timeout", 2*time.Hour, "when to give up waiting for the nodes")
	f.Uint64Var(&flags.counter, "counter", 0, "number of this push, above that of any before (default: seconds since 1970)")
	return c
}

func pushToFleet(c *cobra.Command, flags *pushFlags, path string) error {
	p := fleet.Push{Name: flags.name, URL: flags.url, To: flags.to, Canary: flags.canary, Soak: flags.soak, Life: flags.life, Counter: flags.counter, Now: time.Now(),
		Print: func(format string, a ...any) { fmt.Fprintf(c.OutOrStdout(), format+"\n", a...) }}
	switch ext := filepath.Ext(path); ext {
	case ".onnx":
		p.Kind = fleet.Model
	case ".yaml":
		p.Kind = fleet.Overlay
	default:
		return usage(fmt.Errorf("%q: want a model, .onnx, or an overlay, .yaml", path))
	}
	switch {
	case flags.to == "":
		return usage(errors.New("--to is missing: which nodes? '*' are all without a site, '*/*' all of all sites"))
	case flags.canary < 0 || flags.soak < 0:
		return usage(errors.New("--canary and --soak: want 0 or more"))
	}
	p.Name = cmp.Or(p.Name, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	f, err := flags.load(c)
	if err != nil {
		return err
	}
	if f.Config.MQTT.Broker == "" {
		return fail(exitConfig, errors.New("mqtt.broker is not set: the embedded broker has this node alone"))
	}
	p.Base = f.Config.MQTT.Topic
	if p.File, err = readfile.Bytes(path, maxPushed); err != nil {
		return fail(exitFailure, err)
	}
	if p.Signer, err = ownerKey(c, flags.key); err != nil {
		return fail(exitFailure, err)
	}
	ctx, cancel := context.WithTimeout(c.Context(), flags.limit)
	defer cancel()
	fmt.Fprintf(c.OutOrStdout(), "signed by %s\n", p.Signer.Owner())
	return classifyError(p.Run(ctx, func(ctx context.Context, told func([]publish.Node, publish.Say) bool) error {
		return mqtt.Fleet(ctx, mqtt.Setup{File: f, Log: logging.New(logging.Config{Level: "warn", Out: c.ErrOrStderr()})}, told)
	}))
}

// ownerKey reads the private key; its passphrase is asked for at the terminal.
func ownerKey(c *cobra.Command, path string) (fleet.Signer, error) {
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return fleet.Signer{}, err
		}
		path = filepath.Join(home, ".ssh", "id_ed25519")
	}
	return fleet.ReadSigner(path, func() ([]byte, error) {
		fd := int(os.Stdin.Fd())
		if !term.IsTerminal(fd) {
			return nil, errors.New("it has a passphrase, and there is no terminal to ask for it")
		}
		fmt.Fprintf(c.ErrOrStderr(), "passphrase of %s: ", path)
		defer fmt.Fprintln(c.ErrOrStderr())
		return term.ReadPassword(fd)
	})
}

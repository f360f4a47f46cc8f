package publish

import (
	"context"
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Probe connects once as [Publisher.Run] would, under a client id of its own, and
// disconnects. It says nothing to anybody: the will is withdrawn by the clean end.
// The error is why the broker cannot be reached or does not let us in.
func Probe(ctx context.Context, c Config) error {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	password := c.Password
	c.Password = ""
	c.NodeID += "_probe"
	l, err := dial(ctx, &c, func() string { return password }, c.Topic+"/"+c.NodeID+"/availability", func(mqtt.Message) {})
	if err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	l.client.Disconnect(100)
	return nil
}

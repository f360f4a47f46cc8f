// Command earshot listens to microphones, names the sounds it hears and tells the house over MQTT.
package main

import (
	_ "embed"
	"os"

	"earshot/daemon/cli"
)

// shipped is the commented configuration; a test holds it equal to the code's defaults.
//
//go:embed config.yaml
var shipped []byte

func main() { os.Exit(cli.Main(os.Args[1:], shipped)) }

package privacy

import (
	"fmt"
	"net"
	"net/url"

	"earshot/daemon/config"
	"earshot/daemon/recordings"
	"earshot/infer/remote"
)

// Configuration is what the settings mean for sound.
func Configuration(f *config.File) Section {
	c := f.Config
	s := Section{Title: "Configuration (" + f.Origin + ")"}
	if c.Clips.Enabled {
		s.add(Bad, "clips are on: the sound around events is written to disk, at most %s, for %s", c.Clips.MaxSize, c.Clips.MaxAge)
	} else {
		s.add(Good, "clips are off, so the part of the program that writes the sound around events is never made")
	}
	if kept, err := recordings.Of(&c); err == nil {
		if all, err := kept.List(); err == nil && all.Bytes > 0 {
			s.add(Bad, "what was recorded on the page, and clips that were judged, are kept to be learned from in %s until somebody deletes them: %d MB", kept.Dir, (all.Bytes+999_999)/1_000_000)
		}
	}
	s.add(Good, "sound is held in memory only: %s of ring for each source, and a window of 1.5 s", c.Windows.Ring)
	if h := c.History; h.Enabled {
		s.add(Good, "history keeps events, scores and levels for %s in the state folder, at most %s: numbers and names, from which no sound can be made", h.Keep, h.MaxSize)
	}
	if c.MQTT.Image {
		s.add(Bad, "mqtt.image is on: a picture of each source's last sound goes to the broker, the spectrogram of five seconds, from which speech can be made out with effort; it is not kept there")
	} else {
		s.add(Good, "over MQTT go labels, scores, times and levels; no message has room for sound")
	}
	switch {
	case c.MQTT.Broker == "":
		s.add(Good, "the broker is inside the daemon and listens on %s only", c.MQTT.Embedded)
	default:
		host := c.MQTT.Broker
		if u, err := url.Parse(c.MQTT.Broker); err == nil {
			host = u.Host
		}
		s.add(Fact, "what is heard goes to the MQTT broker, %s", host)
	}
	if r := c.Inference.Remote; r.URL != "" {
		host := "an inference server"
		if a, err := remote.ParseAddress(r.URL); err == nil {
			host = a.String()
		}
		s.add(Bad, "the windows of all sources (spectra of 128 bands, from which speech can be made out with effort) go to the inference server, %s", host)
	}
	for _, n := range c.Notify {
		host := "the address in " + n.URLFile
		if u, err := url.Parse(n.URL); err == nil && n.URL != "" {
			host = u.Host
		}
		s.add(Fact, "%s (%s) is told which sound was heard, when and how surely; no message has room for sound", host, n.Kind)
	}
	s.page(c.Web)
	for _, source := range c.Sources {
		if source.Kind == config.KindCommand {
			s.add(Fact, "source %s runs the program %s: what that does with the sound it has is its own affair", source.Name, source.Command[0])
		}
	}
	return s
}

func (s *Section) page(w config.Web) {
	host, _, err := net.SplitHostPort(w.Listen)
	ip := net.ParseIP(host)
	switch {
	case w.Listen == "" || err != nil:
		s.add(Good, "there is no web page")
	case host == "localhost" || ip != nil && ip.IsLoopback():
		s.add(Good, "the page shows a spectrogram and labels, to this machine only (%s)", w.Listen)
	case w.PasswordFile == "":
		s.add(Fact, "the page is open to the network (%s) and shows labels; neither a spectrogram nor clips without a password, and no password is configured (systemd may hand one over, web_password)", w.Listen)
	default:
		s.add(Bad, "the page is open to the network (%s): whoever has its password sees a spectrogram, from which speech can be made out with effort", w.Listen)
	}
}

// Daemon is what the configuration of a running daemon means for sound; f is nil where err says why it cannot be read.
func Daemon(pid int, f *config.File, err error) Section {
	title := fmt.Sprintf("Configuration of process %d", pid)
	if err != nil {
		s := Section{Title: title}
		s.add(Open, "cannot be read, so whether this daemon writes clips is not known: %v (run this as its user or as root)", err)
		return s
	}
	s := Configuration(f)
	s.Title = title + " (" + f.Origin + ")"
	s.add(Fact, "this is the file as it stands now: what was changed since the daemon last read it takes effect with its next reload")
	return s
}

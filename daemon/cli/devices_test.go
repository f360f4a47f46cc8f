package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"earshot/daemon/capture"
	"earshot/daemon/health"
)

func TestListDevices(t *testing.T) {
	devices := []capture.Device{
		{Name: "USB Mic: Audio (hw:1,0)", HostAPI: "ALSA", Channels: 1, Rate: 48000, Port: "usb-0000:00:14.0-1.2", Card: "Mic"},
		{Name: "default", HostAPI: "ALSA", Channels: 32, Rate: 44100, Default: true},
	}
	inputs := func() ([]capture.Device, error) { return devices, nil }
	var table, text strings.Builder
	if err := listDevices(&table, false, inputs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"   USB Mic: Audio (hw:1,0)", " * default", "48000 Hz  ALSA      usb-0000:00:14.0-1.2\n", "44100 Hz  ALSA\n"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	if err := listDevices(&text, true, inputs); err != nil {
		t.Fatal(err)
	}
	var list []deviceJSON
	if err := json.Unmarshal([]byte(text.String()), &list); err != nil || len(list) != 2 || list[1].Name != "default" || !list[1].Default || list[0].Identity != "usb-0000:00:14.0-1.2" || list[0].Card != "Mic" {
		t.Errorf("JSON %s: %v", &text, err)
	}
}

func TestListNoDevices(t *testing.T) {
	var e *exitError
	err := listDevices(new(strings.Builder), false, func() ([]capture.Device, error) { return nil, nil })
	if !errors.As(err, &e) || e.code != exitAudio || !strings.Contains(err.Error(), "group audio") {
		t.Errorf("no devices: %v", err)
	}
	var text strings.Builder
	if err := listDevices(&text, true, func() ([]capture.Device, error) { return nil, nil }); err != nil || strings.TrimSpace(text.String()) != "[]" {
		t.Errorf("no devices as JSON: %q, %v", &text, err)
	}
	err = listDevices(new(strings.Builder), false, func() ([]capture.Device, error) { return nil, capture.ErrHung })
	if !errors.As(err, &e) || e.code != exitHang {
		t.Errorf("a hang: %v", err)
	}
}

func TestShowLevel(t *testing.T) {
	var b strings.Builder
	showLevel(&b, health.Report{LevelDBFS: -40, PeakDBFS: -20, Problem: health.Clipped, Detail: "turn the gain down"})
	want := "  -40.0 dBFS  peak  -20.0  " + strings.Repeat("█", 20) + strings.Repeat("▒", 10) + strings.Repeat("·", 10) + "  clipped: turn the gain down\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

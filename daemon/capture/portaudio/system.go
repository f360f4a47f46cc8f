package portaudio

import (
	"errors"
	"time"

	"earshot/daemon/capture"

	"github.com/gordonklaus/portaudio"
)

// system is the part of PortAudio that is used, so that tests can stand in for
// hardware that this machine has not got. Calls are never concurrent.
type system interface {
	Initialize() error
	Terminate() error
	Inputs() ([]capture.Device, error)
	// Supports says whether d can be opened with these channels at rate, Hz.
	Supports(d capture.Device, channels, rate int) error
	// Refused says whether err means that the device cannot do this rate or width.
	Refused(err error) bool
	// Open plans a stream that calls back from an audio thread with interleaved
	// samples, borrowed during the call.
	Open(d capture.Device, channels, rate int, latency time.Duration, call callback) (stream, error)
}

// callback takes interleaved samples; overflow says that PortAudio lost some before.
type callback func(in []float32, overflow bool)

type stream interface {
	Start() error
	Abort() error
	Close() error
}

// portAudio is the real system.
type portAudio struct{}

func (portAudio) Initialize() error {
	err := portaudio.Initialize()
	if err == nil {
		useUpSmallNumbers()
	}
	return err
}

func (portAudio) Terminate() error { return portaudio.Terminate() }

func (portAudio) Inputs() ([]capture.Device, error) {
	infos, err := portaudio.Devices()
	if err != nil {
		return nil, err
	}
	standard, _ := portaudio.DefaultInputDevice() // none: nil
	var inputs []capture.Device
	for _, d := range infos {
		if d.MaxInputChannels < 1 {
			continue
		}
		api := ""
		if d.HostApi != nil {
			api = d.HostApi.Name
		}
		input := capture.Device{
			Index: d.Index, Name: d.Name, HostAPI: api,
			Channels: d.MaxInputChannels, Rate: d.DefaultSampleRate,
			Default: standard != nil && standard.Index == d.Index,
		}
		identify(sysfs, &input)
		inputs = append(inputs, input)
	}
	return inputs, nil
}

func parameters(d capture.Device, channels, rate int, latency time.Duration) portaudio.StreamParameters {
	return portaudio.StreamParameters{
		Input: portaudio.StreamDeviceParameters{
			Device:   &portaudio.DeviceInfo{Index: d.Index, MaxInputChannels: d.Channels},
			Channels: channels,
			Latency:  latency,
		},
		SampleRate:      float64(rate),
		FramesPerBuffer: portaudio.FramesPerBufferUnspecified,
	}
}

func (portAudio) Supports(d capture.Device, channels, rate int) error {
	return portaudio.IsFormatSupported(parameters(d, channels, rate, 0), func([]float32) {})
}

func (portAudio) Refused(err error) bool {
	for _, e := range []error{portaudio.InvalidSampleRate, portaudio.InvalidChannelCount, portaudio.SampleFormatNotSupported, portaudio.BadIODeviceCombination} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (portAudio) Open(d capture.Device, channels, rate int, latency time.Duration, call callback) (stream, error) {
	s, err := portaudio.OpenStream(parameters(d, channels, rate, latency),
		func(in []float32, _ portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
			call(in, flags&portaudio.InputOverflow != 0)
		})
	if err != nil {
		return nil, err // not s: a nil *Stream in an interface is not nil
	}
	return s, nil
}

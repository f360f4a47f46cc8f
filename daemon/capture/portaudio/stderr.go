package portaudio

// #include <stdio.h>
//
// static int mute_c_stderr(void) {
//   FILE *null = fopen("/dev/null", "we");
//   if (null == NULL) return -1;
//   stderr = null; // glibc documents stderr as a variable that may be set
//   return 0;
// }
import "C"

import (
	"os"
	"sync"
)

// noisyEnv, set to anything, lets the sound libraries write to standard error.
const noisyEnv = "EARSHOT_AUDIO_NOISE"

var muteOnce sync.Once

// muteLibraries keeps what ALSA, JACK and PortAudio write to standard error out
// of the log, for the life of the process: a hundred lines while they look for
// devices, some more, from the audio thread, whenever a device goes away. Only C
// code is muted: its stderr is not the file descriptor 2 that Go writes its logs
// and its crashes to. (Duplicating descriptor 2 around the calls would mute
// those too, and miss the audio thread.)
func muteLibraries() {
	muteOnce.Do(func() {
		if os.Getenv(noisyEnv) == "" {
			C.mute_c_stderr() // failing, it leaves the noise: no harm
		}
	})
}

#!/bin/sh
# teach-demo.sh: teaches a model sounds that it does not know, from ten recordings each that this machine makes itself in
# one and the same noisy room, as a person would, and says what came of it, by the daemon's own path: how many of other
# recordings are heard at 0 to 20 dB over noise, how long the labels are ON in an hour of quiet noise, how often on speech and
# music, how well the old labels are still named, and the time.
#
#   scripts/teach-demo.sh
#   REAL=tabla NONE="speech music" ESC=esc50 scripts/teach-demo.sh
#
# Settings (environment):
#   EARSHOT   the program                                   build/bin/earshot
#   MODEL     the model to start from                       builtin
#   REAL      folder of recordings of one real sound, a third label named as the folder   none
#   NONE      folders of speech and music that hold none of the labels, beside the half hour in the program   none
#   ESC       ESC's folder, to measure the old labels on its fold TEST    none
#   TEST      a fold that MODEL did not learn from           4
#   LEARN, HELD   recordings a label to learn from and to hold out   10 and 20
#   MINUTES   of quiet noise                                 60
#   WORK      where everything goes, kept                    a new folder in /tmp
#   CACHE     computed features                              $WORK/cache
#   ARGS      more flags for `earshot train`, such as --as-recorded
set -eu
EARSHOT=${EARSHOT:-build/bin/earshot} MODEL=${MODEL:-builtin} REAL=${REAL:-} NONE=${NONE:-} ESC=${ESC:-} TEST=${TEST:-4}
LEARN=${LEARN:-10} HELD=${HELD:-20} MINUTES=${MINUTES:-60} ARGS=${ARGS:-}
WORK=${WORK:-$(mktemp -d)}
CACHE=${CACHE:-$WORK/cache}
for tool in espeak-ng sox jq; do
	command -v "$tool" >/dev/null || { echo "teach-demo: needs $tool (apt-get install espeak-ng sox jq)" >&2; exit 2; }
done
mkdir -p "$WORK"

# A small random generator of our own: the same recordings on every machine.
seed=20
random() { # random FROM TO: an integer, both included, in R
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	R=$(($1 + (seed / 65536) % ($2 - $1 + 1)))
}

# room IN OUT PART: a dry sound as somebody records it at home: reverb, two seconds of the room before and after, and one and the same noise
# in all of it, 15 to 30 dB below the sound. Without room and noise where PART is held: mix gives it another.
room() {
	random 5 50; reverb=$R
	random 15 30; level=$((R - 55))
	random 10 25; before=$((R / 10)).$((R % 10))
	sox -V1 -q -R "$1" -r 44100 -c 1 "$WORK/wet.wav" gain -n -9 reverb "$reverb" remix 1 gain -n "$level"
	if [ "$3" = held ]; then
		mv "$WORK/wet.wav" "$2"
		return
	fi
	mv "$WORK/wet.wav" "$WORK/near.wav"
	sox -q -R "$WORK/near.wav" "$WORK/wet.wav" pad "$before" 1.5
	length=$(soxi -D "$WORK/wet.wav")
	sox -q -n -r 44100 -c 1 "$WORK/noise.wav" synth "$length" pinknoise gain -n -55 gain 10
	sox -q -R -m -v 1 "$WORK/wet.wav" -v 1 "$WORK/noise.wav" -b 16 "$2"
}

# command OUT: somebody gives an order, always the same one.
command_() {
	random 40 60; pitch=$R
	random 140 180; speed=$R
	espeak-ng -v en-gb+m3 -p "$pitch" -s "$speed" -w "$WORK/said.wav" "Open sesame!"
	sox -V1 -q -R "$WORK/said.wav" -r 44100 -c 1 "$1" gain -n -6
}

# doorbell OUT: ding, dong: a falling third of decaying partials, rung once or twice; the same bell, struck harder or softer.
doorbell() {
	random 655 663; high=$R
	low=$((high * 79 / 100))
	random 45 60; gap=0.$R
	random 12 16; ring=$R
	second=201 third=298
	random 0 1; again=$R
	ring=$((ring / 10)).$((ring % 10))
	for note in "high $high" "low $low"; do
		f=${note#* } note=${note% *}
		sox -q -R -n -r 44100 -c 1 "$WORK/p1.wav" synth "$ring" sine "$f" fade l 0.002 "$ring" "$ring"
		sox -q -R -n -r 44100 -c 1 "$WORK/p2.wav" synth "$ring" sine $((f * second / 100)) fade l 0.002 "$ring" "$ring"
		sox -q -R -n -r 44100 -c 1 "$WORK/p3.wav" synth "$ring" sine $((f * third / 100)) fade l 0.001 "$ring" "$ring"
		sox -q -R -m -v 0.5 "$WORK/p1.wav" -v 0.25 "$WORK/p2.wav" -v 0.12 "$WORK/p3.wav" "$WORK/$note.wav"
	done
	sox -q -R "$WORK/low.wav" "$WORK/late.wav" pad "$gap" 0
	sox -q -R -m -v 0.9 "$WORK/high.wav" -v 0.9 "$WORK/late.wav" "$WORK/dry.wav"
	[ "$again" = 0 ] || { cp "$WORK/dry.wav" "$WORK/once.wav" && sox -q -R "$WORK/once.wav" "$WORK/once.wav" "$WORK/dry.wav"; }
	sox -q -R "$WORK/dry.wav" "$1" gain -n -6
}

# real OUT: the next recording of REAL, in an order that has nothing to do with their names; played a little faster or slower where there
# are not enough.
real() {
	count=$(find -L "$REAL" -type f | wc -l)
	speed=1
	if [ "$count" -lt $((LEARN + HELD)) ]; then
		random 970 1030
		speed=$((R / 1000)).$(printf '%03d' $((R % 1000)))
	fi
	sox -V1 -q -R "$(find -L "$REAL" -type f -exec md5sum {} + | sort | sed -n "$((next % count + 1))p" | cut -c35-)" -r 44100 -c 1 "$1" remix - gain -n -6 trim 0 4 speed "$speed"
	next=$((next + 1))
}

labels="voice_command doorbell"
[ -z "$REAL" ] || labels="$labels $(basename "$REAL")"
echo "making $((LEARN + HELD)) recordings of each label in $WORK"
for label in $labels; do
	mkdir -p "$WORK/learn/$label" "$WORK/held/$label"
	n=0 next=0
	while [ $n -lt $((LEARN + HELD)) ]; do
		case $label in
		voice_command) make=command_ ;;
		doorbell) make=doorbell ;;
		*) make=real ;;
		esac
		seed=$(((seed * 1103515245 + 12345 + n) % 2147483648))
		$make "$WORK/made.wav"
		name=rec_$(printf '%03d' $n).wav # a bare number: each its own recording
		part=learn
		[ $n -lt "$LEARN" ] || part=held
		room "$WORK/made.wav" "$WORK/$part/$label/$name" $part
		n=$((n + 1))
	done
done
rm -f "$WORK"/*.wav

began=$(date +%s)
# shellcheck disable=SC2086
"$EARSHOT" train --data "$WORK/learn" --init "$MODEL" --cache "$CACHE" --out "$WORK/home.onnx" $ARGS
echo "teaching took $(($(date +%s) - began)) s in all"
{
	echo 'watch: {groups: [], labels: ['
	for label in $labels; do echo "{label: $label},"; done
	echo ']}'
} >"$WORK/new.yaml"

# listen ARGUMENTS: what the daemon tells of the new labels.
listen() { "$EARSHOT" eval --config "$WORK/new.yaml" --model "$WORK/home.onnx" --cache "$CACHE" "$@"; }

for colour in pink brown; do
	sox -q -R -n -r 44100 -c 1 "$WORK/$colour.wav" synth 600 "${colour}noise" gain -n -30
	"$EARSHOT" mix --clips "$WORK/held" --background "$WORK/$colour.wav" --level -50 --snr 0:20 --density 180/h --minutes 20 --out "$WORK/held-$colour.flac" >"$WORK/mix.log"
	echo "other recordings, 0 to 20 dB over $colour noise:"
	listen --stream "$WORK/held-$colour.flac" | sed 's/^/  /'
done
mkdir -p "$WORK/quiet"
sox -q -R -n -r 44100 -c 1 "$WORK/quiet/pink.flac" synth $((MINUTES * 30)) pinknoise gain -n -45
sox -q -R -n -r 44100 -c 1 "$WORK/quiet/brown.flac" synth $((MINUTES * 30)) brownnoise gain -n -40
echo "$MINUTES minutes of quiet noise:"
listen --none "$WORK/quiet" | sed 's/^/  /'
for folder in $NONE; do
	echo "$folder:"
	listen --none "$folder" | sed 's/^/  /'
done
if [ -n "$ESC" ]; then
	for m in "$MODEL" "$WORK/home.onnx"; do
		echo "old labels, ESC fold $TEST, named among all labels of $m:"
		set -- --model "$m"
		[ "$m" != builtin ] || set --
		"$EARSHOT" eval --data "$ESC" --folds "$TEST" --all-labels --cache "$CACHE" "$@" | sed -n 's/^\(clips right.*\|.*second.*\)/  \1/p'
	done
fi

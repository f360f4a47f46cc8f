#!/bin/sh
# finetune-demo.sh: teaches a model two labels that ESC-50 does not have, speech and a doorbell,
# from recordings that this machine makes itself, and says what came of it: minutes, how many
# held-out recordings of the new labels are named right among all labels, and the old labels'
# accuracy before and after.
#
#   ESC=esc50 scripts/finetune-demo.sh           with ESC's clips at hand (old and new labels rehearsed together)
#   ESC= scripts/finetune-demo.sh                with one's own recordings alone; ESC_TEST=esc50 measures the old labels
#
# Settings (environment):
#   EARSHOT   the program                              build/bin/earshot
#   MODEL     the model to start from                  builtin
#   ESC       ESC's folder to rehearse from, or empty  none
#   FOLDS     ESC folds to rehearse, TEST the fold to measure on: one that MODEL did not learn from   1,2,3 and 4
#   ESC_TEST  ESC's folder to measure the old labels on   $ESC
#   LEARN, HELD  recordings a label to learn from and to hold out   10 and 10
#   WORK      where everything goes, kept              a new folder in /tmp
#   CACHE     computed features                        $WORK/cache
#   ARGS      more flags for `earshot train`
set -eu
EARSHOT=${EARSHOT:-build/bin/earshot} MODEL=${MODEL:-builtin} ESC=${ESC:-} FOLDS=${FOLDS:-1,2,3} TEST=${TEST:-4}
ESC_TEST=${ESC_TEST-$ESC} LEARN=${LEARN:-10} HELD=${HELD:-10} ARGS=${ARGS:-}
WORK=${WORK:-$(mktemp -d)}
CACHE=${CACHE:-$WORK/cache}
for tool in espeak-ng sox jq; do
	command -v "$tool" >/dev/null || { echo "finetune-demo: needs $tool (apt-get install espeak-ng sox jq)" >&2; exit 2; }
done

# A small random generator of our own: the same recordings on every machine.
seed=20
random() { # random FROM TO: an integer, both included, in R
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	R=$(($1 + (seed / 65536) % ($2 - $1 + 1)))
}

# room IN OUT: a dry sound in a room: reverb, level, noise of a random colour 15 to 35 dB below, 3 to 5 s in all.
room() {
	random 5 70; reverb=$R
	random 3 25; level=-$R
	random 15 35; noise=$((level - R))
	random 0 12; before=0.$(printf '%02d' "$R")
	random 1 3; colour=$(echo white pink brown | cut -d' ' -f"$R")
	sox -V1 -q -R "$1" -r 44100 -c 1 "$WORK/wet.wav" gain -n -9 reverb "$reverb" pad "$before" 0.4 remix 1 gain -n "$level" trim 0 5
	length=$(soxi -D "$WORK/wet.wav")
	sox -q -R -n -r 44100 -c 1 "$WORK/noise.wav" synth "$length" "${colour}noise" gain -n "$noise"
	sox -q -R -m -v 1 "$WORK/wet.wav" -v 1 "$WORK/noise.wav" -b 16 "$2"
}

# speech N OUT: somebody says something.
speech() {
	n=$1
	sentence=$(sed -n "$((n % 12 + 1))p" <<'EOF'
Good morning, did you sleep well?
The parcel is on the table in the hall.
Could you please close the window, it is cold in here.
I will be back at half past seven.
Have you seen my keys anywhere?
Dinner is ready, come down everybody.
We should water the plants before we leave.
It was raining all day yesterday.
No, I do not think that this is a good idea.
Call me when you arrive at the station.
Where did you put the newspaper?
Let us go for a walk in the park this afternoon.
EOF
)
	random 1 8; voice=$(echo en-gb en-us en-gb-scotland en-gb-x-gbclan en-gb-x-rp en-gb-x-gbcwmd en-029 en | cut -d' ' -f"$R")
	random 1 8; timbre=$(echo m1 m2 m3 m5 f1 f2 f3 f5 | cut -d' ' -f"$R")
	random 25 80; pitch=$R
	random 125 200; speed=$R
	espeak-ng -v "$voice+$timbre" -p "$pitch" -s "$speed" -w "$WORK/dry.wav" "$sentence"
	room "$WORK/dry.wav" "$2"
}

# doorbell N OUT: ding, dong: a falling third or fourth of decaying partials, rung once or twice.
doorbell() {
	random 480 900; high=$R
	random 74 84; low=$((high * R / 100))
	random 35 80; gap=0.$R
	random 8 22; ring=$R
	random 198 204; second=$R
	random 290 310; third=$R
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
	room "$WORK/dry.wav" "$2"
}

echo "making $((LEARN + HELD)) recordings of each label in $WORK"
for label in speech doorbell; do
	mkdir -p "$WORK/learn/$label" "$WORK/held/$label"
	n=0
	while [ $n -lt $((LEARN + HELD)) ]; do
		part=learn && [ $n -lt "$LEARN" ] || part=held
		out=$WORK/$part/$label/rec_$(printf '%03d' $n).wav # a bare number: each its own recording
		seed=$(((seed * 1103515245 + 12345 + n) % 2147483648))
		[ -e "$out" ] || $label $n "$out"
		n=$((n + 1))
	done
done
rm -f "$WORK"/*.wav

set -- --data "$WORK/learn" --init "$MODEL" --recipe finetune --cache "$CACHE" --out "$WORK/home.onnx" --report "$WORK/home.html"
if [ -n "$ESC" ]; then
	set -- "$@" --data "$ESC" --folds "$FOLDS" --test "$TEST"
fi
began=$(date +%s)
# shellcheck disable=SC2086
"$EARSHOT" train "$@" $ARGS
echo "fine-tuning took $(($(date +%s) - began)) s in all"

# named FOLDER MODEL: how many of a label's recordings are named so, among all labels.
echo "held-out recordings, named among all labels:"
for label in speech doorbell; do
	right=$("$EARSHOT" classify --json -m "$WORK/home.onnx" "$WORK/held/$label" | jq -r .label | grep -c "^$label\$" || true)
	echo "  $label: $right of $(find "$WORK/held/$label" -type f | wc -l)"
done
if [ -n "$ESC_TEST" ]; then
	for m in "$MODEL" "$WORK/home.onnx"; do
		echo "old labels, ESC fold $TEST, named among all labels of $m:"
		"$EARSHOT" eval --data "$ESC_TEST" --folds "$TEST" --hop 64 --all-labels --model "$m" --cache "$CACHE" | sed -n 's/^\(clips right.*\)/  \1/p'
	done
fi

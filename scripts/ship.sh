#!/bin/sh
# ship.sh: makes the model that ships out of the one before, and the twin that its thresholds are from. It can be stopped
# and started again: a training goes on from its checkpoint, what is done stays.
#
#   scripts/ship.sh ESC-50 SOUND WORK
#
# ESC-50 is that dataset's folder. SOUND holds what scripts/open-data.sh makes (SOUND/open, with the group "wide" in
# SOUND/more) and what "go run ./internal/ownsound SOUND/own" makes. WORK takes models and checkpoints; in the end
# WORK/esc50.onnx is what belongs into infer/builtin/. About two hours of two quiet cores, without the fetching.
set -eu
[ $# -eq 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
ESC=$1 SOUND=$2 WORK=$3
EARSHOT=${EARSHOT:-build/bin/earshot}
mkdir -p "$WORK"

# Of the recordings of labels at most 40 each, so that no label is everywhere: there are 457 crying babies.
if [ ! -e "$WORK/positives/table.tsv" ]; then
	for dir in "$SOUND"/open/positives/*/; do
		label=$(basename "$dir")
		mkdir -p "$WORK/positives/$label"
		n=$(find "$dir" -name '*.flac' | wc -l)
		find "$dir" -name '*.flac' | LC_ALL=C sort | awk -v n="$n" '{ k = n > 40 ? n / 40 : 1 } int(NR / k) > int((NR - 1) / k)' | head -40 |
			while read -r file; do ln -sf "$file" "$WORK/positives/$label/"; done
	done
	sed -n 's|^positives/||p' "$SOUND/open/table.tsv" >"$WORK/positives/table.tsv"
fi

# model NAME COMMAND...: makes WORK/NAME unless it is there.
model() {
	out=$WORK/$1
	shift
	[ -e "$out" ] || "$EARSHOT" "$@" -o "$out"
}
learn() { # learn NAME FLAGS...: a training, which goes on where it stopped
	out=$1
	shift
	if [ -e "$WORK/$out.checkpoint" ]; then set -- "$@" --resume; fi
	model "$out" train "$@"
}

DATA="--data $ESC --licence CC0,CC-BY"
MORE="--data $ESC --data $WORK/positives --rename train=train --licence CC0,CC-BY,own"
NONE="--background $SOUND/open/train,$SOUND/own,$SOUND/more/train"
TUNE="--tune $SOUND/tune,$SOUND/more/tune"
WORLD="--recipe default --freeze-layers 2 --rate 1e-3 --average 0.995 --background-share 0.3 --no-verify"

# The twin: folds 1 to 3 only.
# shellcheck disable=SC2086 # lists of flags
{
	learn twin-clips.onnx $DATA --folds 1,2,3 --test 4 --recipe default --epochs 64 --weights fp32 --no-verify
	learn twin-world.onnx $MORE $NONE $WORLD --folds 1,2,3 --test 4 --init "$WORK/twin-clips.onnx" --epochs 16 --weights fp32
	model twin.onnx model "$WORK/twin-world.onnx" --verify $MORE $NONE $TUNE --folds 1,2,3 --test 4
	# The one that ships goes on from the one in the binary, on all four folds.
	learn world.onnx $MORE $NONE $WORLD --folds 1,2,3,4 --init builtin --epochs 11 --calibration-from "$WORK/twin-world.onnx"
	model esc50.onnx model "$WORK/world.onnx" --verify $MORE $NONE $TUNE --folds 1,2,3,4 --calibrate-with "$WORK/twin.onnx"
}

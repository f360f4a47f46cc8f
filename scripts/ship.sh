#!/bin/sh
# ship.sh: makes both models that ship out of the full one before, and the twins that their thresholds are from. It can be stopped
# and started again: a training goes on from its checkpoint, what is done stays.
#
#   scripts/ship.sh ESC-50 SOUND WORK
#
# ESC-50 is that dataset's folder. SOUND holds what scripts/open-data.sh makes (SOUND/open, with the group "wide" in SOUND/more and
# "house" in SOUND/house), what "go run ./internal/ownsound SOUND/own" makes, and SOUND/tune/speech, music and household, recordings
# that hold none of the labels and teach nothing (docs/data.md says which these were). WORK takes models and checkpoints; in the end
# WORK/esc50.onnx and WORK/light.onnx are what belongs into infer/builtin/. About five hours of two quiet cores, without the fetching.
set -eu
[ $# -eq 3 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
ESC=$1 SOUND=$2 WORK=$3
EARSHOT=${EARSHOT:-build/bin/earshot}
mkdir -p "$WORK"

# positives NAME MOST: of the recordings of labels at most so many each, so that no label is everywhere: there are 457 crying babies, and
# with 40 of them the network took cats for babies.
positives() {
	[ ! -e "$WORK/$1/table.tsv" ] || return 0
	for dir in "$SOUND"/open/positives/*/; do
		label=$(basename "$dir")
		mkdir -p "$WORK/$1/$label"
		n=$(find "$dir" -name '*.flac' | wc -l)
		find "$dir" -name '*.flac' | LC_ALL=C sort | awk -v n="$n" -v most="$2" '{ k = n > most ? n / most : 1 } int(NR / k) > int((NR - 1) / k)' | head -"$2" |
			while read -r file; do ln -sf "$file" "$WORK/$1/$label/"; done
	done
	sed -n 's|^positives/||p' "$SOUND/open/table.tsv" >"$WORK/$1/table.tsv"
}
positives positives 40
positives few 12

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
FEW="--data $ESC --data $WORK/few --rename train=train --licence CC0,CC-BY,own"
NONE="--background $SOUND/open/train,$SOUND/own,$SOUND/more/train"
HOMES="$NONE,$SOUND/house/train" # for the second opinion: a network that learns these hears knocks worse
TUNE="--tune $SOUND/tune/speech,$SOUND/tune/music,$SOUND/tune/household,$SOUND/house/tune"
LIGHT="--recipe default --width 0.4375 --average 0.998 --background-share 0.25 --no-verify"
WORLD="--recipe default --freeze-layers 2 --no-verify"

# The twin: folds 1 to 3 only.
# shellcheck disable=SC2086 # lists of flags
{
	learn twin-clips.onnx $DATA --folds 1,2,3 --test 4 --recipe default --epochs 64 --weights fp32 --no-verify
	learn twin-world.onnx $MORE $NONE $WORLD --rate 1e-3 --average 0.995 --background-share 0.3 --folds 1,2,3 --test 4 --init "$WORK/twin-clips.onnx" --epochs 16 --weights fp32
	learn twin-more.onnx $MORE $NONE $WORLD --rate 1.5e-3 --average 0.998 --background-share 0.25 --folds 1,2,3 --test 4 --init "$WORK/twin-world.onnx" --epochs 100 --weights fp32
	model twin.onnx model "$WORK/twin-more.onnx" --verify $MORE $HOMES $TUNE --folds 1,2,3 --test 4
	# The one that ships goes on from the one in the binary, on all four folds.
	learn world.onnx $FEW $NONE $WORLD --rate 1e-3 --average 0.998 --background-share 0.25 --folds 1,2,3,4 --init built-in-full --epochs 50 --calibration-from "$WORK/twin-more.onnx"
	model esc50.onnx model "$WORK/world.onnx" --verify $MORE $HOMES $TUNE --folds 1,2,3,4 --calibrate-with "$WORK/twin.onnx"

	# The light ones begin with the strongest filters of the full ones, and learn from them (in eight bits, which is faster) and from the
	# second opinion's network.
	model twin-teacher.onnx model "$WORK/twin.onnx" --convert int8 $DATA --folds 1,2,3
	learn twin-narrow.onnx $MORE $NONE $LIGHT --folds 1,2,3 --test 4 --init "$WORK/twin.onnx" --teacher "second,$WORK/twin-teacher.onnx" --epochs 100 --weights fp32
	model twin-light.onnx model "$WORK/twin-narrow.onnx" --verify $MORE $NONE $TUNE --folds 1,2,3 --test 4
	model teacher.onnx model "$WORK/esc50.onnx" --convert int8 $DATA --folds 1,2,3,4
	learn narrow.onnx $FEW $NONE $LIGHT --folds 1,2,3,4 --init "$WORK/esc50.onnx" --teacher "second,$WORK/teacher.onnx" --epochs 80 --calibration-from "$WORK/twin-narrow.onnx"
	model light.onnx model "$WORK/narrow.onnx" --verify $MORE $NONE $TUNE --folds 1,2,3,4 --calibrate-with "$WORK/twin-light.onnx"
}

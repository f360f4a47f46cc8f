#!/bin/sh
# ablation.sh: what each part of learning the world does by itself, on the light network: it learns a few epochs from the twin that has heard
# clips alone, with one thing more at a time, and with all of them, for three lengths. It can be stopped and started again. What measures them
# stands in docs/results.md.
#
#   scripts/ablation.sh ESC-50 SOUND WORK
#
# ESC-50, SOUND and WORK are those of ship.sh, which has made WORK/twin-clips.onnx and WORK/twin.onnx; what comes out is in WORK/ablation. About
# an hour of one core.
set -eu
[ $# -eq 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
ESC=$1 SOUND=$2 WORK=$3
EARSHOT=${EARSHOT:-build/bin/earshot}
OUT=$WORK/ablation
mkdir -p "$OUT"

DATA="--data $ESC --licence CC0,CC-BY --folds 1,2,3"
TEACHER=$WORK/twin-teacher.onnx # as ship.sh makes it
# shellcheck disable=SC2086 # lists of flags
[ -e "$TEACHER" ] || "$EARSHOT" model "$WORK/twin.onnx" --convert int8 $DATA -o "$TEACHER"

NONE="--background $SOUND/open/train,$SOUND/own,$SOUND/more/train --background-share 0.25"
SECOND="--teacher second,$TEACHER"
learn() { # learn NAME FLAGS...
	out=$OUT/$1.onnx
	shift
	[ ! -e "$out" ] || return 0
	if [ -e "$out.checkpoint" ]; then set -- "$@" --resume; fi
	# shellcheck disable=SC2086
	"$EARSHOT" train $DATA --test 4 --recipe default --init "$WORK/twin-clips.onnx" --width 0.4375 --average 0.99 --epochs 14 --no-verify \
		--weights fp32 --metrics "${out%.onnx}.jsonl" -o "$out" ${THREADS:+--threads $THREADS} "$@"
}
# shellcheck disable=SC2086
{
	learn clips --without band
	learn band
	learn negatives --without band $NONE
	learn teacher --without band $SECOND
	learn all $NONE $SECOND
	learn all-7 $NONE $SECOND --epochs 7
	learn all-28 $NONE $SECOND --epochs 28
}

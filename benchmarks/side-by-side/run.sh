#!/bin/sh
# Ours against PyTorch and ONNX Runtime, in alternation, in one run. Sets up both on a clean Debian or Ubuntu machine, builds, measures.
#
#   benchmarks/side-by-side/run.sh                        all rows; the table is printed
#   benchmarks/side-by-side/run.sh --write                and put into docs/performance.md
#   benchmarks/side-by-side/run.sh --rows 2,3,9 --pairs 15
#
# Needs the .NET SDK and python3. PyTorch and OpenBLAS come from apt, ONNX Runtime from npm; a side that cannot be installed is left out,
# and the table says so. Everything else is written below artifacts/side-by-side, which git ignores.
set -eu
cd "$(dirname "$0")/../.."
work=$PWD/artifacts/side-by-side
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work"

say() { echo "run.sh: $*" >&2; }

has_pytorch() { "$python" -c 'import torch, torchvision, onnx' 2>/dev/null; }

if ! has_pytorch; then
    say "installing PyTorch and OpenBLAS"
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    $root apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx libopenblas0 >"$work/apt.log" 2>&1 ||
        say "apt could not install them (see $work/apt.log); the rows go on without PyTorch"
fi
if command -v update-alternatives >/dev/null; then
    say "active BLAS: $(update-alternatives --query "libblas.so.3-$(uname -m)-linux-gnu" 2>/dev/null | sed -n 's/^Value: //p')"
fi

if [ ! -d "$work/node_modules/onnxruntime-node" ]; then
    say "installing ONNX Runtime"
    echo '{ "private": true }' >"$work/package.json"
    npm install --prefix "$work" --ignore-scripts --no-audit --no-fund onnxruntime-node >"$work/npm.log" 2>&1 ||
        say "npm could not install it (see $work/npm.log); the rows go on without ONNX Runtime"
fi

say "building"
dotnet build -c Release benchmarks/NonLocal.Benchmarks >"$work/build.log" || { cat "$work/build.log"; exit 1; }
dotnet publish -c Release -r linux-x64 -p:PublishReadyToRun=true --self-contained false -o "$work/nonlocal" src/NonLocal.Cli \
    >"$work/publish.log" || { cat "$work/publish.log"; exit 1; }

exec "$python" benchmarks/side-by-side/side_by_side.py --work "$work" --python "$python" "$@"

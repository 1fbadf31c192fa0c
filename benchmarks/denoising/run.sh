#!/bin/sh
# Non-local means: ours beside scikit-image's denoise_nl_means and OpenCV's fastNlMeansDenoising, in quality and in time. Sets up both on a
# clean Debian or Ubuntu machine, builds, measures.
#
#   benchmarks/denoising/run.sh DATA                  all; the tables are printed
#   benchmarks/denoising/run.sh DATA --write          and put into docs/results.md
#   benchmarks/denoising/run.sh DATA --only time      quality is taken from the run before
#
# DATA holds folders of grey PNG files (set12/, bsd68/), of colour ones (kodak24/, cbsd68/original_png/), and
# unit_noise_512x512_float32.npy, one field of normal noise.
# Needs the .NET SDK and python3. The others come from apt. All else is written below artifacts/denoising, which git ignores.
set -eu
data=$(realpath "$1")
shift
cd "$(dirname "$0")/../.."
work=$PWD/artifacts/denoising
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work"

say() { echo "run.sh: $*" >&2; }

if ! "$python" -c 'import skimage, cv2' 2>/dev/null; then
    say "installing scikit-image and OpenCV"
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    $root apt-get install -y --no-install-recommends python3-skimage python3-opencv >"$work/apt.log" 2>&1 ||
        { cat "$work/apt.log"; exit 1; }
fi

say "building"
dotnet build -c Release benchmarks/NonLocal.Benchmarks >"$work/build.log" || { cat "$work/build.log"; exit 1; }

exec "$python" benchmarks/denoising/compare.py --data "$data" --work "$work" "$@"

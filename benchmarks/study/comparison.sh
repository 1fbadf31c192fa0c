#!/bin/bash
# Trains every row of comparison.txt with every seed, one after the other; what is done already is not done again, and what was stopped goes
# on where it was.
#
#   benchmarks/study/comparison.sh NONLOCAL TRAIN TEST RUNS [SEEDS] [nonlocal train's options]
#
#   benchmarks/study/comparison.sh out/nonlocal cifar10/train.tar.gz cifar10/test.tar.gz runs "1 2" --threads 2
set -euo pipefail
if [ $# -lt 4 ]; then
    sed -n 2,8p "$0" | cut -c 3- >&2
    exit 2
fi
nonlocal=$1 train=$2 test=$3 runs=$4 seeds=${5:-1 2}
shift $(($# < 5 ? $# : 5))
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$runs"
for seed in $seeds; do
    grep -v '^#' "$here/comparison.txt" | while read -r name change; do
        run=$runs/$name-$seed
        [ -e "$run/done" ] && continue
        echo "$name, seed $seed"
        "$nonlocal" train "$here/../../recipes/cifar10-comparison.yaml" "data.train=$train" "data.test=$test" "training.seed=$seed" \
            ${change:+"$change"} --output "$run" --resume "$@" < /dev/null
        touch "$run/done"
    done
done

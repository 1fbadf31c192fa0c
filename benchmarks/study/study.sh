#!/bin/bash
# Trains every row of a study, once for each value of a key of the recipe (a seed, a fold), one after the other; what is done already is not
# done again, and what was stopped goes on where it was. STUDY names recipes/STUDY.yaml and, beside this file, STUDY.txt with the rows.
#
#   benchmarks/study/study.sh NONLOCAL STUDY RUNS KEY "VALUES" [nonlocal train's options and the recipe's keys]
#
#   benchmarks/study/study.sh out/nonlocal cifar10-comparison runs training.seed "1 2" data.train=train.tar.gz data.test=test.tar.gz
#   benchmarks/study/study.sh out/nonlocal fights runs data.fold "0 1 2 3 4" --threads 2
set -euo pipefail
if [ $# -lt 5 ]; then
    sed -n 2,8p "$0" | cut -c 3- >&2
    exit 2
fi
nonlocal=$1 study=$2 runs=$3 key=$4 values=$5
shift 5
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$runs"
for value in $values; do
    grep -v '^#' "$here/$study.txt" | while read -r name change; do
        run=$runs/$name-$value
        [ -e "$run/done" ] && continue
        echo "$name, $key $value"
        "$nonlocal" train "$here/../../recipes/$study.yaml" "$key=$value" ${change:+"$change"} "$@" --output "$run" --resume < /dev/null
        touch "$run/done"
    done
done

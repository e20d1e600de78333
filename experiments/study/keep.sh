#!/bin/sh
# Keeps of runs what is committed: keep.sh FOLDER NAME…
#
# Of each run FOLDER/NAME its results, every image's outcomes, what each seed's training measured, and the report's
# tables and figures are put into ../results/NAME, in place of what was there.
set -eu
here=$(dirname "$0") folder=$1
shift
for name; do
  run=$folder/$name kept=$here/../results/$name
  nontrivial results "$run" --recompute
  nontrivial report "$run" --quiet
  rm -rf "$kept"
  mkdir -p "$kept/report"
  cp "$run/results.json" "$run/results.csv" "$run/outcomes.bin" "$kept"
  cp "$run"/report/*.csv "$run"/report/*.md "$run"/report/*.svg "$kept/report"
  for seed in "$run"/seed-*; do
    mkdir "$kept/$(basename "$seed")"
    cp "$seed/metrics.csv" "$kept/$(basename "$seed")"
  done
done

#!/bin/sh
# Keeps of runs what is committed: keep.sh FOLDER [--report] NAME…
#
# Of each run FOLDER/NAME its results, every image's outcomes and what each seed's training measured are put into
# ../results/NAME, in place of what was there; with --report the report's tables and figures, too.
set -eu
here=$(dirname "$0") folder=$1 report=
shift
[ "${1-}" != --report ] || { report=yes && shift; }
for name; do
  run=$folder/$name kept=$here/../results/$name
  nontrivial results "$run" --recompute
  rm -rf "$kept"
  mkdir -p "$kept"
  cp "$run/results.json" "$run/results.csv" "$run/outcomes.bin" "$kept"
  for seed in "$run"/seed-*; do
    mkdir "$kept/$(basename "$seed")"
    cp "$seed/metrics.csv" "$kept/$(basename "$seed")"
  done
  [ "$report" ] || continue
  nontrivial report "$run" --quiet
  mkdir "$kept/report"
  cp "$run"/report/*.csv "$run"/report/*.md "$run"/report/*.svg "$kept/report"
done

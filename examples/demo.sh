#!/usr/bin/env bash
# The main job from end to end: simulate, train, package, find by name, predict.
# Usage: examples/demo.sh [FOLDER]   (default: demo; needs `dlg` on the path and no internet)
set -euo pipefail
folder=${1:-demo}
export DLG_ZOO="$folder/zoo"      # the demo's own zoo: yours stays as it is

step() { printf '\n\033[1m%s\033[0m\n' "\$ $*" >&2; "$@"; }

step dlg simulate density-localization --motif TAL1 --seed 1 --genome 1000 -o "$folder/data"
step dlg train dragonn/tal1 --data "$folder/data" -o "$folder/run" --replace
step dlg package "$folder/run"
step dlg get-model dragonn/tal1
step dlg predict dragonn/tal1 --fasta "$folder/data/genome.fa" \
  --intervals "$folder/data/intervals.bed" -o "$folder/predictions.tsv"

printf '\npredictions: %s\nreport:      %s\n' "$folder/predictions.tsv" "$folder/run/report.html"

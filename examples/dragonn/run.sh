#!/usr/bin/env bash
# DragoNN's tutorial tasks: simulate, train, and compare with what the tutorials print.
#
# Usage: examples/dragonn/run.sh [OUT] [TASK ...]     (default: runs/dragonn, all tasks)
#
# All tasks take about eight minutes of CPU time. The tasks and the published results are in tasks.tsv.
set -euo pipefail
out=${1:-runs/dragonn}
shift || true
here=$(dirname "$0")
mkdir -p "$out/runs"
declare -A seen

while IFS=$'\t' read -r task spec arguments _; do
  name=${task%%:*}      # one run gives the three rows of multi-motif
  [[ $name == task || ($# -gt 0 && " $* " != *" $name "*) || -n ${seen[$name]:-} ]] && continue
  seen[$name]=1
  read -ra options <<< "$arguments"
  dlg simulate "${options[@]}" --seed 1 -o "$out/data/$name" > "$out/runs/$name.files"
  TIMEFORMAT='%U %S'
  { time dlg train "$here/$spec.yaml" --data "$out/data/$name" -o "$out/runs/$name" --replace \
      > "$out/runs/$name.log" 2>&3; } 3>&2 2> "$out/runs/$name.cpu"
done < "$here/tasks.tsv"

python "$here/table.py" "$out"

#!/usr/bin/env bash
# Makes the packages that come with dlgenomics. The command of each is in its model.yaml.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$PWD/zoo/dlgenomics_zoo/packages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
dlg simulate density-localization --motif TAL1 --seed 1 -o data
dlg train dragonn/tal1 --data data -o run
dlg package run -o "$packages/dragonn/tal1"

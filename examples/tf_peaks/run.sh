#!/usr/bin/env bash
# Real peaks from end to end: train, package, find by name, predict on a real genome.
#
# Usage: examples/tf_peaks/run.sh DATA [OUT]      (default OUT: runs/tf_peaks)
#
# DATA is a folder with
#   tf_peaks/ctcf.fa.gz, tf_peaks/pu1.fa.gz                 peak sequences of 100 bp, named
#                                                           contig:start-end
#   kipoiseq/hg38_chr22_32000000_32300000.fa, kipoiseq/intervals_51bp.tsv   a piece of hg38 and BED
#   basenji/hg38_1m.fa.gz, basenji/ism/seqs.bed             1 Mb of hg38 (bgzip) and BED
# Their origins: the repositories of DeepSTARR, kipoiseq and baskerville.
set -euo pipefail
data=${1:?say where the data are: examples/tf_peaks/run.sh DATA [OUT]}
out=${2:-runs/tf_peaks}
here=$(dirname "$0")
export DLG_ZOO="$out/zoo"

python "$here/prepare.py" "$data" "$out/data"
dlg train "$here/ctcf_pu1.yaml" --data "$out/data" -o "$out/run" --replace
dlg package "$out/run"
dlg get-model examples/ctcf-pu1
dlg predict examples/ctcf-pu1 --fasta "$data/kipoiseq/hg38_chr22_32000000_32300000.fa" \
  --intervals "$data/kipoiseq/intervals_51bp.tsv" --resize center -o "$out/chr22.tsv"
dlg predict examples/ctcf-pu1 --fasta "$data/basenji/hg38_1m.fa.gz" \
  --intervals "$data/basenji/ism/seqs.bed" --resize center -o "$out/chr1.parquet"
printf '\npredictions: %s and %s\nreport:      %s\n' "$out/chr22.tsv" "$out/chr1.parquet" \
  "$out/run/report.html"

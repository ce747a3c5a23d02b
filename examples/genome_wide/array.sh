#!/bin/sh
# The same on SLURM in 50 pieces, and the file when all of them have ended:
#   job=$(sbatch --parsable --array=1-50 array.sh hg38.fa genome.bw 50)
#   sbatch --dependency=afterany:$job --wrap "dlg merge genome.bw"
# Pieces that failed are made by the first line with their numbers alone (--array=3,7); 50 stays.
#SBATCH --cpus-per-task=2 --mem=4G
set -eu
dlg predict "${MODEL:-dragonn/tal1}" --fasta "$1" --tile 200 --resize center -o "$2" \
    --shard "${SLURM_ARRAY_TASK_ID}/$3"

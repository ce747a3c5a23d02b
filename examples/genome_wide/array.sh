#!/bin/sh
# The same on SLURM:  sbatch --array=1-50 array.sh hg38.fa genome.bw
# and when all of the array is done:  dlg merge genome.bw
#SBATCH --cpus-per-task=2 --mem=4G
set -eu
dlg predict "${MODEL:-dragonn/tal1}" --fasta "$1" --tile 200 --resize center -o "$2" \
    --shard "${SLURM_ARRAY_TASK_ID}/${SLURM_ARRAY_TASK_COUNT}"

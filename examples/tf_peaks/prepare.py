"""Joins two FASTA files of peaks into one with a table of labels.

Usage: prepare.py DATA OUT

DATA holds tf_peaks/ctcf.fa.gz and tf_peaks/pu1.fa.gz: sequences of 100 bp, named contig:start-end.
OUT receives peaks.fa.gz and labels.tsv (columns name and ctcf). A peak that both files hold belongs
to both factors and is left out.
"""

import sys
from pathlib import Path

import numpy as np

from dlgenomics.data.sequences import read_sequences, write_sequences
from dlgenomics.data.tables import write_table

LENGTH = 100


def main(data: Path, out: Path) -> None:
    """Write the joined files."""
    ctcf, pu1 = (read_sequences(data / "tf_peaks" / f"{name}.fa.gz", LENGTH)
                 for name in ("ctcf", "pu1"))
    shared = set(ctcf.names) & set(pu1.names)
    names = [*ctcf.names, *pu1.names]
    labels = [1] * len(ctcf) + [0] * len(pu1)
    codes = np.concatenate([ctcf.codes, pu1.codes])
    kept = [row for row, name in enumerate(names) if name not in shared]
    write_sequences(out / "peaks.fa.gz", [names[row] for row in kept], codes[kept])
    write_table(out / "labels.tsv", ["name", "ctcf"], [(names[r], labels[r]) for r in kept])
    print(f"{len(kept):,} peaks, {len(shared)} of both factors left out: {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

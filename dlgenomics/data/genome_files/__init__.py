"""Files that hold a genome, read at any place: FASTA, plain or bgzip, and 2bit."""

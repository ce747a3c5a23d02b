"""Files → arrays: genomes, intervals, sequences, tables, and batches of them."""

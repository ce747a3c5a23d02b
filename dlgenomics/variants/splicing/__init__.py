"""SpliceAI's scores of variants, as its own tool defines them.

Jaganathan et al., Predicting splicing from primary sequence with deep learning, Cell 2019,
doi:10.1016/j.cell.2018.12.015, and the documentation of the package spliceai 1.3.1. `genes` reads
its gene annotation, `deltas` compares two alleles, `ensemble` runs the networks, `scoring` goes
from VCF to VCF. Importing this room starts no TensorFlow.
"""

"""The windows of a variant in a gene: the genome inside it, N outside."""

from __future__ import annotations

from typing import Final

import numpy as np

from dlgenomics.data.encoding import UNKNOWN, Codes, encode, reverse_complement
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.splicing.genes import Gene

CONTEXT: Final = 5000
"""Bases on either side that a prediction takes into account."""


def gene_windows(context: Codes, allele: Allele, gene: Gene) -> tuple[Codes, Codes]:
    """Return the windows of the reference and the alternative allele, on the gene's strand.

    Args:
        context: the genome's codes around POS, which stands in the middle; of odd length.
        allele: the variant.
        gene: letters outside it become N.

    Returns:
        uint8 codes; the second is as much longer as ALT is than REF.
    """
    centre = len(context) // 2
    position = allele.start + 1
    ref = context.copy()
    if allele.is_swapped:  # REF as it is written, not as the genome has it
        ref[centre:centre + len(allele.ref)] = encode(allele.ref)
    ref[:max(centre - (position - gene.start), 0)] = UNKNOWN
    ref[centre + 1 + max(gene.end - position, 0):] = UNKNOWN
    alt = np.concatenate([ref[:centre], encode(allele.alt), ref[centre + len(allele.ref):]])
    if gene.strand == "-":
        return reverse_complement(ref), reverse_complement(alt)
    return ref, alt

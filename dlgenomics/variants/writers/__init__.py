"""Files of scored variants: the VCF with scores in INFO, or a table with a row for each allele.

A file appears whole at the end; until then it has a temporary name beside its place.
"""

from dlgenomics.variants.writers.opening import Writer as Writer
from dlgenomics.variants.writers.opening import check_ending as check_ending
from dlgenomics.variants.writers.opening import open_writer as open_writer
from dlgenomics.variants.writers.scored import Scored as Scored

"""Files of embeddings, in input order, one format a file.

A file appears whole at the end; until then it has a temporary name beside its place.
"""

from dlgenomics.language.writers.opening import check_ending as check_ending
from dlgenomics.language.writers.opening import open_writer as open_writer

"""Files of predictions, in input order, one format a file.

A file appears whole at the end; until then it has a temporary name beside its place.
"""

from dlgenomics.predict.writers.heading import Heading as Heading
from dlgenomics.predict.writers.opening import ENDINGS as ENDINGS
from dlgenomics.predict.writers.opening import TRACKS as TRACKS
from dlgenomics.predict.writers.opening import check_ending as check_ending
from dlgenomics.predict.writers.opening import is_stream as is_stream
from dlgenomics.predict.writers.opening import needs_places as needs_places
from dlgenomics.predict.writers.opening import open_writer as open_writer

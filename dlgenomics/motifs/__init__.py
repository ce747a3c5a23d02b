"""Motifs that contributions repeat: found by TF-MoDISco, named after a database.

`find_patterns` runs over contributions, `name_patterns` compares with known motifs, and
`write_patterns` writes both. Needs the extra ``motifs``.
"""

from dlgenomics.motifs.discovery import find_patterns as find_patterns
from dlgenomics.motifs.naming import name_patterns as name_patterns
from dlgenomics.motifs.patterns import Pattern as Pattern
from dlgenomics.motifs.write import write_patterns as write_patterns

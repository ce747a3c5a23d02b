"""Files from elsewhere, whole and verified, in a cache that their content decides.

Standard library only: huggingface_hub has changed its transport three times (requests, httpx,
httpx2), and what is needed here, ranges and redirects, is little.
"""

from dlgenomics_zoo.fetch.cache import Cache as Cache
from dlgenomics_zoo.fetch.cache import CachedFile as CachedFile
from dlgenomics_zoo.fetch.cache import open_cache as open_cache
from dlgenomics_zoo.fetch.consent import Confirm as Confirm
from dlgenomics_zoo.fetch.fetch import fetch_file as fetch_file
from dlgenomics_zoo.fetch.fetch import fetch_files as fetch_files
from dlgenomics_zoo.fetch.licence import is_noncommercial as is_noncommercial
from dlgenomics_zoo.fetch.remote import Checksum as Checksum
from dlgenomics_zoo.fetch.remote import RemoteFile as RemoteFile

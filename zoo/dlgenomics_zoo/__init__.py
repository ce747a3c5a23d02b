"""Names → packages: what models there are, and how to get them."""

from dlgenomics_zoo.catalogue import Entry as Entry
from dlgenomics_zoo.client import fetch_model as fetch_model
from dlgenomics_zoo.client import get_model as get_model
from dlgenomics_zoo.model_table import ModelTable as ModelTable
from dlgenomics_zoo.model_table import list_models as list_models

"""YAML specs: read safely, checked whole, typed and immutable. Knows text and types, not Keras."""

from dlgenomics.spec.dump import dump_yaml as dump_yaml
from dlgenomics.spec.parse import load_spec as load_spec
from dlgenomics.spec.parse import parse_spec as parse_spec
from dlgenomics.spec.parse import spec_to_yaml as spec_to_yaml
from dlgenomics.spec.parse import spec_warnings as spec_warnings
from dlgenomics.spec.summary import check_size as check_size
from dlgenomics.spec.summary import summarize as summarize
from dlgenomics.spec.types import Spec as Spec

"""A small source of models in Kipoi's form, for the tests of several rooms."""

from __future__ import annotations

from pathlib import Path

MD5 = "0123456789abcdef0123456789abcdef"

PLAIN = f"""\
type: keras
args:
  arch: {{url: "https://example.org/arch.json", md5: "md5:{MD5} "}}
  weights:
    url: https://example.org/weights.h5
    md5: {MD5.upper()}
  backend: tensorflow
default_dataloader:
  defined_as: kipoiseq.dataloaders.SeqIntervalDl
  default_args: {{auto_resize_len: 101, alphabet_axis: 0, dtype: np.float32}}
info:
  authors: [{{name: Ada, github: ada}}, Grace]
  doc: Binds things. It says more about them here.
  license: Non-comercial
  version: 1.10
  cite_as: https://doi.org:/10.1/2
  tags: [DNA binding]
  trained_on: first
  trained_on: chr1 held out
schema:
  inputs: {{name: seq, shape: "(4, None)", special_type: DNASeq, associated_metadata: "ranges, variants"}}
  targets:
    shape: (2, )
    column_labels: [labels.txt]
dependencies:
  conda: [python=3.7, keras=2.2.4]
test:
  expect: {{url: https://example.org/expected.h5, md5: {MD5}}}
  precision_decimal: 4
"""

TEMPLATE = """\
defined_as: model.py::Net
args:
  weights: {url: {{ url }}, md5: {{ md5 }}}
default_dataloader: .
info: {doc: "Model {{ model }}", license: MIT}
schema:
  inputs:
    seq: {shape: [10, 4]}
    extra: {a: {shape: 3}, b: {shape: ()}}
  targets: [{name: y, shape: (1,)}]
{% if model == 'human/B' %}
test: {precision_decimal: 3}
{% endif %}
"""

LOADER = """\
defined_as: loader.Loader
type: Dataset
args:
  fasta_file: {doc: the genome, example: {url: https://example.org/a.fa, md5: MD5}}
  targets: {optional: "True"}
  transformer: {default: {url: {{ loader_url }}, md5: MD5}}
"""

TABLE = f"""\
model\turl\tmd5\tloader_url
# a comment
A\thttps://example.org/A.h5\t{MD5}\thttps://example.org/A.pkl
human/B\thttps://example.org/B.h5\t{MD5}\thttps://example.org/B.pkl
"""


def write_zoo(root: Path) -> Path:
    """Write a source with the models ``Plain``, ``Group/A`` and ``Group/human/B``."""
    for name, text in {
        "Plain/model.yaml": PLAIN,
        "Plain/labels.txt": "on\noff\n",
        "Group/model-template.yaml": TEMPLATE,
        "Group/dataloader-template.yaml": LOADER.replace("MD5", MD5),
        "Group/models.tsv": TABLE,
        "Copy/template/model.yaml": PLAIN,
        ".hidden/model.yaml": PLAIN,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root

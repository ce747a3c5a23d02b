"""A folder to start a model from: a spec with comments, data to try it on, and how to go on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError, OutputError
from dlgenomics.files import atomic_folder, write_text
from dlgenomics.registry import registry

SPEC_FILE: Final = "spec.yaml"
_NAME: Final = re.compile(r"^name: .*$", re.MULTILINE)
_COUNT: Final = 2_000
_LENGTH: Final = 200

_SPEC: Final = """\
spec: 1
name: {name}
description: Does a sequence hold a motif of TAL1?      # one line; what `dlg ls` will show
license: MIT
task: binary_classification          # or regression, multilabel_classification, profile ...

info:
  authors:
    - name: Your Name                # github: and email:, too
  tags: [dna]
  trained_on: Sequences made by `dlg init`, to be replaced by yours.

data:                                # relative paths start at the folder that --data names
  train: {{fasta: sequences.fa.gz, labels: labels.tsv}}
  # Or intervals of a genome, labelled by columns behind the first six:
  # train: {{intervals: peaks.bed}}
  # reference: {{fasta: genome.fa}}
  inputs:
    dna: {{kind: dna, length: 200}}
  targets:
    bound: {{column: bound}}           # columns: [a, b] for several
  split: {{by: random, test: 0.2, validation: 0.2, stratify: bound}}
  augment:                           # training only
    - reverse_complement: {{probability: 0.5}}

model:                               # layers of Keras, by their names and arguments there
  layers:
    - Conv1D: {{filters: 16, kernel_size: 15, activation: relu}}
    - GlobalMaxPooling1D
    - Dropout: {{rate: 0.2}}
    - Dense: {{units: 1}}              # sigmoid, from the task

training:
  seed: 1
  optimizer: {{Adam: {{learning_rate: 0.005}}}}
  metrics: [auroc, auprc]
  batch_size: 64
  epochs: 15
  callbacks:
    - EarlyStopping: {{monitor: val_loss, patience: 3, restore_best_weights: true}}
"""

_README: Final = """\
# {name}

```
dlg validate spec.yaml               # every mistake, with its line
dlg show spec.yaml                   # the network: shapes, parameters
dlg doctor spec.yaml --data data     # what would go wrong, before any time is spent
dlg train spec.yaml --data data -o run
dlg package run                      # a verified folder that can be loaded by its name
dlg predict {name} --fasta genome.fa --intervals intervals.bed -o predictions.tsv
```

{data}
`dlg show --schema data`, `model` or `training` says what a spec may hold; `dlg show` alone lists
the specs that come with dlgenomics. A model needs no Python files.
"""

_MADE_UP: Final = """\
`data/` holds {count:,} made-up sequences, so that everything runs at once. Put your own files in
their place, or name them in `spec.yaml`.
"""
_YOURS: Final = """\
The spec is that of {source}; put the files that its section `data` names into `data/`.
"""


def write_scaffold(folder: Path, name: str = "", source: str = "") -> list[Path]:
    """Write a folder to start a model from.

    Args:
        folder: a new one.
        name: of the model; default: the folder's.
        source: the spec to start from: a file, or the name of a built-in spec. Default: a small
            network for sequences, with data that it can be trained on.

    Returns:
        The files.

    Raises:
        OutputError: something is there.
        DlgError: no model can have such a name.
        SpecNotFoundError: no such spec.
    """
    name = name or _plain(folder.resolve().name)
    if name != _plain(name):
        raise DlgError("a model's name must be of letters, digits, '.', '_', '-' and '/'. "
                       f"Received: {name!r}. Such as {_plain(name)!r}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(folder, "something that is there already", "Name a new folder.")
    text = registry[source].path.read_text("utf-8") if source else _SPEC.format(name=name)
    with atomic_folder(folder) as part:
        write_text(part / SPEC_FILE, _NAME.sub(f"name: {name}", text, count=1))
        (part / "data").mkdir()
        if not source:
            _write_data(part / "data")
        data = _YOURS.format(source=source) if source else _MADE_UP.format(count=_COUNT)
        write_text(part / "README.md", _README.format(name=name, data=data))
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._/-]+", "-", name).strip("-./") or "my-model"


def _write_data(folder: Path) -> None:
    from dlgenomics.simulate import (  # noqa: PLC0415 - one of two ways needs it
        load_motif,
        simulate,
        write_simulation,
    )

    made = simulate("single-motif", load_motif("TAL1"), count=_COUNT, length=_LENGTH)
    write_simulation(made, folder)

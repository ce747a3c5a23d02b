"""What kipoiseq's dataloaders give, as arrays in one file: the other side of our parity tests.

Runs in an environment of its own, for kipoi pins an old attrs:

    python -m venv oracle && oracle/bin/pip install kipoiseq==0.7.1 pybedtools six biopython 'setuptools<80'
    oracle/bin/python tests/kipoiseq_oracle.py tests/zoo/kipoiseq/cases.json tests/zoo/kipoiseq \
        tests/zoo/kipoiseq/expected.npz

pybedtools needs the program bedtools. A case is ``{"loader": class, "arguments": {...}}``;
arguments that end in ``_file`` are relative to the folder. Keys of the arrays: case, ``inputs``,
``targets`` or ``metadata``, and the keys below, joined by ``/``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def run(cases: Mapping[str, Any], folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of all cases by key."""
    from kipoiseq import dataloaders

    found: dict[str, np.ndarray] = {}
    for name, case in cases.items():
        arguments = {key: str(folder / value) if key.endswith("_file") else value
                     for key, value in case["arguments"].items()}
        loader = getattr(dataloaders, case["loader"])(**arguments)
        batch = loader.load_all(batch_size=case.get("batch_size", 32))
        found.update({f"{name}/{key}": array for key, array in leaves(batch, "")})
    return found


def leaves(nested: Any, key: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of nested mappings, their keys joined by slashes."""
    if isinstance(nested, Mapping):
        for name, one in nested.items():
            yield from leaves(one, f"{key}/{name}" if key else name)
    else:
        array = np.asarray(nested)
        yield key, array.astype(str) if array.dtype == object else array


def main(cases: str, folder: str, output: str) -> None:
    """Write the arrays; the data are copied first, for pyfaidx writes beside them."""
    with tempfile.TemporaryDirectory() as made:
        os.environ["HOME"] = made  # kipoi writes there on import
        copy = Path(shutil.copytree(folder, Path(made) / "data"))
        np.savez_compressed(output, **run(json.loads(Path(cases).read_text()), copy))


if __name__ == "__main__":
    main(*sys.argv[1:])

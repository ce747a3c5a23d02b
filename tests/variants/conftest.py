"""A small genome, VCFs on it, and networks with known answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

HEADER = ("##fileformat=VCFv4.2\n##FILTER=<ID=q10,Description=\"poor\">\n"
          "##INFO=<ID=AF,Number=A,Type=Float,Description=\"frequency\">\n"
          "##contig=<ID=chr1>\n##contig=<ID=chr2>\n"
          "##ALT=<ID=DEL,Description=\"deletion\">\n"
          "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")

_HEAD = """\
spec: 1
name: test/variants
task: {task}
data:
  inputs:
    {inputs}
  targets:
    {targets}
model:
  layers:
"""


@pytest.fixture(scope="session")
def letters() -> dict[str, str]:
    """Two contigs; the second has a run of N and lower case."""
    rng = np.random.default_rng(11)
    one, two = ("".join(rng.choice(list("ACGT"), size)) for size in (400, 200))
    return {"chr1": one, "chr2": two[:80] + "N" * 30 + two[110:150].lower() + two[150:]}


@pytest.fixture(scope="session")
def genome(letters: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n" + "".join(
        f"{text[i:i + 60]}\n" for i in range(0, len(text), 60)) for name, text in letters.items()))
    return path


@pytest.fixture
def write_vcf(tmp_path: Path) -> Callable[..., Path]:
    """Return a function: rows of (contig, pos, ref, alt) or longer → a VCF."""
    def write(*rows: tuple[object, ...], name: str = "in.vcf", header: str = HEADER) -> Path:
        lines = []
        for contig, pos, ref, alt, *rest in rows:
            info, *more = [*rest, "."][:max(len(rest), 1)]
            lines.append("\t".join(map(str, (contig, pos, ".", ref, alt, ".", "PASS", info, *more))))
        text = header + "".join(f"{line}\n" for line in lines)
        path = tmp_path / name
        if name.endswith((".gz", ".bgz")):
            with pysam.BGZFile(str(path), "wb") as stream:
                stream.write(text.encode())
        else:
            path.write_text(text)
        return path

    return write


@pytest.fixture(scope="session")
def make_network() -> Callable[..., object]:
    """Return a function: layers as lines of YAML → a model with random weights."""
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord
    from dlgenomics.spec import parse_spec

    def make(*layers: str, inputs: str = "dna: {kind: dna, length: 21}",
             targets: str = "y: {column: y}", task: str = "binary_classification") -> Model:
        head = _HEAD.format(inputs=inputs, targets=targets, task=task)
        spec = parse_spec(head + "".join(f"    - {layer}\n" for layer in layers))
        network = build_model(spec)
        rng = np.random.default_rng(4)
        network.set_weights([rng.normal(0, 0.5, w.shape) for w in network.weights])
        return Model(spec, network, SourceRecord("test", "memory"))

    return make


@pytest.fixture(scope="session")
def plain_model(make_network: Callable[..., object]) -> object:
    """21 bp → one probability."""
    return make_network("Conv1D: {filters: 4, kernel_size: 5, activation: relu}", "Flatten",
                        "Dense: {units: 1}")

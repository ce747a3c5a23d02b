"""Our loader gives what kipoiseq 0.7.1 gave, element by element: see tests/kipoiseq_oracle.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kipoiseq_oracle import leaves

from dlgenomics_zoo.kipoi.descriptor import Dataloader, Descriptor
from dlgenomics_zoo.kipoi.feeding import open_kipoi_loader

FOLDER = Path(__file__).parent / "kipoiseq"
ORACLE = Path(__file__).parents[1] / "kipoiseq_oracle.py"
CASES = json.loads((FOLDER / "cases.json").read_text())


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "expected.npz") as stored:
        return dict(stored)


def _ours(case: dict[str, Any], folder: Path) -> dict[str, np.ndarray]:
    descriptor = Descriptor("x", dataloader=Dataloader(f"kipoiseq.dataloaders.{case['loader']}"))
    arguments = {key: folder / value if key.endswith("_file") else value
                 for key, value in case["arguments"].items()}
    batch = open_kipoi_loader(descriptor, {}, **arguments).load_all()
    return dict(leaves(batch, ""))


def _assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert set(ours) == set(theirs)
    for key, array in theirs.items():
        assert ours[key].dtype.kind == array.dtype.kind, key
        if array.dtype.kind != "U":
            assert ours[key].dtype == array.dtype, key
        np.testing.assert_array_equal(ours[key], array, key, strict=array.dtype.kind != "U")


def _of(arrays: dict[str, np.ndarray], case: str) -> dict[str, np.ndarray]:
    found = {key.removeprefix(f"{case}/"): array for key, array in arrays.items()
             if key.startswith(f"{case}/")}
    assert found, case
    return found


@pytest.mark.parametrize("case", CASES)
def test_every_element_is_kipoiseqs(case: str, expected: dict[str, np.ndarray]) -> None:
    _assert_same(_ours(CASES[case], FOLDER), _of(expected, case))


def test_a_gtf_may_be_compressed(expected: dict[str, np.ndarray]) -> None:
    case = {**CASES["gene-tss"]}
    case["arguments"] = {**case["arguments"], "gtf_file": "genes.gtf.gz"}
    _assert_same(_ours(case, FOLDER), _of(expected, "gene-tss"))


_HG38 = {"intervals_file": "kipoiseq/intervals_51bp.tsv",
         "fasta_file": "kipoiseq/hg38_chr22_32000000_32300000.fa"}
_BASENJI = {"intervals_file": "basenji/ism/seqs.bed", "fasta_file": "basenji/hg38_1m.fa.gz"}
_BPNET = {"intervals_file": "bpnet/mini_genome/peaks.bed",
          "fasta_file": "bpnet/mini_genome/mini.genome.fa"}
_GENES = {"gtf_file": "kipoiseq/sample.gtf", "fasta_file": "kipoiseq/sample.5kb.fa"}
REAL = {
    "plain": ("SeqIntervalDl", _HG38),
    "basset": ("SeqIntervalDl", {**_HG38, "auto_resize_len": 600, "alphabet_axis": 0,
                                 "dummy_axis": 2, "dtype": "np.float32"}),
    "beluga": ("SeqIntervalDl", {**_HG38, "auto_resize_len": 2000, "alphabet_axis": 0,
                                 "dummy_axis": 1, "alphabet": "AGCT", "dtype": "np.float32"}),
    "basenji": ("SeqIntervalDl", {**_HG38, "auto_resize_len": 131072, "ignore_targets": True}),
    "text": ("StringSeqIntervalDl", {**_HG38, "force_upper": False}),
    "bgzip": ("SeqIntervalDl", {**_BASENJI, "auto_resize_len": 1001}),
    "peaks-text": ("SeqIntervalDl", {**_BPNET, "auto_resize_len": 4, "label_dtype": "str"}),
    "strand": ("SeqIntervalDl", {
        "intervals_file": "kipoiseq/sample_interval_strand.bed",
        "fasta_file": "kipoiseq/sample.5kb.fa", "use_strand": True}),
    "nochr": ("SeqIntervalDl", {
        "intervals_file": "kipoiseq/sample_intervals_nochr.bed",
        "fasta_file": "kipoiseq/sample.5kb.fa"}),
    "genes": ("AnchoredGTFDl", {
        **_GENES, "num_upstream": 20, "num_downstream": 30,
        "gtf_filter": 'gene_biotype == "protein_coding"',
        "interval_attrs": ["gene_id", "gene_name", "Strand", "Source"]}),
}


@pytest.mark.real
def test_data_of_others(tmp_path: Path) -> None:
    """bgzip needs biopython beside kipoiseq."""
    data, python = os.environ.get("DLG_TEST_DATA"), os.environ.get("DLG_KIPOISEQ_PYTHON")
    if python is None and find_spec("kipoiseq"):
        python = sys.executable
    if not data or not python:
        pytest.skip("DLG_TEST_DATA does not name the folder with kipoiseq/, or kipoiseq is not "
                    "installed, here or for the Python that DLG_KIPOISEQ_PYTHON names")
    cases = {name: {"loader": loader, "arguments": arguments}
             for name, (loader, arguments) in REAL.items()}
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    subprocess.run([python, str(ORACLE), str(tmp_path / "cases.json"), data,
                    str(tmp_path / "expected.npz")], check=True, capture_output=True, timeout=300)
    with np.load(tmp_path / "expected.npz") as stored:
        theirs = dict(stored)
    for name, case in cases.items():
        _assert_same(_ours(case, Path(data)), _of(theirs, name))

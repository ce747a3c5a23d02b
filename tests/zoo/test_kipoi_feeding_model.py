"""A model that one of Kipoi's dataloaders feeds, from files to files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlgenomics.errors import BoundsError, DlgError
from dlgenomics.spec.inputs import SourceLayout
from dlgenomics_zoo.kipoi.descriptor import Argument, Dataloader, Descriptor
from dlgenomics_zoo.kipoi.feeding import kipoi_dataloader

FOLDER = Path(__file__).parent / "kipoiseq"
FILES: dict[str, Any] = {"intervals_file": FOLDER / "targets.tsv",
                         "fasta_file": FOLDER / "genome.fa", "pad": True}
ARGUMENTS = {"auto_resize_len": 60, "alphabet_axis": 0, "dummy_axis": 2}


@pytest.fixture(scope="module")
def model(tiny_package: Path):
    from dlgenomics import get_model

    tiny = get_model(tiny_package)
    one = tiny.spec.data.inputs["dna"].model_copy(
        update={"layout": SourceLayout(alphabet_axis=0, dummy_axis=2)})
    spec = tiny.spec.model_copy(update={
        "data": tiny.spec.data.model_copy(update={"inputs": {"dna": one}})})
    examples = tuple(Argument(name, example=value) for name, value in (
        ("intervals_file", "targets.tsv"), ("fasta_file", "genome.fa"), ("pad", True)))
    descriptor = Descriptor("x", dataloader=Dataloader(
        "kipoiseq.dataloaders.SeqIntervalDl", own="kipoiseq", default_args=ARGUMENTS,
        arguments=examples))
    return dataclasses.replace(
        tiny, spec=spec, dataloader=kipoi_dataloader(descriptor, {"dna": one}, FOLDER.parent))


def test_what_the_dataloader_gives_is_what_the_model_takes(model) -> None:
    batch = model.default_dataloader(**FILES).load_all()
    assert batch["inputs"].shape == (7, 4, 60, 1)
    expected = model.predict_on_batch(batch["inputs"])
    assert np.array_equal(model.pipeline.predict(FILES, 7), expected)
    assert np.array_equal(model.pipeline.predict_example(7), expected)
    each = [model.predict_on_batch(one) for one in
            model.default_dataloader(**FILES).batch_predict_iter(batch_size=7)]
    assert np.array_equal(np.concatenate(each), expected)


def test_a_gradient_over_files_has_the_dataloaders_layout(model) -> None:
    found = model.pipeline.input_grad(FILES, batch_size=7)
    assert found["grads"].shape == found["inputs"].shape == (7, 4, 60, 1)
    assert np.allclose(found["grads"], model.input_grad(found["inputs"]), atol=1e-6)


def test_targets_go_into_files_with_the_inputs(model, tmp_path: Path) -> None:
    model.pipeline.predict_to_file(tmp_path / "o.h5", FILES, 3, keep_inputs=True,
                                   keep_metadata=True)
    with h5py.File(tmp_path / "o.h5") as stored:
        assert stored["inputs"].shape == (7, 4, 60, 1)
        assert stored["targets"][:, 0].tolist() == [1, 0, 1, 0, 1, 0, 1]
        assert np.isnan(stored["targets"][1, 1])
        # 30-60 of chr1 has its centre at 45.
        assert (stored["metadata/ranges/start"][1], stored["metadata/ranges/end"][1]) == (15, 75)
    model.pipeline.predict_to_file(tmp_path / "o.tsv", FILES, 3, keep_inputs=True)
    header, first, *_ = (tmp_path / "o.tsv").read_text().splitlines()
    row = dict(zip(header.split("\t"), first.split("\t"), strict=True))
    assert (row["start"], row["end"], row["targets/2"]) == ("60", "90", "-3")
    model.pipeline.predict_to_file(tmp_path / "o.bed", FILES, 3)
    assert (tmp_path / "o.bed").read_text().splitlines()[2].split("\t")[:4] == [
        "chr1", "30", "60", "1"]


def test_wrong_arguments_do_not_reach_the_network(model) -> None:
    with pytest.raises(BoundsError):
        model.pipeline.predict({**FILES, "pad": False})
    with pytest.raises(DlgError, match="Did you mean 'fasta_file'"):
        model.pipeline.predict({"intervals_file": "x", "fasta_fil": "y"})

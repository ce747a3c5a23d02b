"""The shipped index: small, whole, deterministic; each model has a status by rule."""

from __future__ import annotations

import dataclasses
import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.checkout import Checkout
from dlgenomics_zoo.kipoi.descriptor import Dataloader, Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.index import (
    SHIPPED,
    Index,
    Origin,
    facts_only,
    kipoi_index,
    read_index,
    write_index,
)
from dlgenomics_zoo.kipoi.standing import STATUSES, _notes, about, framework_of, standing_of
from kipoi_zoo import MD5, write_zoo

ROOT = Path(__file__).resolve().parents[2]
MODELS = kipoi_index().models


def test_all_of_kipoi_is_in_a_small_file() -> None:
    # Counted in Kipoi's repository: 111 folders + 2,095 rows, of which 30 are in both.
    assert len(MODELS) == 2176
    assert len({one.group for one in MODELS.values()}) == 38
    assert SHIPPED.stat().st_size < 400_000
    assert kipoi_index().origin.commit == "06bfe84758b996d06f7f604b29e5b0342a700551"
    assert kipoi_index().origin.date == "2024-07-23"
    assert "MIT" in kipoi_index().origin.notice


def test_it_holds_facts_and_no_prose() -> None:
    for one in MODELS.values():
        assert not one.doc
        assert len(one.trained_on) < 250
        assert all(len(array.doc) < 125 for array in one.inputs.arrays)
    text = gzip.decompress(SHIPPED.read_bytes()).decode()
    assert "Abstract" not in text


def test_facts_of_single_models() -> None:
    basset = MODELS["Basset"]
    assert basset.files == (RemoteFile(
        "weights", "https://zenodo.org/record/1466068/files/pretrained_model_reloaded_th.pth?download=1",
        md5="4878981d84499eb575abd0f3b45570d3"),)
    assert basset.inputs.arrays[0].shape == (4, 600, 1)
    assert len(basset.targets.arrays[0].labels) == 164
    assert basset.dataloader.default_args == {
        "auto_resize_len": 600, "alphabet_axis": 0, "dummy_axis": 2, "dtype": "float32"}
    assert MODELS["DeepSEA/beluga"].dataloader.default_args["alphabet"] == "AGCT"
    assert len(MODELS["DeepSEA/beluga"].targets.arrays[0].labels) == 2002
    weights = MODELS["DeepMEL/DeepMEL"].file("weights")
    assert weights is not None
    assert weights.md5 == "ed39e3c9ca23998aaabf9e1c060b6fae"  # written with a prefix "md5:" there
    assert MODELS["rbp_eclip/AARS"].dataloader.own == "rbp_eclip/AARS"
    assert MODELS["AttentiveChrome/E003"].dataloader.own == "AttentiveChrome"


def test_every_file_can_be_verified() -> None:
    assert all(file.md5 or file.sha256 for one in MODELS.values() for file in one.all_files())
    assert all(file.url.startswith("https://") for one in MODELS.values() for file in one.all_files())


def test_an_index_is_deterministic_and_loses_nothing(tmp_path: Path) -> None:
    models = Checkout(write_zoo(tmp_path / "zoo")).models()
    index = Index(Origin("here", "c", "d"), models)
    write_index(index, tmp_path / "a.gz")
    write_index(Index(Origin("here", "c", "d"), Checkout(tmp_path / "zoo").models()), tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert read_index(tmp_path / "a.gz") == index


def test_facts_are_kept_and_prose_is_cut() -> None:
    one = Descriptor("a", doc="Long. Text.", trained_on="One is held out. And more.", license="MIT")
    assert facts_only(one) == Descriptor("a", trained_on="One is held out", license="MIT")
    assert facts_only(dataclasses.replace(one, trained_on="word " * 200)).trained_on.endswith("word …")


@pytest.mark.parametrize("content", [
    b"", b"junk", gzip.compress(b"{}", mtime=0), gzip.compress(b"[1]", mtime=0), SHIPPED.read_bytes()[:-100],
    gzip.compress(json.dumps({"format": 99}).encode(), mtime=0),
], ids=["empty", "junk", "no format", "list", "cut", "newer"])
def test_a_damaged_index_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index.json.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="must be whole and of format 1"):
        read_index(path)


def test_the_script_writes_an_index(tmp_path: Path) -> None:
    zoo, out = write_zoo(tmp_path / "zoo"), tmp_path / "index.gz"
    script = [sys.executable, str(ROOT / "zoo" / "build_kipoi_index.py"), str(zoo), "-o", str(out)]
    done = subprocess.run([*script, "--commit", "c" * 40, "--date", "2024-01-02"],
                          capture_output=True, text=True, check=True)
    assert "3 models of cccccccccccc (2024-01-02)" in done.stderr
    assert list(read_index(out).models) == ["Group/A", "Group/human/B", "Plain"]
    assert read_index(out).models["Plain"].doc == ""
    failed = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (failed.returncode, "must be a git checkout" in failed.stderr) == (1, True)


# --- Whether a model can be used here ---


def test_every_model_has_a_status_a_line_and_where_not_native_a_reason() -> None:
    for one in MODELS.values():
        standing = standing_of(one)
        assert standing.status in STATUSES
        assert about(one)
        assert (standing.status == "native") == (not standing.reason) == (not standing.todo)
        assert (standing.status in ("native", "gone")) == bool(standing.loader)
        assert (standing.feeding == "native") == (not standing.feeding_reason)


def test_every_entry_of_the_table_is_about_a_model() -> None:
    groups = {one.group for one in MODELS.values()}
    for match in _notes():
        assert match in MODELS or match.removesuffix("/*") in groups, match


@pytest.mark.parametrize(("name", "status", "words"), [
    ("Basset", "native", "port-basset"),
    ("pwm_HOCOMOCO/human/AHR", "native", "keras-h5"),
    ("DeepSTARR", "native", "keras-json"),
    ("rbp_eclip/AARS", "native", "position_transformer_file, which is gone: kipoi/kipoi#695"),
    ("DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP", "gone", "kipoi/kipoi#695, kipoi/models#375"),
    ("AttentiveChrome/E003", "native", "kipoi/models#376"),
    ("Basenji", "trust", "a graph is code"),
    ("epidermal_basset/encode-roadmap.basset.clf.testfold-0", "trust", "slot of the optimizer"),
    ("APARENT/veff", "portable", "two sequences"),
    ("lsgkm-SVM/Chip/OpenChrom/Cmyc/K562", "out-of-scope", "not a neural network"),
    ("CleTimer/default", "out-of-scope", "gone from their host (acc_model, don_model)"),
])
def test_statuses(name: str, status: str, words: str) -> None:
    standing = standing_of(MODELS[name])
    assert standing.status == status
    assert words in str(standing)


def test_frameworks_are_those_of_the_table_where_a_class_hides_them() -> None:
    assert Counter(framework_of(one) for one in MODELS.values()) == {
        "keras": 1754, "other": 325, "pytorch": 62, "tensorflow": 31, "sklearn": 4}


def _strange(**facts: object) -> Descriptor:
    values = {"defined_as": "kipoi.model.KerasModel", "dataloader": Dataloader("kipoiseq.dataloaders.SeqIntervalDl"),
              "files": (RemoteFile("weights", "https://example.org/w.h5", "f" * 32),), **facts}
    return Descriptor("Basset", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("facts", "status"), [
    ({}, "native"),
    ({"code": ("layers.py",)}, "trust"),
    ({"defined_as": "kipoi.model.PyTorchModel"}, "trust"),
    ({"defined_as": "model.Own"}, "trust"),
    ({"defined_as": "kipoi.model.TensorFlow2Model"}, "trust"),
    ({"defined_as": "kipoi.model.SklearnModel"}, "trust"),
    ({"files": ()}, "trust"),
    ({"files": (RemoteFile("weights", "https://sandbox.zenodo.org/w", MD5),)}, "gone"),
    ({"defined_as": "", "problems": ("what must hold",)}, "unreadable"),
])
def test_another_model_of_the_same_name_follows_the_rules_alone(facts: dict[str, object], status: str) -> None:
    one = _strange(**facts)
    assert standing_of(one).status == status
    assert about(one) == ""


def test_a_copy_of_a_model_is_known_by_its_files() -> None:
    copy = dataclasses.replace(MODELS["Basset"], name="somewhere/else")
    assert standing_of(copy).loader == "port-basset"
    forged = dataclasses.replace(copy, files=(dataclasses.replace(copy.files[0], md5=MD5),))
    assert standing_of(forged).status == "trust"

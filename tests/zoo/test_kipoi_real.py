"""All of Kipoi's real descriptors, and a census of them that was made independently."""

from __future__ import annotations

import csv
import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlgenomics_zoo.kipoi.checkout import Checkout
from dlgenomics_zoo.kipoi.descriptor import Descriptor, Schema
from dlgenomics_zoo.kipoi.index import facts_only, kipoi_index
from dlgenomics_zoo.kipoi.standing import framework_of, standing_of

pytestmark = pytest.mark.real

# What a checkout without data files beside the descriptors cannot tell.
_WITH_DATA_BESIDE = {"scbasset", "CleTimer/default", "CleTimer/customBP"}


def _folder() -> Path:
    """Return the folder with descriptors/ and census.tsv: DLG_KIPOI_MODELS, or beside the data."""
    named = os.environ.get("DLG_KIPOI_MODELS")
    data = os.environ.get("DLG_TEST_DATA")
    folder = Path(named) if named else Path(data).parent / "kipoi" if data else None
    if folder is None or not (folder / "descriptors").is_dir():
        pytest.skip("neither DLG_KIPOI_MODELS nor a folder beside DLG_TEST_DATA has descriptors/")
    return folder


@pytest.fixture(scope="module")
def listed() -> list[Descriptor]:
    return list(Checkout(_folder() / "descriptors").listed())


@pytest.fixture(scope="module")
def census() -> Iterator[dict[str, dict[str, str]]]:
    with (_folder() / "census.tsv").open(encoding="utf-8", newline="") as stream:
        yield {row["name"]: row for row in csv.DictReader(stream, delimiter="\t")}


def test_all_parse_and_all_templates_expand(listed: list[Descriptor]) -> None:
    assert len(listed) == 2206
    assert len({one.name for one in listed}) == 2176
    assert [(one.name, one.problems) for one in listed if one.problems] == []


def test_the_shipped_index_is_what_the_descriptors_say() -> None:
    models = Checkout(_folder() / "descriptors").models()
    shipped = kipoi_index().models
    assert set(models) == set(shipped)
    for name in set(models) - _WITH_DATA_BESIDE:
        assert facts_only(models[name]) == shipped[name]


def test_none_crashes_info(listed: list[Descriptor]) -> None:
    from dlgenomics_cli.kipoi import kipoi_data, kipoi_facts
    from dlgenomics_zoo.catalogue import Location

    for one in listed:
        location = Location(one.name, "kipoi", one)
        assert kipoi_facts(location, one)["model"] == one.name
        assert kipoi_data(location, one)["standing"]["status"]


def test_names_frameworks_files_and_shapes_are_those_of_the_census(census: dict[str, dict[str, str]]) -> None:
    models = kipoi_index().models
    assert set(models) == set(census)
    for name, row in census.items():
        one = models[name]
        assert framework_of(one) == row["framework"].removesuffix("1")
        assert _file(one, "weights", "model_file", "checkpoint_path/data", "pkl_file", "acc_model") == (
            row["weights_url"], row["weights_md5"])
        if row["arch_url"]:
            assert _file(one, "arch", "checkpoint_path/meta") == (row["arch_url"], row["arch_md5"])
        assert (one.expectation.url if one.expectation else "") == row["expected_predictions"]
        assert (row["dataloader"].startswith("own:")) == bool(one.dataloader.own)
        if not one.dataloader.own:
            assert one.dataloader.defined_as == row["dataloader"]


def _file(one: Descriptor, *roles: str) -> tuple[str, str]:
    file = next(filter(None, map(one.file, roles)), None)
    return (file.url, file.md5) if file else ("", "")


def test_shapes_of_single_arrays_are_those_of_the_census(census: dict[str, dict[str, str]]) -> None:
    compared = 0
    for name, one in kipoi_index().models.items():
        for schema, column in ((one.inputs, "input_shape"), (one.targets, "target_shape")):
            if schema.form == "array":
                assert _shape(schema) == census[name][column].replace(" ", "")
                compared += 1
    assert compared > 4000


def _shape(schema: Schema) -> str:
    shape = schema.arrays[0].shape
    assert shape is not None
    return f"({','.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def test_statuses_add_up_to_the_census(census: dict[str, dict[str, str]]) -> None:
    statuses = {name: standing_of(one).status for name, one in kipoi_index().models.items()}
    classes = Counter((row["feasibility"], statuses[name]) for name, row in census.items())
    assert {name for name, row in census.items() if row["feasibility"] == "d"} == {
        name for name, status in statuses.items() if status == "out-of-scope"}
    assert {name for name, row in census.items()
            if row["host_status"] == "dead" and row["feasibility"] != "d"} == {
        name for name, status in statuses.items() if status == "gone"}
    assert classes["a", "native"] + classes["a", "portable"] == 653
    assert classes["b", "native"] + classes["b", "portable"] + classes["b", "gone"] == 1095
    assert sum(count for (group, _), count in classes.items() if group == "c") == 95
    assert Counter(statuses.values()) == {
        "gone": 927, "native": 878, "out-of-scope": 333, "portable": 7, "trust": 31}


def test_prose_stays_out_of_the_index(listed: list[Descriptor]) -> None:
    """No sentence of a model's description is in what is shipped."""
    docs = {one.doc for one in listed if len(one.doc) > 200}
    shipped = " ".join(str(dataclasses.asdict(one)) for one in kipoi_index().models.values())
    assert len(docs) > 15
    assert not [doc for doc in docs if doc[:150] in shipped]

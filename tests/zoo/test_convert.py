"""Models made elsewhere become packages that last: one by one, from a list, and again."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import layer, write_h5, write_json
from old_torch import write_zip

from dlgenomics import get_model
from dlgenomics.errors import DataError, DlgError
from dlgenomics_zoo.imports.conversions import (
    CONVERTED,
    FAILED,
    SKIPPED,
    convert_all,
    read_outcomes,
    read_wishes,
)
from dlgenomics_zoo.imports.convert import Wish, convert
from made_kipoi import LENGTH, expected, weights, write_model, write_network

Dlg = Callable[..., tuple[int, str, str]]

PORT = """
port: 1
models: [mine]
targets: 2
input: {alphabet_axis: 1}
weights:
  hidden: {dense: "1"}
  score: {dense: "3"}
spec:
  spec: 1
  name: mine
  task: multilabel_classification
  data:
    inputs: {dna: {kind: dna, length: 5, n: quarter}}
    targets: {score: {columns: []}}
  model:
    layers:
      - Flatten
      - Dense: {units: 3, activation: relu, name: hidden}
      - Dense: {units: 2, activation: sigmoid, name: score}
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "preserved"


def _packages(out: Path) -> set[str]:
    return {path.parent.relative_to(out).as_posix() for path in out.rglob("model.yaml")}


def test_a_kipoi_model_becomes_a_package_with_its_facts(tmp_path: Path, out: Path, rng: Any) -> None:
    folder = write_model(tmp_path / "Adder", licence="CC BY-NC 4.0")
    place = convert(Wish(str(folder)), out)
    assert place == out / "Adder"
    shutil.rmtree(folder)
    model = get_model(place)
    x = rng.random((3, LENGTH, 4)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), expected(x, weights()), atol=1e-6)
    assert (model.spec.license, model.columns) == ("CC BY-NC 4.0", ["open", "closed"])
    card = (place / "README.md").read_text()
    for part in ("CC BY-NC 4.0", "https://doi.org/10.1/2", "Ada", "## Where it comes from",
                 "weights.h5, sha256 ", "a source in Kipoi's form", "dlg convert"):
        assert part in card
    assert model.test().difference == 0


def test_a_whole_keras_file_reads_genomes_if_asked(tmp_path: Path, out: Path, rng: Any) -> None:
    path = write_network(tmp_path / "my net.h5", weights(3))
    plain = get_model(convert(Wish(str(path)), out))
    assert (plain.name, plain.data.inputs["conv_input"].kind) == ("my_net", "array")
    reading = get_model(convert(Wish(str(path), name="lab/net", n="zeros"), out))
    assert reading.data.inputs["conv_input"].n == "zeros"
    x = rng.random((3, LENGTH, 4)).astype("float32")
    for model in (plain, reading):
        np.testing.assert_allclose(model.predict_on_batch(x), expected(x, weights(3)), atol=1e-6)


def test_an_architecture_needs_its_weights(tmp_path: Path, out: Path, rng: Any) -> None:
    arch = write_json(tmp_path / "arch.json", "Sequential", [
        layer("Dense", "d", batch_input_shape=[None, 3], units=2, activation="linear", use_bias=True)])
    kernel, bias = rng.normal(size=(3, 2)), rng.normal(size=2)
    stored = write_h5(tmp_path / "w.h5", {"d": [("d/kernel:0", kernel), ("d/bias:0", bias)]})
    with pytest.raises(DlgError, match=r"a model needs weights.*--weights FILE"):
        convert(Wish(str(arch)), out)
    model = get_model(convert(Wish(str(arch), weights=stored, name="small"), out))
    x = rng.random((4, 3)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), x @ kernel + bias, atol=1e-6)


def test_a_keras_3_file(tmp_path: Path, out: Path, rng: Any) -> None:
    import keras

    net = keras.Sequential([keras.layers.Input((6, 4)), keras.layers.Conv1D(2, 3, activation="relu"),
                            keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    net.save(tmp_path / "new.keras")
    x = rng.random((4, 6, 4)).astype("float32")
    model = get_model(convert(Wish(str(tmp_path / "new.keras")), out))
    np.testing.assert_allclose(model.predict_on_batch(x), np.asarray(net(x)), atol=1e-6)


def test_a_checkpoint_with_a_port_of_your_own(tmp_path: Path, out: Path, rng: Any) -> None:
    arrays = {"1.weight": rng.normal(size=(3, 20)), "1.bias": rng.normal(size=3),
              "3.weight": rng.normal(size=(2, 3)), "3.bias": rng.normal(size=2)}
    path = write_zip(tmp_path / "net.pth", arrays)
    (tmp_path / "mine.yaml").write_text(PORT)
    model = get_model(convert(Wish(str(path), port=str(tmp_path / "mine.yaml")), out))
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (6, 5))]
    hidden = np.maximum(x.reshape(6, 20) @ arrays["1.weight"].T + arrays["1.bias"], 0)
    score = 1 / (1 + np.exp(-(hidden @ arrays["3.weight"].T + arrays["3.bias"])))
    np.testing.assert_allclose(model.predict_on_batch(x), score, atol=1e-5)
    with pytest.raises(DlgError, match=r"a port says which network.*basset, deepsea-beluga.*--port"):
        convert(Wish(str(path)), out)
    with pytest.raises(DataError, match="Did you mean 'basset'"):
        convert(Wish(str(path), port="baset"), out)
    (tmp_path / "half.yaml").write_text("port: 1\nmodels: []\n")
    with pytest.raises(DataError, match="a port must have models, targets"):
        convert(Wish(str(path), port=str(tmp_path / "half.yaml")), out)


def test_open_lengths_must_be_chosen(tmp_path: Path, out: Path, rng: Any) -> None:
    from dlgenomics_zoo.client import Terms

    path = write_network(tmp_path / "any.h5", weights(), length=None)
    with pytest.raises(DlgError, match=r"sequences of any length.*--length 500"):
        convert(Wish(str(path)), out)
    model = get_model(convert(Wish(str(path)), out, Terms(length=20)))
    x = rng.random((2, 20, 4)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), expected(x, weights(), 20), atol=1e-6)


def test_a_list_goes_on_where_it_stopped(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = [write_network(tmp_path / f"net{i}.h5", weights(i)) for i in range(3)]
    bad = tmp_path / "bad.h5"
    bad.write_bytes(b"<html>Sign in</html>")
    (tmp_path / "list.txt").write_text("\n".join(map(str, [good[0], bad, good[1], good[2]])) + "  # last\n\n# done\n")
    wishes = read_wishes(tmp_path / "list.txt")
    assert [wish.what for wish in wishes] == [str(p) for p in (good[0], bad, good[1], good[2])]
    killed = convert_all(wishes, out)
    assert [next(killed).status for _ in range(3)] == [CONVERTED, FAILED, CONVERTED]
    killed.close()
    assert _packages(out) == {"net0", "net1"}
    before = (out / "net0" / "model.yaml").read_bytes()

    write_network(bad, weights(9))
    found = list(convert_all(wishes, out))
    assert [one.status for one in found] == [SKIPPED, CONVERTED, SKIPPED, CONVERTED]
    assert (out / "net0" / "model.yaml").read_bytes() == before
    assert [one.model for one in read_outcomes(out)] == ["net0", "bad", "net1", "net2"]

    (out / "net1" / "targets.txt").write_text("changed")
    assert [one.status for one in convert_all(wishes, out)] == [SKIPPED, SKIPPED, CONVERTED, SKIPPED]


def test_two_models_of_one_name_do_not_take_each_others_place(tmp_path: Path, out: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    first = write_network(tmp_path / "a" / "net.h5", weights(1))
    second = write_network(tmp_path / "b" / "net.h5", weights(2))
    convert(Wish(str(first)), out)
    with pytest.raises(DlgError, match=r"holds another model.*--name"):
        convert(Wish(str(second)), out)
    (out / "other").mkdir()
    (out / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(DlgError, match="other things"):
        convert(Wish(str(second), name="other"), out)
    assert (out / "other" / "thesis.txt").read_text() == "mine"


def test_by_command(tmp_path: Path, out: Path, run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write_network(tmp_path / "one.h5", weights(1))
    status, text, err = run_dlg("convert", one, write_model(tmp_path / "Adder"), "-o", out, "--json")
    assert status == 0, err
    assert [row["status"] for row in json.loads(text)] == ["converted", "converted"]
    rows = list(csv.DictReader((out / "converted.tsv").open(), delimiter="\t"))
    assert [(row["model"], row["parameters"]) for row in rows] == [("one", "77"), ("Adder", "77")]
    monkeypatch.setenv("DLG_ZOO", str(out))
    assert run_dlg("test", "one")[0] == 0
    status, text, err = run_dlg("convert", one, "HAL", "no such model", "-o", out)
    assert status == 1
    lines = [line.split("\t") for line in text.splitlines()]
    assert [line[1] for line in lines] == ["status", "skipped", "failed", "failed"]
    assert "not a neural network" in lines[2][6]
    assert run_dlg("convert", "-o", out)[0] == 2
    assert run_dlg("convert", one, "HAL", "--name", "x", "-o", out)[0] == 2


def test_a_package_is_copied_whole(out: Path) -> None:
    place = convert(Wish("dragonn/tal1"), out)
    assert place == out / "dragonn" / "tal1"
    assert get_model(place).test().examples == 8


@pytest.mark.index
def test_spliceai_through_the_wheel(out: Path, rng: Any) -> None:
    """Loaded, packaged, moved, loaded again: the same numbers, and those of its authors' layout."""
    from dlgenomics.errors import FetchError

    try:
        model = get_model("spliceai/1", length=10_051)
    except FetchError as error:
        pytest.skip(f"the package index cannot be reached: {error}")
    assert (model.spec.license, model.columns) == ("CC BY-NC 4.0", ["neither", "acceptor", "donor"])
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (1, 10_051))]
    found = model.predict_on_batch(x)
    assert found.shape == (1, 51, 3)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)
    moved = get_model(shutil.copytree(model.source_dir, out))
    np.testing.assert_array_equal(moved.predict_on_batch(x), found)
    assert moved.test().difference <= 1e-5
    # One position more at either end leaves what lies between as it was.
    longer = get_model("spliceai/1", length=10_053)
    padded = np.concatenate([np.zeros((1, 1, 4)), x, np.zeros((1, 1, 4))], axis=1)
    np.testing.assert_allclose(longer.predict_on_batch(padded)[:, 1:-1], found, atol=1e-5)


@pytest.mark.index
@pytest.mark.parametrize("name", ["mmsplice/Acceptor", "mmsplice/Donor", "mmsplice/mtsplice0"])
def test_modules_of_mmsplice(name: str) -> None:
    from dlgenomics.errors import FetchError

    try:
        assert get_model(name).test().examples == 4
    except FetchError as error:
        pytest.skip(f"the package index cannot be reached: {error}")

"""Other engines give what TensorFlow gives, or are refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.data.encoding import one_hot
from dlgenomics.errors import DlgError
from dlgenomics.predict.computation import Wanted, computation_of
from dlgenomics.predict.engines import opening
from dlgenomics.predict.engines.opening import ENGINES, check_engine, open_engine
from dlgenomics.predict.engines.openvino import OpenVinoEngine
from dlgenomics_cli import running


@pytest.fixture(scope="module")
def model(tiny_package: Path):
    from dlgenomics import get_model

    return get_model(tiny_package)


def test_openvino_gives_what_tensorflow_gives(model, rng: np.random.Generator) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engine = open_engine("openvino", model)
    for count in (1, 7, 32):
        x = {"dna": np.eye(4, dtype=np.float32)[rng.integers(0, 4, (count, 60))]}
        found = engine(x)
        assert set(found) == {"bound"}
        assert found["bound"].dtype == np.float32
        assert np.abs(found["bound"] - model.forward(x)["bound"]).max() < 1e-6
    first = engine({"dna": np.zeros((1, 60, 4), np.float32)})["bound"].copy()
    engine({"dna": np.ones((1, 60, 4), np.float32)})
    assert np.array_equal(first, engine({"dna": np.zeros((1, 60, 4), np.float32)})["bound"])


@pytest.mark.parametrize(("length", "keepdims"), [(5, True), (6, False), (11, True), (54, False)])
def test_maxima_over_positions_are_taken_in_windows(
    length: int, keepdims: bool, rng: np.random.Generator
) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    import keras

    taken = keras.Input((length, 3), name="x")
    maxima = keras.layers.GlobalMaxPooling1D(keepdims=keepdims)(keras.layers.Conv1D(4, 2)(taken))
    model = keras.Model(taken, maxima)
    engine = OpenVinoEngine(model, ["x"], ["y"])
    kinds = [node.get_type_name() for node in engine._graph.get_ordered_ops()]
    assert "MaxPool" in kinds
    assert "ReduceMax" not in kinds
    x = rng.normal(size=(7, length, 3)).astype(np.float32)
    assert np.allclose(engine({"x": x})["y"], model.predict_on_batch(x), atol=1e-6)


def test_threads_may_share_an_engine(model, rng: np.random.Generator) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engine = open_engine("openvino", model)
    batches = [{"dna": np.eye(4, dtype=np.float32)[rng.integers(0, 4, (count, 60))]}
               for count in (200, 64, 1, 130, 0, 65) * 5]
    alone = [engine(batch)["bound"] for batch in batches]
    with ThreadPoolExecutor(4) as threads:
        together = [found["bound"] for found in threads.map(engine, batches)]
    for one, other, batch in zip(alone, together, batches, strict=True):
        assert np.array_equal(one, other)
        assert one.shape == (len(batch["dna"]), 1)
        assert np.allclose(one, model.forward(batch)["bound"], atol=1e-6)


def test_random_words_are_of_all_kinds() -> None:
    from dlgenomics.spec.inputs import KmerInput

    one = KmerInput(kind="kmer", length=40, k=1)
    found = opening._random_input(one, np.random.default_rng(0))
    assert (found.dtype, found.shape) == (np.int32, (4, 40))
    assert set(found.ravel().tolist()) == {0, 1, 2, 3, 4}


def test_openvinos_want_of_memory_is_known_and_nothing_goes_on_behind_it(
    model, rng: np.random.Generator
) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engine = OpenVinoEngine(model.model, ["dna"], ["bound"])
    x = {"dna": np.eye(4, dtype=np.float32)[rng.integers(0, 4, (200, 60))]}
    whole = engine(x)["bound"]
    waited = []

    class Failing:
        """The first of all requests fails; it shows which were waited for."""

        def __init__(self, request: Any) -> None:
            self.request = request

        def __getattr__(self, name: str) -> Any:
            return getattr(self.request, name)

        def wait(self) -> None:
            self.request.wait()
            waited.append(self)
            if len(waited) == 1:
                raise RuntimeError("Exception from src:1:\nFailed to allocate 5 bytes of memory\n")

    for compiled in engine._compiled.values():
        compiled.free[:] = [Failing(compiled.network.create_infer_request()) for _ in range(4)]
    with pytest.raises(MemoryError, match="Failed to allocate 5 bytes"):
        engine(x)
    assert len(waited) == 4
    assert sum(len(one.free) for one in engine._compiled.values()) == 2 * 4 - 1
    assert np.array_equal(engine(x)["bound"], whole)


def test_an_engine_is_opened_once(model) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    assert model.engine("openvino") is model.engine("openvino")
    assert model.engine("tensorflow").run is model.forward
    assert model.engine("tensorflow").comparison is None


def test_bfloat16_is_near_tensorflow(model, rng: np.random.Generator) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engine = open_engine("openvino-bfloat16", model)
    x = {"dna": np.eye(4, dtype=np.float32)[rng.integers(0, 4, (200, 60))]}
    assert np.allclose(engine(x)["bound"], model.forward(x)["bound"], rtol=0.03, atol=0.02)


def test_a_batch_is_used_where_it_lies_or_copied_with_the_same_bits(
    model, rng: np.random.Generator
) -> None:
    codes = rng.integers(0, 4, (9, 60)).astype(np.uint8)
    aligned = one_hot(codes)
    room = np.empty(aligned.size + 1, np.float32)
    other = room[1:].reshape(aligned.shape)
    other[...] = aligned
    fixed = aligned.copy()
    fixed.flags.writeable = False
    assert aligned.ctypes.data % 64 == 0
    assert other.ctypes.data % 64 > 0
    first = model.forward({"dna": aligned})["bound"]
    kept = first.copy()
    for same in (other, fixed, aligned[:, ::-1][:, ::-1], np.asfortranarray(aligned)):
        assert np.array_equal(model.forward({"dna": same})["bound"], kept)
    aligned[...] = 0
    assert np.array_equal(first, kept)
    assert not np.array_equal(model.forward({"dna": aligned})["bound"], kept)


def test_the_command_line_names_the_engines() -> None:
    assert ("tensorflow", *ENGINES) == running.ENGINES


def test_an_engine_that_differs_is_refused_with_figures(model) -> None:
    def wrong(arrays):
        return {"bound": model.forward(arrays)["bound"] + np.float32(0.01)}

    with pytest.raises(DlgError, match=r"a difference of 0\.01 in 'bound' from other"):
        check_engine("other", wrong, model)


def test_the_largest_difference_and_what_was_allowed_are_told(model) -> None:
    def near(arrays):
        found = model.forward(arrays)["bound"].copy()
        found[1] -= np.float32(0.004)
        found[3] += np.float32(0.001)
        return {"bound": found}

    assert check_engine("same", model.forward, model).difference == 0
    found = check_engine("near", near, model, (0.0, 0.005))
    assert found.difference == pytest.approx(0.004, rel=1e-4)
    assert (found.rtol, found.atol) == (0.0, 0.005)
    allowed = check_engine("same", model.forward, model)
    assert (allowed.rtol, allowed.atol) == (model.stored_test.rtol, model.stored_test.atol)


def test_engines_by_name(model) -> None:
    with pytest.raises(DlgError, match="Did you mean 'openvino'"):
        open_engine("openvine", model)
    with pytest.raises(DlgError, match="layers and gradients are given by TensorFlow"):
        computation_of(model, Wanted(layer="bound", engine="openvino"))
    with pytest.raises(DlgError, match="one thing is written"):
        computation_of(model, Wanted(layer="bound", gradients="bound"))
    with pytest.raises(DlgError, match=r"bound\. Received: 'bond'\. Did you mean 'bound'"):
        computation_of(model, Wanted(gradients="bond"))


def test_devices_take_batches_in_turn_and_rows_keep_their_order(
    model, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from dlgenomics.predict.order import Order, computation_for, flow_for

    files = {"fasta_file": tiny_data / "genome.fa", "intervals_file": tiny_data / "intervals.bed"}
    with pytest.raises(DlgError, match=r"must be 1 to 1, the CPU devices.*Received: 2"):
        computation_of(model, Wanted(devices=2))
    (cpu,) = tf.config.list_logical_devices("CPU")
    monkeypatch.setattr(tf.config, "list_logical_devices",
                        lambda kind: [cpu, cpu, cpu] if kind == "CPU" else [])
    order = Order(Wanted(devices=3), batch_size=4)
    loader = model.default_dataloader(**files)
    flow = flow_for(loader, order, 4, computation_for(model, order))
    rows = [np.arange(first, min(first + 4, 70)) for first in range(0, 70, 4)]
    found = np.concatenate([one.predictions for one in flow.results(rows)])
    assert np.array_equal(found, model.pipeline.predict(files, batch_size=4))
    with pytest.raises(DlgError, match="several devices are TensorFlow's"):
        computation_of(model, Wanted(devices=2, engine="openvino"))


def test_a_run_may_use_another_engine(model, tiny_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    from dlgenomics.predict.order import Order

    files = {"fasta_file": tiny_data / "genome.fa", "intervals_file": tiny_data / "intervals.bed"}
    loader = model.default_dataloader(**files)
    expected = model.pipeline.predict(files, batch_size=32)[:, 0]
    done = model.pipeline.write_predictions(
        tmp_path / "o.tsv", loader, Order(Wanted(engine="openvino"), batch_size=32))
    assert done.to_data()["engine"] == "openvino"
    stored = model.stored_test
    far = np.abs(model.engine("openvino")(stored.inputs)["bound"]
                 - model.forward(stored.inputs)["bound"]).max()
    assert done.to_data()["comparison"] == {
        "difference": float(far), "rtol": stored.rtol, "atol": stored.atol}
    lines = (tmp_path / "o.tsv").read_text().splitlines()[1:]
    found = np.array([line.split("\t")[-1] for line in lines], np.float32)
    assert np.abs(found - expected).max() < 1e-6

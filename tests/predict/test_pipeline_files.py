"""Pipelines with what is kept beside predictions, in every kind of file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from dlgenomics.data.intervals import read_intervals
from dlgenomics.errors import DlgError, OutputError, RunError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.computation import Wanted, computation_of
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.loaders.opening import own_dataloader
from dlgenomics.predict.nested import flatten, join_rows
from dlgenomics.predict.order import Order, flow_for, plan_for
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Piece, Plan
from dlgenomics.predict.writers import ENDINGS
from dlgenomics.predict.writers.result import Result
from dlgenomics.spec.inputs import DnaInput, TrackInput

LENGTH = 60
COUNT = 13


@pytest.fixture(scope="module")
def model(tiny_package: Path):
    from dlgenomics import get_model

    return get_model(tiny_package)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    letters = np.random.default_rng(8).choice(list("ACGT"), 400)
    (folder / "g.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    (folder / "i.bed").write_text("".join(
        f"chr1\t{20 * i}\t{20 * i + LENGTH}\tn{i}\t0\t{'+-.'[i % 3]}\n" for i in range(COUNT)))
    (folder / "s.fa").write_text("".join(
        f">s{i}\n{''.join(letters[i:i + LENGTH])}\n" for i in range(COUNT)))
    return {"fasta_file": folder / "g.fa", "intervals_file": folder / "i.bed"}


@pytest.fixture(scope="module")
def batch(model, files: dict[str, Path]) -> dict[str, Any]:
    return model.default_dataloader(**files).load_all()


@pytest.fixture(scope="module")
def expected(model, batch: dict[str, Any]) -> np.ndarray:
    return model.predict_on_batch(batch["inputs"])


def test_predictions_with_their_metadata(model, files, expected, batch) -> None:
    found = model.pipeline.predict(files, batch_size=COUNT, keep_metadata=True)
    assert set(found) == {"preds", "metadata"}
    assert np.array_equal(found["preds"], expected)
    ranges = model.pipeline.predict(files, batch_size=4, keep_metadata=True)["metadata"]["ranges"]
    assert ranges.start.tolist() == batch["metadata"]["ranges"].start.tolist()
    assert ranges["id"].tolist() == [str(i) for i in range(COUNT)]
    streamed = list(model.pipeline.predict_generator(files, 5, keep_metadata=True))
    assert [len(one["preds"]) for one in streamed] == [5, 5, 3]


def test_a_layer_instead_of_predictions(model, files, batch, tmp_path: Path) -> None:
    (name,) = [one.name for one in model.model.layers if "conv" in one.name]
    expected = model.predict_activation_on_batch(batch["inputs"], name)
    index = [one.name for one in model.model.layers].index(name) + 1
    for layer in (name, index):
        assert np.array_equal(model.pipeline.predict(files, COUNT, layer), expected)
    small = model.model.layers[-1].name
    model.pipeline.predict_to_file(tmp_path / "l.tsv", files, layer=small)
    assert (tmp_path / "l.tsv").read_text().splitlines()[0].split("\t")[-1] == "preds/0"
    with pytest.raises(ValueError, match="Received: 'nothing'"):
        model.pipeline.predict(files, layer="nothing")


def test_workers_change_nothing(model, files, expected) -> None:
    for workers in (0, 1, 2, 5):
        assert np.array_equal(model.pipeline.predict(files, COUNT, num_workers=workers), expected)
    assert np.array_equal(
        model.pipeline.predict(files, COUNT, shuffle=False, drop_last=False), expected)


@pytest.mark.parametrize(("workers", "most"), [(0, 0), (1, 2), (2, 2), (5, 5)])
def test_as_many_batches_are_read_ahead_as_was_said(model, files, workers: int, most: int) -> None:
    order = Order(batch_size=1, ahead=workers)
    loader = model.default_dataloader(**files)
    flow = flow_for(loader, order, 1, computation_of(model, Wanted()), writes=False)
    assert flow.ahead == most
    in_turn = flow_for(loader, order, 1, computation_of(model, Wanted(layer=1)), writes=False)
    read: list[int] = []

    def batches():
        for row in range(3):
            read.append(row)
            yield np.array([row])

    results = in_turn.results(batches())
    next(results)
    assert len(read) == min(3, workers + 1)
    assert len(list(results)) == 2


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"num_workers": -1}, "num_workers must be 0 or more"),
    ({"shuffle": True}, "predictions come in the order of the files. Received: True."),
    ({"drop_last": True}, "every row has its prediction"),
    ({"num_worker": 1}, "Did you mean 'num_workers'?"),
])
def test_reading_in_ways_that_there_are_not(
    model, files, tmp_path: Path, arguments: dict[str, Any], sentence: str
) -> None:
    for call in (lambda: model.pipeline.predict(files, **arguments),
                 lambda: model.pipeline.predict_to_file(tmp_path / "x.tsv", files, **arguments)):
        with pytest.raises(DlgError) as caught:
            call()
        assert sentence in str(caught.value)
    assert not list(tmp_path.glob("*.tsv"))


def test_hdf5_has_kipois_groups(model, files, expected, batch, tmp_path: Path) -> None:
    for size in (4, COUNT):
        path = tmp_path / f"{size}.h5"
        assert model.pipeline.predict_to_file(path, files, size, True, True) == COUNT
        with h5py.File(path) as stored:
            assert set(stored) == {"preds", "inputs", "metadata"}
            assert np.abs(stored["preds"][:] - expected).max() <= 1e-6
            assert np.array_equal(stored["inputs"][:], batch["inputs"])
            ranges = stored["metadata/ranges"]
            assert set(ranges) == {"chr", "start", "end", "id", "strand"}
            assert ranges["chr"].asstr()[:].tolist() == ["chr1"] * COUNT
            assert ranges["start"][:].tolist() == [20 * i for i in range(COUNT)]
            assert ranges["strand"].asstr()[:].tolist() == ["+-."[i % 3] for i in range(COUNT)]
            assert stored["preds"].maxshape == (None, 1)
            assert stored["preds"].compression == "gzip"
    model.pipeline.predict_to_file(tmp_path / "bare.hdf5", files)
    with h5py.File(tmp_path / "bare.hdf5") as stored:
        assert list(stored) == ["preds"]


def _names_in(path: Path) -> set[str]:
    if path.suffix == ".npz":
        with np.load(path) as stored:
            return set(stored.files)
    if path.suffix == ".h5":
        found: set[str] = set()
        with h5py.File(path) as stored:
            stored.visititems(
                lambda name, one: found.add(name) if isinstance(one, h5py.Dataset) else None)
        return found
    return {str(one.parent.relative_to(path)) for one in path.rglob(".zarray")}


@pytest.mark.parametrize(("ending", "bare"), [
    ("h5", "preds"), ("npz", "preds column_labels/preds chrom start end name strand"),
    ("zarr", "preds records/chrom records/start records/end records/name records/strand"),
])
def test_arrays_and_what_names_their_rows(model, files, tmp_path: Path, ending, bare) -> None:
    """As the README has it."""
    if ending == "zarr":
        pytest.importorskip("zarr", reason="the extra zarr is not installed")
    path, ranges = tmp_path / f"o.{ending}", "chr start end id strand"
    model.pipeline.predict_to_file(path, files)
    assert _names_in(path) == set(bare.split())
    model.pipeline.predict_to_file(path, files, keep_metadata=True)
    assert _names_in(path) == {*bare.split(), *(f"metadata/ranges/{one}" for one in ranges.split())}


def test_bed_can_be_read_as_bed(model, files, expected, tmp_path: Path) -> None:
    path = tmp_path / "out.bed"
    model.pipeline.predict_to_file(path, files, COUNT)
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert lines[0] == ["#chr", "start", "end", "name", "score", "strand", "preds/0"]
    assert lines[2][:6] == ["chr1", "20", "80", "n1", ".", "-"]
    assert np.array_equal(np.array([one[6] for one in lines[1:]], np.float32), expected[:, 0])
    found = read_intervals(path)
    assert found.start.tolist() == [20 * i for i in range(COUNT)]
    assert found.columns["preds/0"].tolist() == [one[6] for one in lines[1:]]


def test_bed_holds_what_was_asked_for(model, files, tmp_path: Path) -> None:
    bed = tmp_path / "short.bed"
    bed.write_text("chr1\t10\t20\nchr1\t300\t320\n")
    asked = {**files, "intervals_file": bed, "resize": "center", "pad": True}
    model.pipeline.predict_to_file(tmp_path / "out.bed", asked)
    rows = [line.split("\t")[:4] for line in (tmp_path / "out.bed").read_text().splitlines()[1:]]
    assert rows == [["chr1", "10", "20", "0"], ["chr1", "300", "320", "1"]]


def test_bed_needs_places(model, files, tmp_path: Path) -> None:
    sequences = {"sequences_file": files["fasta_file"].with_name("s.fa")}
    with pytest.raises(DlgError, match=r"without metadata\.ranges"):
        model.pipeline.predict_to_file(tmp_path / "out.bed", sequences)
    assert not list(tmp_path.glob("*.bed"))
    model.pipeline.predict_to_file(tmp_path / "out.h5", sequences, keep_metadata=True)
    with h5py.File(tmp_path / "out.h5") as stored:
        assert stored["metadata/id"].asstr()[:].tolist() == [f"s{i}" for i in range(COUNT)]


@pytest.mark.parametrize("name", ["out.tsv", "out.parquet", "out.pqt"])
def test_tables_keep_what_is_asked_for(
    model, files, batch, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    model.pipeline.predict_to_file(path, files, 4, keep_inputs=True, keep_metadata=True)
    if name == "out.tsv":
        header, *lines = [line.split("\t") for line in path.read_text().splitlines()]
        columns = dict(zip(header, zip(*lines, strict=True), strict=True))
    else:
        table = pq.read_table(path)
        header = table.column_names
        columns = {key: [str(one) for one in table[key].to_pylist()] for key in header}
    kept = ["chrom", "start", "end", "name", "strand", "bound"]
    kept += [f"inputs/{i}/{j}" for i in range(LENGTH) for j in range(4)]
    assert header == kept + [f"metadata/ranges/{one}" for one in ("chr", "start", "end", "id",
                                                                 "strand")]
    assert list(columns["metadata/ranges/start"]) == [str(20 * i) for i in range(COUNT)]
    found = np.array([columns[f"inputs/7/{j}"] for j in range(4)], np.float32).T
    assert np.array_equal(found, batch["inputs"][:, 7])


def test_every_format_finds_what_it_needs_and_tables_wait_without_places(
    model, files, tmp_path: Path
) -> None:
    for ending in ENDINGS:
        if ending in (".bw", ".bigwig"):
            pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
        if ending == ".zarr":
            pytest.importorskip("zarr", reason="Zarr needs the extra 'zarr'")
        assert model.pipeline.predict_to_file(tmp_path / f"every{ending}", files) == COUNT
    loader = model.default_dataloader(**files)
    for name, are_there in (("o.tsv", False), ("o.bed", True)):
        model.pipeline.write_predictions(tmp_path / name, loader, intent=Intent(piece=Piece(1, 1)))
        with np.load(tmp_path / f"{name}.parts" / "000000.npz") as shard:
            assert any(one.startswith("metadata/") for one in shard.files) == are_there


def test_signal_that_the_spec_names_is_part_of_the_plan(model, files, tmp_path: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")

    def write(name: str, value: float) -> str:
        (tmp_path / name).unlink(missing_ok=True)
        pybigtools.open(str(tmp_path / name), "w").write(
            {"chr1": 400}, iter([("chr1", 0, 400, value)]))
        return str(tmp_path / name)

    def plan(**tracks: Any) -> Plan:
        arguments = {**files, "data_folder": tmp_path, **tracks}
        loader = own_dataloader(inputs)(**arguments)
        order = Order()
        return plan_for(model, loader, order, arguments, None,
                        computation_of(model, order.wanted)).plain()

    inputs = {"dna": DnaInput(kind="dna", length=LENGTH),
              "signal": TrackInput(kind="bigwig", files=("a.bw", "b.bw"), length=4)}
    first = write("a.bw", 1.0)
    write("b.bw", 2.0)
    begun = plan()
    assert list(begun.differences(plan(tracks={"signal": [first, write("moved.bw", 2.0)]}))) == []
    write("b.bw", 3.0)
    found = list(begun.differences(plan()))
    assert "content of inputs.tracks.signal.2" in found
    assert all("tracks.signal.2" in one for one in found)


def test_the_summary_of_a_piece_is_of_its_rows(model, files, tmp_path: Path) -> None:
    loader, order = model.default_dataloader(**files), Order(batch_size=2)
    done = [model.pipeline.write_predictions(tmp_path / "piece.tsv", loader, order,
                                             intent=Intent(piece=Piece(number, 3)))
            for number in (1, 2, 3, 3)]
    assert [(one.rows, one.shards, one.resumed) for one in done] == [
        (4, 1, 0), (4, 1, 0), (5, 2, 0), (5, 2, 2)]


def test_a_refused_run_leaves_the_list_of_skipped_records(model, files, tmp_path: Path) -> None:
    lines = files["intervals_file"].read_text()
    out, noted = tmp_path / "o.tsv", tmp_path / "o.tsv.skipped.tsv"
    for name, text in (("one", lines + "bad\n"), ("good", lines)):
        (tmp_path / name).write_text(text)
    bad, good = ({**files, "intervals_file": tmp_path / name, "skip_bad": True}
                 for name in ("one", "good"))
    model.pipeline.predict_to_file(out, bad)
    before = noted.read_text()
    assert len(before.splitlines()) == 2
    with Parts(out).alone(None), pytest.raises(RunError):
        model.pipeline.predict_to_file(out, good)
    assert noted.read_text() == before
    model.pipeline.predict_to_file(out, good)
    assert not noted.exists()


def test_a_layers_output_is_no_track(model, files, tmp_path: Path) -> None:
    with pytest.raises(DlgError, match="of a layer, or gradients, without positions"):
        model.pipeline.predict_to_file(tmp_path / "layer.bg", files, layer=len(model.model.layers))
    assert not list(tmp_path.glob("layer*"))


def test_endings_without_a_writer(model, files, tmp_path: Path) -> None:
    for name in ("out.xlsx", "out.gz", "out"):
        with pytest.raises(OutputError, match=r"\.tsv, \.tsv\.gz, \.bed.*\.parquet.*\.h5"):
            model.pipeline.predict_to_file(tmp_path / name, files)


def test_an_error_leaves_no_hdf5(model, files, tmp_path: Path,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self, result) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dlgenomics.predict.writers.hdf5.Hdf5Writer.write", broken)
    with pytest.raises(OutputError, match="no space left"):
        model.pipeline.predict_to_file(tmp_path / "out.h5", files)
    assert [path.name for path in tmp_path.glob("*h5*")] == ["out.h5.parts"]


def _with_example(model, arguments: dict[str, Any]):
    own = model.default_dataloader
    return dataclasses.replace(model, dataloader=Dataloader(
        own.name, own.arguments, own.open, own.schema, lambda folder: arguments))


def test_the_example_is_predicted(model, files, expected, tmp_path: Path) -> None:
    with_example = _with_example(model, files)
    assert np.array_equal(with_example.pipeline.predict_example(COUNT), expected)
    out = tmp_path / "example.h5"
    found = with_example.pipeline.predict_example(COUNT, out, keep_metadata=True)
    assert set(found) == {"preds", "metadata"}
    with h5py.File(out) as stored:
        assert set(stored) == {"preds", "inputs", "metadata"}
    with pytest.raises(OutputError, match="a file that exists"):
        with_example.pipeline.predict_example(output_file=out)
    with pytest.raises(DlgError, match="example files"):
        model.pipeline.predict_example()


def test_gradients_of_files(model, files, batch) -> None:
    found = model.pipeline.input_grad(files, batch_size=COUNT)
    assert set(found) == {"inputs", "metadata", "grads"}
    assert np.allclose(found["grads"], model.input_grad(batch["inputs"]), atol=1e-6)
    parts = model.pipeline.input_grad(files, 5, pre_nonlinearity=True)["grads"]
    assert np.allclose(parts, model.input_grad(batch["inputs"], pre_nonlinearity=True), atol=1e-6)


# Nested results, apart from any model --------------------------------------------------------


def test_nested_arrays_become_columns_in_numeric_order() -> None:
    wide = np.arange(24).reshape(2, 12)
    found = flatten({"preds": {"a": wide, "b": [wide[:, 0], wide[:, :2, None]]}})
    assert list(found) == [*(f"preds/a/{i}" for i in range(12)), "preds/b/0", "preds/b/1/0/0",
                           "preds/b/1/1/0"]
    assert found["preds/a/10"].tolist() == [10, 22]


def test_nested_arrays_are_joined_by_row() -> None:
    part = {"a": np.ones((2, 3)), "b": [np.zeros(2), {"c": np.array(["x", "yy"])}]}
    joined = join_rows([part, part])
    assert joined["a"].shape == (4, 3)
    assert joined["b"][1]["c"].tolist() == ["x", "yy"] * 2


def test_a_bed_strand_is_plus_minus_or_a_dot() -> None:
    ranges = {"chr": np.array(["c"] * 3), "start": np.arange(3), "end": np.arange(1, 4),
              "id": np.array(["0", "1", "2"]), "strand": np.array(["*", "-", "+"])}
    result = Result({}, np.zeros((3, 2)), Naming(), {"ranges": ranges},
                    {"metadata": {"ranges": ranges, "gene_id": np.array(["g", "h", "i"])}})
    columns = result.bed()
    assert columns["strand"].tolist() == [".", "-", "+"]
    assert list(columns)[6:] == ["preds/0", "preds/1", "metadata/gene_id"]

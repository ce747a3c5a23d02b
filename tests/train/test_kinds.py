"""Every kind of input and target, from files to a package that predicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlgenomics.data.sequences import write_sequences
from dlgenomics.errors import DataError
from dlgenomics.spec import load_spec, parse_spec
from dlgenomics.train.run import RunFolder, read_arrays, read_history_table

COUNT, LENGTH = 64, 24
HEAD = """\
spec: 1
name: test/kinds
task: {task}
data:
  {train}
  inputs:
{inputs}
  targets:
    y: {target}
model:
{model}
training:
  seed: 2
  epochs: 1
  batch_size: 16
  callbacks: []
"""
CONV = """\
  layers:
    - Conv1D: {filters: 4, kernel_size: 5, activation: relu}
    - GlobalMaxPooling1D
    - Dense: {units: UNITS}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequences, a genome with intervals, tracks, tables and arrays of the same 64 examples."""
    folder = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 4, (COUNT, LENGTH)).astype(np.uint8)
    names = [f"s{i}" for i in range(COUNT)]
    write_sequences(folder / "s.fa", names, codes)
    (folder / "rna.fa").write_text((folder / "s.fa").read_text().replace("T", "U"))
    letters = "ACDEFGHIKLMNPQRSTVWYXB"
    proteins = rng.integers(0, len(letters), (COUNT, LENGTH))
    (folder / "p.fa").write_text("".join(
        f">{n}\n{''.join(letters[i] for i in row)}\n" for n, row in zip(names, proteins,
                                                                        strict=True)))
    bases = "".join("ACGT"[i] for i in rng.integers(0, 4, COUNT * 30 + 20))
    (folder / "g.fa").write_text(f">chr1\n{bases}\n")
    gc = (codes[:, 5:15] % 3 > 0).mean(axis=1)
    bound = (gc > np.median(gc)).astype(int)
    word = np.array(["low", "mid", "high"])[np.digitize(gc, np.quantile(gc, [1 / 3, 2 / 3]))]
    holes = ["" if i % 5 == 0 else "NA" if i % 7 == 0 else str(b) for i, b in enumerate(bound)]
    table = ["name\tbound\tholes\tword\tgc\tlevel\tweight\tpart"]
    table += [f"{n}\t{b}\t{h}\t{w}\t{g}\t{100 * g + 3}\t{1 + i % 2}\t{['train', 'validation'][i % 2]}"
              for i, (n, b, h, w, g) in enumerate(zip(names, bound, holes, word, gc, strict=True))]
    (folder / "t.tsv").write_text("\n".join(table) + "\n")
    bed = ["#chrom\tstart\tend\tname\tscore\tstrand\tgc\tbound"]
    bed += [f"chr1\t{10 + 30 * i}\t{10 + 30 * i + LENGTH}\ts{i}\t0\t{'+-'[i % 2]}\t{gc[i]}\t{bound[i]}"
            for i in range(COUNT)]
    (folder / "i.bed").write_text("\n".join(bed) + "\n")
    (folder / "names.txt").write_text("bound\nholes\n")
    np.savez(folder / "a.npz", x=rng.random((COUNT, 3, 4)), y=rng.random((COUNT, 6, 2)).round(),
             one=np.eye(3)[rng.integers(0, 3, (COUNT, LENGTH))])
    with h5py.File(folder / "a.h5", "w") as opened:
        opened["x"] = rng.random((COUNT, 3, 4))
    return folder


@pytest.fixture(scope="module")
def tracks(files: Path) -> Path:
    pybigtools = pytest.importorskip("pybigtools")
    rng = np.random.default_rng(9)
    for name in ("plus", "minus"):
        values = rng.integers(0, 9, COUNT * 30 + 20).astype(float)
        rows = [("chr1", i, i + 1, v) for i, v in enumerate(values)]
        pybigtools.open(str(files / f"{name}.bw"), "w").write({"chr1": len(values)}, iter(rows))
    return files


def trained(files: Path, run: Path, **parts: Any) -> dict[str, Any]:
    """Train a spec made of parts; return what the run holds."""
    from dlgenomics.package.write import package_run
    from dlgenomics.train.fit import train

    extra = parts.pop("extra", "")
    text = HEAD.format(**parts) + extra
    found = train(parse_spec(text), files, run / "run")
    package_run(run / "run", run / "package")
    folder = RunFolder(run / "run")
    return {"metrics": found.metrics, "spec": load_spec(folder.spec), "package": run / "package",
            "history": read_history_table(folder), "predictions": read_arrays(folder.predictions),
            "columns": json.loads(folder.columns.read_text())}


FASTA = "train: {fasta: s.fa, labels: t.tsv}"
INTERVALS = "train: {intervals: i.bed}\n  reference: {fasta: g.fa}"
DNA = "    dna: {kind: dna, length: 24}"
CASES = {
    "rna": {
        "task": "binary_classification", "train": "train: {fasta: rna.fa, labels: t.tsv}",
        "inputs": "    rna: {kind: rna, length: 24, n: shares}", "target": "{column: bound}",
        "model": CONV.replace("UNITS", "1")},
    "protein": {
        "task": "regression", "train": "train: {fasta: p.fa, labels: t.tsv}",
        "inputs": "    seq: {kind: protein, length: 24, x: shares}",
        "target": "{column: level, transform: log1p}", "model": CONV.replace("UNITS", "1")},
    "words": {
        "task": "binary_classification", "train": FASTA,
        "inputs": "    words: {kind: kmer, length: 24, k: 3, stride: 3}", "target": "{column: bound}",
        "model": "  layers:\n    - Embedding: {input_dim: 65, output_dim: 5}\n"
              "    - GlobalAveragePooling1D\n    - Dense: {units: 1}"},
    "classes": {
        "task": "multiclass_classification", "train": FASTA, "inputs": DNA,
        "target": "{kind: classes, column: word, classes: [low, mid, high]}",
        "model": CONV.replace("UNITS", "3"), "extra": "  class_weight: balanced\n"
        "  metrics: [accuracy, auroc, balanced_accuracy]\n"},
    "labels missing": {
        "task": "multilabel_classification", "train": FASTA, "inputs": DNA,
        "target": "{columns_from: names.txt, missing: mask}", "model": CONV.replace("UNITS", "2")},
    "numbers alone": {
        "task": "binary_classification", "train": "train: {table: t.tsv}",
        "inputs": "    n: {kind: numeric, columns: [gc, level]}", "target": "{column: bound}",
        "model": "  layers:\n    - Dense: {units: 4, activation: relu}\n    - Dense: {units: 1}"},
    "numbers beside DNA": {
        "task": "binary_classification", "train": INTERVALS,
        "inputs": DNA + "\n    n: {kind: numeric, columns: [gc], scale: minmax}",
        "target": "{column: bound}",
        "model": "  layers:\n    - Flatten: {from: dna, name: flat}\n    - Concatenate: {from: [flat, n]}"
              "\n    - Dense: {units: 1}"},
    "arrays": {
        "task": "binary_classification", "train": "train: {fasta: s.fa, labels: t.tsv, arrays: a.h5}",
        "inputs": DNA + "\n    x: {kind: array, shape: [3, 4]}", "target": "{column: bound}",
        "model": "  layers:\n    - Flatten: {from: dna, name: a}\n    - Flatten: {from: x, name: b}\n"
              "    - Concatenate: {from: [a, b]}\n    - Dense: {units: 1}"},
    "arrays alone": {
        "task": "multilabel_classification", "train": "train: {arrays: a.npz}",
        "inputs": "    x: {kind: array, shape: [3, 4]}", "target": "{kind: array, shape: [6, 2]}",
        "model": "  layers:\n    - Flatten\n    - Dense: {units: 12}\n"
              "    - Reshape: {target_shape: [6, 2]}\n    - Dense: {units: 2}"},
    "positions": {
        "task": "multiclass_classification",
        "train": "train: {fasta: s.fa, arrays: a.npz}", "inputs": DNA,
        "target": "{kind: array, key: one, shape: [24, 3], columns: [none, acceptor, donor]}",
        "model": "  layers:\n    - Conv1D: {filters: 3, kernel_size: 3, padding: same}"},
    "an input that the network leaves out": {
        "task": "binary_classification", "train": INTERVALS, "target": "{column: bound}",
        "inputs": DNA + "\n    n: {kind: numeric, columns: [gc]}",
        "model": "  inputs: [dna]\n" + CONV.replace("UNITS", "1")},
    "autoencoder": {
        "task": "multiclass_classification", "train": "train: {fasta: s.fa}", "inputs": DNA,
        "target": "{kind: input, input: dna}",
        "model": "  layers:\n    - Flatten\n    - Dense: {units: 5, activation: relu}\n"
              "    - Dense: {units: 96}\n    - Reshape: {target_shape: [24, 4]}\n"
              "    - Activation: {activation: softmax, name: y}"},
}


@pytest.mark.parametrize("case", CASES)
def test_every_kind_trains_and_is_packaged(case: str, files: Path, tmp_path: Path) -> None:
    found = trained(files, tmp_path, **CASES[case])
    for part in ("validation", "test"):
        values = found["metrics"][part]["y"]
        assert values
        assert all(np.isfinite(v) for v in values.values())
        scores, labels = (found["predictions"][f"{part}/y{end}"] for end in ("", "/labels"))
        assert scores.shape == labels.shape
        assert np.isfinite(scores).all()
    assert {"loss", "data_loss", "penalty", "val_loss"} <= set(found["history"])


def test_missing_labels_are_left_out_of_metrics_and_kept_as_nan(
    files: Path, tmp_path: Path
) -> None:
    from sklearn.metrics import roc_auc_score

    found = trained(files, tmp_path, **CASES["labels missing"])
    assert found["spec"].data.targets["y"].columns == ("bound", "holes")
    labels, scores = (found["predictions"][f"test/y{end}"] for end in ("/labels", ""))
    known = ~np.isnan(labels[:, 1])
    assert 0 < known.sum() < len(known)
    each = [roc_auc_score(labels[:, 0], scores[:, 0]),
            roc_auc_score(labels[known, 1], scores[known, 1])]
    columns = found["columns"]["test"]["y"]
    assert [columns[c]["auroc"] for c in ("bound", "holes")] == pytest.approx(each)
    assert found["metrics"]["test"]["y"]["auroc"] == pytest.approx(np.mean(each))


def test_numbers_are_scaled_as_the_training_examples_are(files: Path, tmp_path: Path) -> None:
    """What goes in is the number itself, in training as in prediction."""
    from dlgenomics import get_model

    found = trained(files, tmp_path, **CASES["numbers alone"])
    fitted = found["spec"].data.inputs["n"].fitted
    from dlgenomics.data.examples import load_examples
    rows = load_examples(found["spec"], files).parts.train
    columns = [line.split("\t") for line in (files / "t.tsv").read_text().splitlines()[1:]]
    numbers = np.array([[float(line[4]), float(line[5])] for line in columns])
    assert fitted.center == pytest.approx(numbers[rows].mean(axis=0), rel=1e-6)
    assert fitted.spread == pytest.approx(numbers[rows].std(axis=0), rel=1e-5)
    model = get_model(found["package"])
    table = model.pipeline.predict({"table_file": files / "t.tsv"})
    assert model.predict_on_batch(numbers) == pytest.approx(table, abs=1e-6)
    kernel, bias = (v.numpy() for v in model.model.layers[2].weights)
    hidden = np.maximum((numbers - fitted.center) / np.array(fitted.spread) @ kernel + bias, 0)
    kernel, bias = (v.numpy() for v in model.model.layers[3].weights)
    assert 1 / (1 + np.exp(-(hidden @ kernel + bias))) == pytest.approx(table, abs=1e-5)


def test_numbers_and_arrays_in_the_pipeline(files: Path, tmp_path: Path) -> None:
    from dlgenomics import get_model
    from dlgenomics.errors import DlgError

    found = trained(files, tmp_path / "n", **CASES["numbers beside DNA"])
    model = get_model(found["package"])
    own = model.pipeline.predict({"fasta_file": files / "g.fa", "intervals_file": files / "i.bed"})
    joined = model.pipeline.predict({"fasta_file": files / "g.fa", "table_file": files / "t.tsv",
                                     "intervals_file": files / "i.bed"})
    assert own.shape == (COUNT, 1)
    assert own == pytest.approx(joined, abs=1e-6)  # the table holds the same numbers
    found = trained(files, tmp_path / "a", **CASES["arrays"])
    with pytest.raises(DlgError, match="predict_on_batch"):
        get_model(found["package"]).pipeline.predict({"sequences_file": files / "s.fa"})


PROFILE = """\
  layers:
    - Conv1D: {filters: 4, kernel_size: 5, padding: same, activation: relu, name: trunk}
    - Cropping1D: {cropping: 4}
    - Conv1D: {filters: 2, kernel_size: 1, name: y}
    - GlobalAveragePooling1D: {from: trunk}
    - Dense: {units: 2, name: total}
  outputs: [y, total]"""
PROFILE_TARGETS = """{kind: bigwig_profile, files: [plus.bw, minus.bw], length: 16, stranded: true}
    total: {kind: bigwig_counts, files: [plus.bw, minus.bw], length: 16, stranded: true}
  augment:
    - reverse_complement: {probability: 0.5}
    - shift: {max: 2}"""


def test_profiles_and_counts_from_tracks(tracks: Path, tmp_path: Path) -> None:
    case = {"task": "multitask", "train": INTERVALS, "inputs": DNA, "target": PROFILE_TARGETS,
                "model": PROFILE, "extra": "  loss_weights: {total: 10}\n"}
    found = trained(tracks, tmp_path, **case)
    spec = found["spec"]
    assert (spec.task_of("y"), spec.task_of("total")) == ("profile", "regression")
    assert set(found["metrics"]["test"]["y"]) == {"profile_pearson", "jsd"}
    assert found["predictions"]["test/y"].shape[1:] == (16, 2)
    counts = found["predictions"]["test/y/labels"].sum(axis=1)
    assert found["predictions"]["test/total/labels"] == pytest.approx(np.log1p(counts), rel=1e-6)
    history = found["history"]
    assert history["val_data_loss"][0] == pytest.approx(
        history["val_y_loss"][0] + 10 * history["val_total_loss"][0], rel=1e-6)


def test_tracks_as_inputs(tracks: Path, tmp_path: Path) -> None:
    from dlgenomics import get_model

    case = {
        "task": "binary_classification", "train": INTERVALS, "target": "{column: bound}",
        "inputs": DNA + "\n    signal: {kind: bigwig, files: [plus.bw], length: 16, bin: 4, "
        "transform: log1p}",
        "model": "  layers:\n    - Flatten: {from: dna, name: a}\n"
              "    - Flatten: {from: signal, name: b}\n"
              "    - Concatenate: {from: [a, b]}\n    - Dense: {units: 1}"}
    found = trained(tracks, tmp_path, **case)
    model = get_model(found["package"])
    scores = model.pipeline.predict({"fasta_file": tracks / "g.fa", "data_folder": tracks,
                                     "intervals_file": tracks / "i.bed"})
    test = found["predictions"]["test/y"]
    assert all(np.isclose(scores, value, atol=1e-6).any() for value in test)


STREAMED = {"task": "multitask", "train": INTERVALS, "inputs": DNA, "target": PROFILE_TARGETS,
                "model": PROFILE}


def test_what_is_streamed_gives_the_same_weights_as_what_is_held(
    tracks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = trained(tracks, tmp_path / "held", **STREAMED)
    monkeypatch.setenv("DLG_MEMORY", "0")
    read = trained(tracks, tmp_path / "read", **STREAMED)
    assert held["history"] == read["history"]
    weights = [(tmp_path / way / "run" / "model.weights.h5") for way in ("held", "read")]
    with h5py.File(weights[0]) as one, h5py.File(weights[1]) as other:
        names: list[str] = []
        one.visititems(lambda name, item: names.append(name)
                       if isinstance(item, h5py.Dataset) else None)
        assert names
        assert all((one[name][()] == other[name][()]).all() for name in names)


def test_several_sources_are_one_set_and_files_may_be_parts(files: Path, tmp_path: Path) -> None:
    records = (files / "s.fa").read_text().split(">")[1:]
    for number in range(2):
        (files / f"part{number}.fa").write_text("".join(f">{r}" for r in records[number::2]))
    two = "{fasta: part0.fa, labels: t.tsv}", "{fasta: part1.fa, labels: t.tsv}"
    base = {**CASES["rna"], "inputs": DNA}
    joined = trained(files, tmp_path / "a", **{
        **base, "train": f"train: [{', '.join(two)}]\n  split: {{by: column, column: part}}"
                         "\n  weights: weight"})
    assert set(joined["metrics"]) == {"validation"}
    parts = trained(files, tmp_path / "b", **{
        **base, "train": f"train: {two[0]}\n  validation: {two[1]}\n  split: {{by: file}}"
                         "\n  weights: weight"})
    # Every second example is for validation by column, and lies in the second file.
    assert parts["history"] == joined["history"]


def test_weights_count_examples(files: Path, tmp_path: Path) -> None:
    """A weight of 0 for some examples is training without them, batch for batch of all."""
    text = (files / "t.tsv").read_text()
    rows = [line.split("\t") for line in text.splitlines()]
    for row in rows[1:]:
        row[6] = "0"
    (files / "none.tsv").write_text("\n".join("\t".join(row) for row in rows) + "\n")
    case = {**CASES["rna"], "inputs": DNA,
            "train": "train: {fasta: s.fa, labels: none.tsv}\n  weights: weight"}
    found = trained(files, tmp_path, **case)
    from dlgenomics.build import build_model
    fresh = build_model(found["spec"])
    fresh.load_weights(tmp_path / "run" / "model.weights.h5")
    untrained = build_model(found["spec"])
    for one, other in zip(fresh.weights, untrained.weights, strict=True):
        assert (one.numpy() == other.numpy()).all()


@pytest.mark.parametrize(("case", "change", "message"), [
    ("classes", ("[low, mid, high]", "[low, mid, tall]"), "column 'word' must name one of the "
     "classes low, mid, tall. Received: 'high'."),
    ("labels missing", (", missing: mask", ""), "column 'holes' must hold finite numbers. "
     "Received: ''."),
    ("protein", ("column: level", "column: word"), "column 'word' must hold finite numbers."),
    ("rna", ("column: bound", "column: level"), "labels for binary_classification must be 0 or 1."),
    ("arrays alone", ("shape: [6, 2]", "shape: [2, 6]"), "array 'y' must have shape "
     "(examples, 2, 6). Received: (64, 6, 2)."),
])
def test_data_that_do_not_fit(
    files: Path, tmp_path: Path, case: str, change: tuple[str, str], message: str
) -> None:
    from dlgenomics.train.fit import train

    parts = {k: v.replace(*change) for k, v in CASES[case].items()}
    if case == "arrays alone":
        parts["model"] = parts["model"].replace("[6, 2]", "[2, 6]").replace("units: 2}", "units: 6}")
    extra = parts.pop("extra", "")
    with pytest.raises(DataError) as caught:
        train(parse_spec(HEAD.format(**parts) + extra), files, tmp_path / "run")
    assert message in str(caught.value)


def test_a_file_of_columns_must_fit_the_network(files: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    spec = parse_spec(HEAD.format(**{**CASES["labels missing"],
                                     "model": CONV.replace("UNITS", "3")}))
    with pytest.raises(DataError, match=r"one value for each of the 2 columns\. Received: 3"):
        train(spec, files, tmp_path / "run")
    (files / "twice.txt").write_text("bound\nbound\n")
    spec = parse_spec(HEAD.format(**CASES["labels missing"]).replace("names.txt", "twice.txt"))
    with pytest.raises(DataError, match=r"must name each once\. Received: 'bound' twice"):
        train(spec, files, tmp_path / "run")

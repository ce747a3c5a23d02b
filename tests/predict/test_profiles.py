"""Which bases the positions of an output stand for is told by the spec, or refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.predict.columns import Naming, Profile, column_names
from dlgenomics.predict.profiles import profiles_of
from dlgenomics.spec import parse_spec
from dlgenomics.spec.types import Spec

CONV = "- Conv1D: {filters: 2, kernel_size: 5, padding: same, name: c}\n"
POOLED = CONV + "- MaxPooling1D: {pool_size: 4, name: p}\n"


def _spec(layers: str, target: str, inputs: str = "dna: {kind: dna, length: 64}") -> Spec:
    listed = layers.strip().replace("\n", "\n    ")
    return parse_spec(
        "spec: 1\nname: test/profile\ntask: regression\ndata:\n"
        "  reference: {fasta: g.fa}\n  train: {intervals: i.bed, arrays: a.h5}\n"
        f"  inputs: {{{inputs}}}\n  targets: {{y: {{{target}}}}}\n"
        f"model:\n  layers:\n    {listed}\n")


def _profiles(layers: str, target: str, **inputs: str) -> dict[str, Any]:
    spec = _spec(layers, target, **inputs)
    return profiles_of(spec, column_names(spec.data))


PLACED = {
    "same": (CONV + "- Dropout: {rate: 0.1}\n", "kind: array, shape: [64, 2]", 1),
    "valid": ("- Conv1D: {filters: 2, kernel_size: 5}\n", "kind: array, shape: [60, 2]", 1),
    "causal": ("- Conv1D: {filters: 2, kernel_size: 5, padding: causal}\n",
               "kind: array, shape: [64, 2]", 1),
    # As SpliceAI's: a third of the window, and yet not three bases each.
    "cropped": (CONV + "- Cropping1D: {cropping: 16}\n", "kind: array, shape: [32, 2]", 1),
    "pooled": (POOLED + "- Dense: {units: 2}\n", "kind: array, shape: [16, 2]", 4),
    "pooled and cropped": (POOLED + "- Cropping1D: {cropping: 3}\n",
                           "kind: array, shape: [10, 2]", 4),
    "strided": ("- Conv1D: {filters: 2, kernel_size: 8, strides: 8}\n",
                "kind: array, shape: [8, 2]", 8),
    "upsampled": (POOLED + "- UpSampling1D: {size: 2}\n- Conv1D: {filters: 2, kernel_size: 3, "
                  "padding: same}\n- Cropping1D: {cropping: 4}\n", "kind: array, shape: [24, 2]", 2),
    "transposed": (POOLED + "- Conv1DTranspose: {filters: 2, kernel_size: 4, strides: 4}\n"
                   "- Cropping1D: {cropping: 8}\n", "kind: array, shape: [48, 2]", 1),
    "joined again": (POOLED + "- UpSampling1D: {size: 4, name: u}\n"
                     "- Concatenate: {from: [u, c]}\n- Cropping1D: {cropping: 8}\n"
                     "- Dense: {units: 2}\n", "kind: array, shape: [48, 2]", 1),
    "attention": (POOLED + "- MultiHeadAttention: {from: [p, p], num_heads: 1, key_dim: 2}\n"
                  "- Cropping1D: {cropping: 3}\n", "kind: array, shape: [10, 2]", 4),
    "recurrent": (CONV + "- Bidirectional: {layer: {LSTM: {units: 1, return_sequences: true}}}\n"
                  "- Cropping1D: {cropping: 2}\n", "kind: array, shape: [60, 2]", 1),
    "profile times count": (
        CONV + "- Cropping1D: {cropping: 2, name: z}\n"
        "- GlobalAveragePooling1D: {from: c, name: g}\n- RepeatVector: {n: 60, name: r}\n"
        "- Multiply: {from: [r, z]}\n", "kind: array, shape: [60, 2]", 1),
    "there and back": ("- ReverseComplement\n" + CONV + "- ReverseComplement\n"
                       "- Cropping1D: {cropping: 2}\n", "kind: array, shape: [60, 2]", 1),
    "backwards and back": (
        CONV + "- LSTM: {units: 2, return_sequences: true, go_backwards: true}\n"
        "- LSTM: {units: 2, return_sequences: true, go_backwards: true}\n"
        "- Cropping1D: {cropping: 2}\n", "kind: array, shape: [60, 2]", 1),
    "made of all, one a base": ("- Flatten\n- Dense: {units: 128}\n"
                                "- Reshape: {target_shape: [64, 2]}\n",
                                "kind: array, shape: [64, 2]", 1),
    "declared": ("- Flatten\n- Dense: {units: 20}\n- Reshape: {target_shape: [10, 2]}\n",
                 "kind: bigwig_profile, files: [a.bw, b.bw], length: 30, bin: 3", 3),
}


@pytest.mark.parametrize("case", PLACED)
def test_places_follow_from_layers_or_the_target(case: str) -> None:
    layers, target, width = PLACED[case]
    found = _profiles(layers, target)["y"]
    assert (found.unknown, found.window, found.bin) == ("", 64, width)
    assert list(found.minus) == [0, 1]


UNKNOWN = {
    "made of all": ("- Flatten\n- Dense: {units: 64}\n- Reshape: {target_shape: [32, 2]}\n",
                    "kind: array, shape: [32, 2]", "do not tell which bases each of its 32"),
    "between bases": ("- Conv1D: {filters: 2, kernel_size: 4}\n", "kind: array, shape: [61, 2]",
                      "61 positions of 1 bp are 61 bp, whose middle is between"),
    "aside": (CONV + "- Cropping1D: {cropping: [0, 8]}\n", "kind: array, shape: [56, 2]",
              "that do not lie around the middle of the window's 64"),
    "beyond": ("- Conv1D: {filters: 2, kernel_size: 5, strides: 5, padding: same}\n",
               "kind: array, shape: [13, 2]", "65 bp, more than the window's 64"),
    "backwards": (CONV + "- LSTM: {units: 2, return_sequences: true, go_backwards: true}\n"
                  "- Cropping1D: {cropping: 2}\n", "kind: array, shape: [60, 2]", "do not tell"),
    "all of it backwards": (CONV + "- LSTM: {units: 2, return_sequences: true, go_backwards: true}\n",
                            "kind: array, shape: [64, 2]", "do not tell"),
    "all of the other strand": (CONV + "- ReverseComplement\n", "kind: array, shape: [64, 2]",
                                "do not tell"),
    "on the other strand": ("- ReverseComplement\n- Conv1D: {filters: 2, kernel_size: 5}\n",
                            "kind: array, shape: [60, 2]", "do not tell"),
    "exchanged axes": (CONV + "- Permute: {dims: [2, 1]}\n", "kind: array, shape: [2, 64]",
                       "do not tell"),
    "another axis": (CONV + "- Reshape: {target_shape: [64, 2, 1]}\n",
                     "kind: array, shape: [64, 2, 1]", r"shape for a row is \(64, 2, 1\)"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_not_determined_is_said(case: str) -> None:
    layers, target, sentence = UNKNOWN[case]
    found = _profiles(layers, target)["y"]
    assert re.search(sentence, found.unknown), found.unknown


def test_outputs_without_positions_are_none() -> None:
    numbers = CONV + "- GlobalMaxPooling1D\n- Dense: {units: 3}\n"
    assert _profiles(numbers, "kind: array, shape: [3]") == {}
    assert _profiles(numbers, "columns: [a, b, c]") == {}
    # As many columns as bases are columns all the same.
    assert _profiles("- Flatten\n- Dense: {units: 64}\n", "kind: array, shape: [64]") == {}


def test_a_flattened_profile_is_one_track() -> None:
    layers = "- Conv1D: {filters: 1, kernel_size: 5}\n- Flatten\n- Activation: softplus\n"
    found = _profiles(layers, "kind: array, shape: [60]")["y"]
    assert (list(found.tracks), found.bin, found.unknown) == (["y"], 1, "")
    names = ", ".join(f"c{number}" for number in range(60))
    assert _profiles(layers, f"kind: array, shape: [60], columns: [{names}]") == {}


def test_strands_exchange_what_comes_in_pairs() -> None:
    stranded = ("kind: bigwig_profile, files: [a.pos.bw, a.neg.bw, b.pos.bw, b.neg.bw], "
                "length: 64, stranded: true")
    layers = "- Conv1D: {filters: 4, kernel_size: 5, padding: same}\n"
    found = _profiles(layers, stranded)["y"]
    assert list(found.minus) == [1, 0, 3, 2]
    assert list(found.tracks) == ["a.pos.bw", "a.neg.bw", "b.pos.bw", "b.neg.bw"]
    # Letters that are given back: A is T on the other strand.
    assert list(_profiles(layers, "kind: input, input: dna")["y"].minus) == [3, 2, 1, 0]


def test_specs_of_published_networks() -> None:
    folder = Path(__file__).parents[2] / "model_specs"
    expected = {"spliceai/10k": (15000, 1), "basenji2": (131072, 128), "bpnet": (1000, 1),
                "enformer/small": (131072, 128), "chrombpnet/bias": (2114, 1)}
    for name, (window, width) in expected.items():
        spec = parse_spec((folder / f"{name}.yaml").read_text())
        found = profiles_of(spec, column_names(spec.data))
        assert {(one.window, one.bin, one.unknown) for one in found.values()} == {
            (window, width, "")}, name


def test_what_is_computed_comes_with_its_places() -> None:
    from dlgenomics.build.model import build_model
    from dlgenomics.predict.computation import Wanted, computation_of
    from dlgenomics.predict.model import Model, SourceRecord

    spec = _spec(*PLACED["pooled"][:2])
    model = Model(spec, build_model(spec), SourceRecord("local", ""))
    assert computation_of(model, Wanted()).naming == Naming(
        labels={"y": ["0", "1"]}, profiles={"y": Profile(["0", "1"], 64, 4, (0, 1))})
    assert computation_of(model, Wanted(layer="p")).naming == Naming(
        profiles={"preds": Profile(["preds/0", "preds/1"], 64, 4, (0, 1), first=0)})
    assert computation_of(model, Wanted(gradients="1")).naming == Naming("grads", profiles={
        "grads": Profile([f"grads/{letter}" for letter in "ACGT"], 64, 1, (3, 2, 1, 0))})


# Against Keras -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["valid", "pooled and cropped", "upsampled", "there and back"])
def test_a_changed_base_shows_at_its_position(case: str) -> None:
    from dlgenomics.build.model import build_model

    layers, target, width = PLACED[case]
    spec = _spec(layers, target)
    network = build_model(spec)
    x = np.random.default_rng(1).random((1, 64, 4), np.float32)
    before = np.asarray(network(x))
    first = (64 - before.shape[1] * width) // 2
    for base in range(24, 40):
        changed = x.copy()
        changed[0, base] += 50
        positions = np.flatnonzero((np.asarray(network(changed)) != before).any(axis=(0, 2)))
        middle = first + width * (positions[0] + positions[-1] + 1) / 2
        assert abs(middle - (base + 0.5)) <= width, base


def test_a_genome_in_tracks(tmp_path: Path) -> None:
    """A network that shows where G is, and what follows A, writes both for both strands."""
    from dlgenomics.build.model import build_model
    from dlgenomics.predict.model import Model, SourceRecord

    spec = _spec("- Conv1D: {filters: 2, kernel_size: 3, use_bias: false}\n"
                 "- Cropping1D: {cropping: 2}\n",
                 "kind: array, shape: [15, 2], columns: [g, behind_a]",
                 "dna: {kind: dna, length: 21}")
    network = build_model(spec)
    taps = np.zeros((3, 4, 2), np.float32)
    taps[1, 2, 0] = taps[0, 0, 1] = 1
    network.set_weights([taps])
    letters = "".join(np.random.default_rng(5).choice(list("ACGT"), 120))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    (tmp_path / "i.bed").write_text("chr1\t50\t71\ta\t0\t-\nchr1\t10\t31\tb\t0\t+\n")
    model = Model(spec, network, SourceRecord("local", str(tmp_path)))
    model.pipeline.predict_to_file(tmp_path / "{column}.bg", {
        "fasta_file": tmp_path / "g.fa", "intervals_file": tmp_path / "i.bed"})
    for name, on_plus, on_minus in (
            ("g", lambda base: letters[base] == "G", lambda base: letters[base] == "C"),
            ("behind_a", lambda base: letters[base - 1] == "A",
             lambda base: letters[base + 1] == "T")):
        found = {base: float(value) for line in (tmp_path / f"{name}.bg").read_text().splitlines()
                 for _, start, end, value in [line.split("\t")]
                 for base in range(int(start), int(end))}
        assert found == {**{base: float(on_plus(base)) for base in range(13, 28)},
                         **{base: float(on_minus(base)) for base in range(53, 68)}}

"""The drawing of a network: boxes join and fold, seats and wires do not collide, SVG is sound."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from dlgenomics.registry import registry
from dlgenomics.report.architecture import architecture
from dlgenomics.report.boxes import MOST_BOXES, boxes_of
from dlgenomics.report.lanes import Seat, seats_of, wires_of
from dlgenomics.spec import load_spec, parse_spec, summarize

HEAD = """\
spec: 1
name: tests/drawing
task: binary_classification
data:
  inputs: {dna: {kind: dna, length: 200}}
  targets: {bound: {column: bound}}
model:
  layers:
"""
TAIL = "    - GlobalMaxPooling1D\n    - Dense: {units: 1}\n"
CONV = "    - Conv1D: {filters: 8, kernel_size: 5, padding: same, activation: relu}\n"


def drawn(layers: str):
    spec = parse_spec(HEAD + layers + TAIL)
    return spec, boxes_of(spec, summarize(spec))


def test_small_layers_join_the_box_before_them() -> None:
    spec, boxes = drawn("    - Conv1D: {filters: 8, kernel_size: 12, dilation_rate: 2}\n"
                        "    - BatchNormalization\n    - Activation: relu\n"
                        "    - Dropout: {rate: 0.2}\n")
    assert [box.title for box in boxes] == [
        "Input dna", "Conv1D 8 × 12, dilated 2", "GlobalMaxPooling1D", "Dense 1, sigmoid"]
    conv, head = boxes[1], boxes[3]
    assert conv.then == ("BatchNormalization", "relu", "Dropout 20 %")
    assert (conv.shape, conv.sees) == ("178 × 8", "sees 23")
    assert conv.parameters == (12 * 4 * 8 + 8) + 4 * 8
    assert (head.target, head.inputs, head.sees) == ("bound", (2,), "sees all")
    assert sum(box.parameters for box in boxes) == summarize(spec).parameters


def test_a_layer_that_two_follow_stays_alone() -> None:
    _, boxes = drawn("    - Conv1D: {filters: 4, kernel_size: 3, padding: same, name: a}\n"
                     "    - Activation: {activation: relu, name: b, from: a}\n"
                     "    - Add: {from: [a, b]}\n")
    assert [box.title for box in boxes][:4] == ["Input dna", "Conv1D 4 × 3", "relu", "Add"]
    assert boxes[3].inputs == (1, 2)


def test_repeated_blocks_fold() -> None:
    residual = ("    - Residual:\n        layers:\n"
                "          - Conv1D: {filters: 8, kernel_size: 5, padding: same}\n"
                "          - Conv1D: {filters: 8, kernel_size: 7, padding: same}\n")
    _, boxes = drawn(CONV + 5 * residual)
    titles = [box.title for box in boxes]
    assert titles == ["Input dna", "Conv1D 8 × 5, relu", "Conv1D 8 × 5", "Conv1D 8 × 7", "Add",
                      "GlobalMaxPooling1D", "Dense 1, sigmoid"]
    assert [box.copies for box in boxes] == [1, 1, 5, 5, 5, 1, 1]
    assert boxes[4].inputs in ((1, 3), (3, 1))
    assert boxes[4].sees == "sees 15 … 55"
    assert boxes[5].inputs == (4,)


def test_two_copies_do_not_fold_and_other_sizes_do_not() -> None:
    _, boxes = drawn(CONV + CONV)
    assert [box.copies for box in boxes] == [1] * 5
    widths = "".join(CONV.replace("8", str(n)) for n in (8, 9, 10, 11))
    assert {box.copies for box in drawn(widths)[1]} == {1}


def test_the_middle_of_a_long_network_is_left_out() -> None:
    layers = "".join(CONV.replace("8", str(n)) for n in range(4, 94))
    _, boxes = drawn(layers)
    assert len(boxes) == MOST_BOXES
    gap = next(box for box in boxes if box.family == "left out")
    assert gap.title == f"{93 - MOST_BOXES + 1} further layers"
    assert all(j < i for i, box in enumerate(boxes) for j in box.inputs)


GRAPHS = {
    "chain": [[], [0], [1], [2]],
    "residual": [[], [0], [1], [2], [1, 3], [4]],
    "nested": [[], [0], [1], [1, 2], [0, 3], [4]],
    "branches": [[], [0], [0], [0], [1, 2, 3], [4]],
    "two inputs": [[], [], [0], [1], [2, 3], [4], [4]],
    "uneven": [[], [0], [0], [2], [3], [1, 4], [0, 5]],
    "dense": [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]],
}


@pytest.mark.parametrize("inputs", GRAPHS.values(), ids=GRAPHS)
def test_no_wire_runs_through_a_box(inputs) -> None:
    seats = seats_of(inputs)
    assert len(set(seats)) == len(seats)
    for i, sources in enumerate(inputs):
        assert all(seats[j].row < seats[i].row for j in sources)
    tracks = []
    for wire in wires_of(inputs, seats):
        source, goal = seats[wire.source], seats[wire.goal]
        lane = {"straight": goal.lane, "out": goal.lane, "in": source.lane}.get(wire.way)
        if lane is None:
            tracks += [(wire.side, row) for row in range(source.row, goal.row)]
            continue
        for row in range(source.row + 1, goal.row):
            assert Seat(row, lane) not in seats
    assert len(tracks) == len(set(tracks))


def test_a_residual_block_stays_in_one_lane() -> None:
    assert {seat.lane for seat in seats_of(GRAPHS["residual"])} == {0}


@pytest.mark.parametrize("name", registry)
def test_every_built_in_spec_can_be_drawn(name: str) -> None:
    spec = load_spec(registry[name].path)
    summary = summarize(spec)
    html = architecture(spec, summary)
    svg = ElementTree.fromstring(re.search(r"<svg.*?</svg>", html, re.S)[0])
    texts = ["".join(node.itertext()) for node in svg.iter("text")]
    for target in spec.model.outputs:
        assert any(text.startswith("→ target") for text in texts), target
    left, top, width, height = map(int, svg.get("viewBox").split())
    for box in svg.iter("rect"):
        assert left <= int(box.get("x")) <= width - int(box.get("width"))
        assert top <= int(box.get("y")) <= height - int(box.get("height"))


def test_hostile_names_stay_text() -> None:
    spec = parse_spec((HEAD + TAIL).replace("{dna:", '{x:').replace("bound", "b"))
    html = architecture(spec, summarize(spec))
    assert "<script" not in html
    assert f"{summarize(spec).parameters:,} parameters" in html

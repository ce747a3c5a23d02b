"""The page of a search: what it says, that it is well-formed, and what odd searches do to it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlgenomics.errors import RunError
from dlgenomics.report.search import short_names, value_text, write_search_report
from dlgenomics.search.folder import SearchFolder, State, Trial, start_search
from dlgenomics.search.results import write_results
from tiny import TINY_SPEC

SPACE = {
    "model.layers[*].Conv1D.filters": [4, 8],
    "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "optimizer": ["Adam", {"SGD": {"nesterov": True}}],
}
A, B, C = SPACE
TRIALS = (
    Trial(1, {A: 4, B: 0.01, C: "Adam"}, "finished", 0.8125, None, 61.0, 1),
    Trial(2, {A: 8, B: 0.05, C: {"SGD": {"nesterov": True}}}, "finished", 0.9375, None, 59.0, 1),
    Trial(3, {A: 8, B: 0.1, C: "Adam"}, "failed", None, "weights <must> stay\nfinite", 3.0, 1),
    Trial(4, {A: 8, B: 0.002}, "finished", 0.5, None, 60.0, 1),
)
STATE = State(
    name="lab/net", source="net.yaml", command="dlg search net.yaml", data_folder="data",
    objective="val_auroc", minimize=False, strategy="random", count=5, seed=1, workers=2,
    space=SPACE, combinations=None, examples=240, data={"labels.tsv": "ab12"}, trials=TRIALS,
)
SPEC = TINY_SPEC + "search:\n  objective: val_auroc\n  space: {dropout: [0.1, 0.2]}\n"


def write(folder: Path, state: State = STATE, spec: str = SPEC) -> str:
    files = SearchFolder(folder)
    start_search(files, spec, state, replace_it=True)
    write_results(files, state) if not state.best else files.best.write_text("spec: 1  # <best>\n")
    return write_search_report(folder).read_text()


def text_of(page: str) -> str:
    class Reader(HTMLParser):
        found: list[str] = []  # noqa: RUF012

        def handle_data(self, data: str) -> None:
            self.found.append(data)

    reader = Reader()
    reader.found = []
    reader.feed(re.sub(r"(?s)<style>.*?</style>|<svg.*?</svg>", "", page))
    return " ".join(" ".join(reader.found).split())


def test_the_page_says_what_was_found(tmp_path: Path) -> None:
    text = text_of(write(tmp_path))
    assert "0.9375 val_auroc best, trial 2 3 trials finished 1 failed ∞ combinations 3 axes" in text
    assert "✓ Trial 2 is best. val_auroc 0.9375 (more is better)" in text
    assert "The search is not finished: 4 of 5 trials." in text
    assert "1 trial made no use of it." in text  # trial 4 has no optimizer
    assert "3 weights <must> stay finite" in text
    assert "spec: 1 # <best>" in text
    assert "0.00100 to 0.100, logarithmic" in text
    ranks = re.findall(r"(\d) (\d) (0\.\d{4}) ", text.partition("Seconds")[2])
    assert ranks[:3] == [("1", "2", "0.9375"), ("2", "1", "0.8125"), ("3", "4", "0.5000")]


def test_the_page_needs_nothing_else_and_is_the_same_each_time(tmp_path: Path) -> None:
    page = write(tmp_path)
    assert page == write(tmp_path)
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "<script" not in page
    # The objective by trial, one figure for each of three axes, all together.
    assert page.count("<svg") == 5
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))


def test_less_may_be_better(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, replace(STATE, minimize=True, objective="val_loss")))
    assert "✓ Trial 4 is best. val_loss 0.5000 (less is better)" in text


def test_a_search_without_a_result_says_so(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, replace(STATE, trials=TRIALS[2:3])))
    assert "! No result. Every trial failed" in text
    assert "The best spec" not in text


def test_the_ready_made_space_explains_itself(tmp_path: Path) -> None:
    spec = TINY_SPEC + "search:\n  objective: val_auroc\n  space: angermueller2016\n"
    text = text_of(write(tmp_path, spec=spec))
    assert "In place of the table's glorot_uniform stands auto." in text


def test_one_trial_and_one_value_can_be_drawn(tmp_path: Path) -> None:
    trial = Trial(1, {"dropout": 0.1}, "finished", 0.5, None, 1.0, 1)
    state = replace(STATE, space={"dropout": [0.1]}, combinations=1, count=1, trials=(trial,))
    assert write(tmp_path, state).count("<svg") == 2  # there is nothing to compare one axis with


def test_many_trials_show_the_best(tmp_path: Path) -> None:
    trials = tuple(Trial(i, {"dropout": i / 1000}, "finished", i / 1000, None, 1.0, 1)
                   for i in range(1, 301))
    state = replace(STATE, space={"dropout": {"low": 0, "high": 0.5}, "l1_l2": [0]}, count=300,
                    trials=trials)
    text = text_of(write(tmp_path, state))
    assert "The best 200 of 300; table.tsv has all." in text
    assert "The 200 best trials are drawn." in text


def test_a_search_without_an_ended_trial_has_no_report(tmp_path: Path) -> None:
    start_search(SearchFolder(tmp_path), SPEC, replace(STATE, trials=()), replace_it=True)
    with pytest.raises(RunError, match="a report needs at least one trial that has ended"):
        write_search_report(tmp_path)


def test_short_names_tell_axes_apart() -> None:
    assert short_names(["a.b.rate", "a.c.rate", "x", "m.units"]) == {
        "a.b.rate": "b.rate", "a.c.rate": "c.rate", "x": "x", "m.units": "units"}


@pytest.mark.parametrize(("value", "text"), [
    (0.98765, "0.9877"), (1234.5, "1,234"), (2e-05, "2e-05"), (None, ""), (0.0, "0"),
])
def test_values(value: float | None, text: str) -> None:
    assert value_text(value) == text

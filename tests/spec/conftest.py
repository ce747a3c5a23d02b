"""Helpers for specs: a smallest valid one, and reading the problems of a broken one."""

import textwrap

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec

SMALL = textwrap.dedent("""\
    spec: 1
    name: small
    task: binary_classification
    data:
      inputs:
        dna: {kind: dna, length: 50}
      targets:
        bound: {column: bound}
    model:
      layers:
        - Conv1D: {filters: 3, kernel_size: 5, activation: relu}
        - Flatten
        - Dense: {units: 1, name: bound}
    """)

MARK = "§"


@pytest.fixture(scope="session")
def keras():
    """The installed Keras, imported once and only where a test needs it."""
    import keras

    return keras


@pytest.fixture
def small():
    """Return the text of a small valid spec."""
    return SMALL


@pytest.fixture
def with_layers():
    """Return a function: layers as YAML → a small spec that has them, then a head of one value."""

    def build(layers, *, length=50, head="- Flatten\n- Dense: {units: 1, name: bound}\n"):
        lines = textwrap.indent(textwrap.dedent(layers).strip("\n") + "\n" + head, " " * 4)
        data = SMALL.split("model:")[0].replace("length: 50", f"length: {length}")
        return f"{data}model:\n  layers:\n{lines}"

    return build


@pytest.fixture
def refusals():
    """Return a function: text with § before each place at fault → (messages, places at fault)."""

    def read(marked):
        text = marked.replace(MARK, "")
        with pytest.raises(SpecError) as caught:
            parse_spec(text, "a.yaml")
        problems = caught.value.problems
        assert str(caught.value) == "\n".join(
            f"a.yaml:{p.line}:{p.column}: {p.message}" for p in problems)
        return [p.message for p in problems], [(p.line, p.column) for p in problems]

    return read


@pytest.fixture
def places():
    """Return a function: text with § marks → the (line, column) of each mark, counted from 1."""

    def find(marked):
        found = []
        for number, line in enumerate(marked.split("\n"), start=1):
            pieces = line.split(MARK)
            columns = [sum(map(len, pieces[:i])) + 1 for i in range(1, len(pieces))]
            found += [(number, column) for column in columns]
        return found

    return find


@pytest.fixture
def refused_once(small, refusals, places):
    """Return a function: a change of the small spec, with § marks → checks its one message."""

    def check(old, new, message):
        assert small.count(old) == 1, "the row does not fit the small spec"
        marked = small.replace(old, new)
        assert refusals(marked) == ([message], places(marked))

    return check

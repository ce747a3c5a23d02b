"""Whatever comes, the reader gives a spec or says what is wrong and where, soon and in little room.

Good specs are changed as trees of YAML nodes, so that keys can stand twice, anchors can be shared
and scalars can have any style and tag.
"""

import contextlib
import time
import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from published import BASSET, DANQ, TAL1

from dlgenomics.errors import DataError, SpecError
from dlgenomics.spec import dump_yaml, load_spec, parse_spec, spec_to_yaml
from dlgenomics.spec.document import MAX_NODES
from tiny import TINY_SPEC

ROOT = Path(__file__).resolve().parents[2]
BUILT_IN = [path.read_text() for path in sorted((ROOT / "model_specs").rglob("*.yaml"))]
SEARCH = TINY_SPEC + ("search: {objective: val_auroc, space: {dropout: [0.1, 0.2], "
                      "'model.layers[0].Conv1D.filters': {low: 1, high: 9, integer: true}}}\n")
MULTITASK = DANQ.replace("multilabel_classification", "multitask").replace(
    "training:", "training:\n  loss: {binding: BinaryCrossentropy, accessibility: BinaryCrossentropy}")
SEEDS = [TAL1, DANQ, SEARCH, MULTITASK]

QUICK = settings(phases=[Phase.explicit, Phase.generate, Phase.shrink],
                 suppress_health_check=[HealthCheck.too_slow])


def read(text, seconds=10.0):
    """Return the spec or None; check what the reader says of the text."""
    start, spec = time.process_time(), None
    try:
        spec = parse_spec(text, "a.yaml")
    except SpecError as error:
        check(error, text)
    assert time.process_time() - start < seconds
    return spec


def check(error, text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").replace(
        "\u2028", "\n").replace("\u2029", "\n").split("\n")
    assert error.problems
    for problem in error.problems:
        assert 1 <= problem.line <= len(lines) + 1
        width = len(lines[problem.line - 1]) if problem.line <= len(lines) else 0
        assert 1 <= problem.column <= width + 1, (problem, lines[problem.line - 1])
        assert 10 < len(problem.message) < 3000
        assert problem.message[-1] in ".?)", problem.message


def trained(spec):
    """Return a spec as it is written out: without its search."""
    return spec.model_copy(update={"search": None})


def read_and_write(text):
    """Read a text; a good spec, written out, reads back equal."""
    spec = read(text)
    if spec is not None:
        assert parse_spec(spec_to_yaml(spec)) == trained(spec)


# ---- anything at all ----------------------------------------------------------------------------


@settings(QUICK, max_examples=60)
@given(st.binary(max_size=300))
def test_fuzz_bytes(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    with pytest.raises((SpecError, DataError)):
        load_spec(path)


@settings(QUICK, max_examples=60)
@given(st.sampled_from(SEEDS), st.integers(0, 10**6), st.binary(min_size=1, max_size=6))
def test_fuzz_bytes_in_good_specs(tmp_path_factory, text, place, raw):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    before = text.encode()
    at = place % len(before)
    path.write_bytes(before[:at] + raw + before[at:])
    with contextlib.suppress(SpecError, DataError):
        load_spec(path)


KEYS = st.sampled_from(
    ["spec", "name", "task", "data", "model", "training", "search", "inputs", "targets", "layers",
     "dna", "kind", "by", "split", "loss", "metrics", "Conv1D", "Siamese", "Package", "Shared",
     "repeat", "from", "of", "layer", "augment", "optimizer", "schedule", "space", "calibrate",
     "pretrained", "freeze", "class_weight", "é", ""])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.integers(), st.floats(allow_nan=False),
    st.text(max_size=5), KEYS, st.sampled_from(["binary_classification", "multitask", "relu",
                                                "auto", "1e-3", "x" * 300, "regression"]))
TREES = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=20)


@settings(QUICK, max_examples=80)
@given(st.dictionaries(KEYS, TREES, max_size=6))
def test_fuzz_trees(tree):
    read(yaml.safe_dump(tree, allow_unicode=True))


@settings(QUICK, max_examples=80)
@given(st.sampled_from(["data", "model", "training", "search", "info"]), TREES,
       st.sampled_from(SEEDS))
def test_fuzz_sections(section, tree, text):
    document = yaml.safe_load(text)
    document[section] = tree
    read_and_write(yaml.safe_dump(document, allow_unicode=True))


# ---- good specs, changed ------------------------------------------------------------------------


def nodes(root):
    """Return (holder, index, part) of every key, value and item below a node."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            found += [(node, i, part) for i in range(len(node.value)) for part in (0, 1)]
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            found += [(node, i, None) for i in range(len(node.value))]
            waiting += node.value
    return found


def at(place):
    holder, index, part = place
    return holder.value[index] if part is None else holder.value[index][part]


def put(place, node):
    holder, index, part = place
    if part is None:
        holder.value[index] = node
    else:
        pair = list(holder.value[index])
        pair[part] = node
        holder.value[index] = tuple(pair)


STRANGE = [
    "", "~", "yes", "1e-3", "-0", "0x1F", "1_0", "1:30", "2024-01-31", ".5", "9" * 29, "9" * 40,
    "-" + "9" * 20, "1.0e+308", "1.0e+309", ".inf", ".nan", "1.0e-320", "2147483648", "-1", "0", "1",
    "true", "null", "<<", "é遺伝子🧬", "\u202e", "a" * 5000, "a b", "a.b", "../x", "*", "conv1d_*",
    "relu", "Conv1D", "Flatten", "dna", "bound", "auto", "balanced", "random", "multitask",
]


def scalar(text, style=None):
    tag = "tag:yaml.org,2002:str" if style else yaml.resolver.Resolver().resolve(
        yaml.ScalarNode, text, (True, False))
    return yaml.ScalarNode(tag, text, style=style)


def deep(node, depth):
    for i in range(depth):
        node = yaml.SequenceNode("tag:yaml.org,2002:seq", [node]) if i % 2 else yaml.MappingNode(
            "tag:yaml.org,2002:map", [(scalar("layers"), node)])
    return node


def change(root, donor, data):
    """Change one place of a tree of nodes."""
    places = nodes(root)
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    holder, index, _ = place
    kind = data.draw(st.sampled_from(
        ["delete", "duplicate", "rename", "retype", "splice", "deep", "alias", "swap", "many"]))
    if kind == "delete":
        del holder.value[index]
    elif kind == "duplicate":
        holder.value.insert(index, holder.value[index])
    elif kind in ("rename", "retype"):
        style = data.draw(st.sampled_from([None, None, "'"]))
        put(place, scalar(data.draw(st.sampled_from(STRANGE)), style))
    elif kind == "splice":
        put(place, at(data.draw(st.sampled_from(nodes(donor)))))
    elif kind == "deep":
        put(place, deep(at(place), data.draw(st.sampled_from([1, 2, 5, 50]))))
    elif kind == "alias":
        put(place, at(data.draw(st.sampled_from(places))))
    elif kind == "many":
        holder.value[index:index] = [holder.value[index]] * data.draw(st.sampled_from([2, 30]))
    else:
        other = data.draw(st.sampled_from(places))
        here, there = at(place), at(other)
        put(place, there)
        put(other, here)


def written(root):
    """Return the YAML of a tree of nodes, or None if it holds itself."""
    def holds(node, above):
        if id(node) in above:
            return True
        inside = node.value if isinstance(node.value, list) else []
        parts = [p for one in inside for p in (one if isinstance(one, tuple) else (one,))]
        return any(holds(part, above | {id(node)}) for part in parts)

    return None if holds(root, frozenset()) else yaml.serialize(
        root, Dumper=yaml.SafeDumper, allow_unicode=True)


@settings(QUICK, max_examples=200)
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS), st.integers(1, 4), st.data())
def test_fuzz_changed_specs(text, donor, times, data):
    root, other = yaml.compose(text), yaml.compose(donor)
    for _ in range(times):
        change(root, other, data)
    made = written(root)
    if made is not None:
        read_and_write(made)


@pytest.mark.parametrize("text", [TAL1, BASSET, DANQ, TINY_SPEC, *BUILT_IN])
def test_good_specs_read_back_equal(text):
    spec = parse_spec(text)
    resolved = spec_to_yaml(spec)
    assert parse_spec(resolved) == trained(spec)
    assert spec_to_yaml(parse_spec(resolved)) == resolved


# ---- bounds -------------------------------------------------------------------------------------

HEAD = TINY_SPEC.split("model:")[0]
BIG = {
    "layers": HEAD + "model:\n  layers:\n" + "    - Flatten\n" * 1100,
    "bad layers": HEAD + "model:\n  layers:\n" + "    - Flaten: {from: dan}\n" * 900,
    "repeats": HEAD + "model: {layers: [" + "{repeat: {times: 1000, layers: [" * 12 + "Flatten" +
               "]}}" * 12 + "]}\n",
    "strands": HEAD + "model: {layers: [" + "{ReverseComplementAverage: {layers: [" * 9 + "Flatten" +
               "]}}" * 9 + "]}\n",
    "keys": TINY_SPEC + "".join(f"k{i}: 1\n" for i in range(9_000)),
    "metrics": TINY_SPEC + "  metrics: [" + "auroq, " * 15_000 + "]\n",
    "targets": TINY_SPEC.replace("    bound: {column: bound}\n", "".join(
        f"    t{i}: {{column: c}}\n" for i in range(3_000))),
    "columns": TINY_SPEC.replace("column: bound", "columns: [" + "a, " * 15_000 + "]"),
    "chromosomes": TINY_SPEC.replace("{by: random, test: 0.2, validation: 0.2, stratify: bound}",
                                     "{by: chromosome, test: [" + "a, " * 7_000 + "], validation: ["
                                     + "a, " * 7_000 + "]}"),
    "froms": HEAD + "model:\n  layers:\n    - Add: {from: [" + "dna, " * 15_000 + "]}\n",
    "authors": TINY_SPEC + "info: {authors: [" + "{nme: x}, " * 4_000 + "]}\n",
    "space": TINY_SPEC + "search:\n  objective: val_loss\n  space:\n" + "".join(
        f"    model.layers[*].Conv1d.x{i}: [1]\n" for i in range(50)),
    "freeze": TINY_SPEC + "  freeze: [" + "'*a*b*c*d', " * 1_000 + "]\n",
}


@pytest.mark.parametrize("text", BIG.values(), ids=BIG)
def test_large_specs_are_read_in_little_time_and_room(text):
    assert len(text) < 1_000_000
    start = time.process_time()
    with pytest.raises(SpecError):
        parse_spec(text)
    assert time.process_time() - start < 15  # it does not hang; it takes a second or two


def test_a_large_document_needs_little_memory():
    text = dump_yaml({"a": list(range(MAX_NODES // 4))})  # tracing is slow
    tracemalloc.start()
    with pytest.raises(SpecError):
        parse_spec(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6

"""The JSON Schema for editors: it takes good specs, refuses what the reader refuses for types, keys
and names, and has a text for everything."""

import copy
import json
import re
import textwrap
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from published import BASSET, DANQ, TAL1

from dlgenomics.errors import SpecError, TopicNotFoundError
from dlgenomics.spec import dump_yaml, parse_spec
from dlgenomics.spec.document import Document, Place, read_document
from dlgenomics.spec.parse import check_document
from dlgenomics.spec.schema import json_schema, topic_help
from dlgenomics.spec.schema.help import FieldHelp
from dlgenomics.spec.schema.words import ARGUMENTS, ENTRIES
from tiny import TINY_SPEC

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "model_specs").rglob("*.yaml"), *(ROOT / "examples").rglob("*.yaml")])

MIXED = textwrap.dedent("""\
    spec: 1
    name: mixed
    cite: a
    task: multitask
    info: {authors: [{name: A, email: a@b}], tags: [x], version: 0.2.0}
    data:
      reference: {fasta: g.fa}
      train: [{intervals: a.bed, arrays: x.h5, labels: l.tsv}]
      inputs:
        dna: {kind: dna, length: 24, n: shares, center: true}
        words: {kind: kmer, length: 24, k: 3}
        signal: {kind: bigwig, files: [a.bw, b.bw], length: 24, bin: 2, stranded: true}
        age: {kind: numeric, columns: [age, dose], scale: minmax}
        more: {kind: array, shape: [3, 2], key: m}
      targets:
        bound: {column: bound, missing: mask}
        tissue: {kind: classes, column: tissue, classes: [liver, lung]}
        profile: {kind: bigwig_profile, files: [p.bw], length: 24, bin: 2}
        counts: {kind: bigwig_counts, files: [p.bw], length: 24, transform: asinh}
      split: {by: chromosome, test: [chr1], validation: [chr2], exclude: [chrM]}
      sampling: {of: bound, positives: 0.25}
      weights: weight
      augment: [reverse_complement, {shift: {max: 2}}]
    model:
      inputs: [dna, words, signal, age, more]
      defaults: {kernel_regularizer: {l2: {l2: 1.0e-6}}, kernel_initializer: auto}
      layers:
        - repeat:
            times: 2
            layers:
              - Residual: {layers: [{Conv1D: {filters: 4, kernel_size: 3, padding: same}}, ReLU]}
        - Conv1D: {name: scan, filters: 4, kernel_size: [3], kernel_initializer: he_normal,
                   kernel_constraint: {MaxNorm: {axis: per_unit}}}
        - Activation: gelu
        - Bidirectional: {layer: {LSTM: {units: 2}}, merge_mode: sum, name: read}
        - ReverseComplementAverage: {from: dna, name: strands,
                                     layers: [{Conv1D: {filters: 2, kernel_size: 3}},
                                              GlobalMaxPooling1D]}
        - Embedding: {from: words, input_dim: 65, output_dim: 2}
        - GlobalAveragePooling1D: {name: spelt}
        - Flatten: {from: signal, name: flat}
        - Flatten: {from: more, name: flatter}
        - Shared: {of: scan, from: dna}
        - GlobalMaxPooling1D: {name: again}
        - Concatenate: {from: [read, strands, spelt, flat, flatter, again, age], name: all}
        - Dropout: {rate: 0.1, name: body}
        - Dense: {from: body, units: 1, name: bound}
        - Dense: {from: body, units: 2, name: tissue, use_bias: false, bias_constraint: null}
        - Dense: {from: body, units: 12}
        - Reshape: {target_shape: [12, -1], name: profile}
        - Dense: {from: body, units: 1, name: counts}
      outputs: [bound, tissue, profile, counts]
    training:
      seed: 2
      optimizer: {sgd: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1,
                                                      decay_steps: 9}}, clipnorm: null}}
      loss: {bound: {BinaryCrossentropy: {label_smoothing: 0.1}}, tissue: categorical_crossentropy,
             profile: MultinomialNLL, counts: huber}
      loss_weights: {bound: 2}
      class_weight: {bound: balanced, tissue: {liver: 1, lung: 2.5}}
      metrics: {bound: [auroc, recall_at_5_fdr], tissue: [f1], profile: [jsd], counts: [spearman]}
      batch_size: 8
      epochs: 2
      callbacks: [terminate_on_nan, {EarlyStopping: {monitor: val_bound_auroc, mode: max}}]
    search:
      objective: val_bound_auroc
      strategy: random
      trials: 3
      space: {dropout: [0.1, 0.2], training.batch_size: {low: 8, high: 64, integer: true}}
    """)

SIAMESE = TINY_SPEC.replace("    dna: {kind: dna, length: 60}", (
    "    dna: {kind: dna, length: 60}\n    other: {kind: dna, length: 60}")).replace(
    "    - Conv1D: {filters: 6, kernel_size: 9, activation: relu}",
    "    - Siamese: {from: [dna, other], merge: Add, layers: [{Conv1D: {filters: 2, "
    "kernel_size: 3}}]}")

GOOD = {"tal1": TAL1, "basset": BASSET, "danq": DANQ, "tiny": TINY_SPEC, "mixed": MIXED,
        "siamese": SIAMESE, "empty training": TAL1.split("training:")[0] + "training:\n",
        "one class weight": TINY_SPEC + "  class_weight: balanced\n",
        "class weights": TINY_SPEC + "  class_weight: {'0': 1, '1': 2}\n",
        "ready-made": TINY_SPEC + "search: {objective: val_loss, space: angermueller2016}\n"}


@pytest.fixture(scope="module")
def validator():
    return Draft202012Validator(json_schema())


def refusals_of(validator, data):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:100]}"
            for e in validator.iter_errors(data)]


def test_it_is_a_schema_of_the_draft_it_names():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:dlgenomics:spec:1"
    Draft202012Validator.check_schema(schema)


def test_it_says_how_people_write_objects_of_the_program():
    # A field of these types needs a form in dlgenomics/spec/schema/document.py: written_forms.
    assert not {"Reference", "Choices", "Range"} & set(json_schema()["$defs"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_takes_the_files_that_come_along(validator, path):
    assert refusals_of(validator, read_document(path.read_text()).data) == []


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_it_takes_good_specs_as_written_and_as_resolved(validator, text):
    spec = parse_spec(text)
    assert refusals_of(validator, read_document(text).data) == []
    assert refusals_of(validator, read_document(dump_yaml(spec.to_data())).data) == []


# ---- the same verdict as the reader's -----------------------------------------------------------

TYPES = re.compile(
    r"has no (key|argument) |needs the (key|argument) |that specs may use|takes its arguments as|"
    r"a layer is 'Name'|must be (a text|a list|a mapping|true or false|a whole number|a number|one "
    r"of|an equation|the name of|a name)|a name must be|a metric for")
"""What the reader says of types, keys and names, as far as a schema can know."""

JOINED = re.compile(r"monitor must be|search.objective must be one of")
"""What it says of names that other sections make."""

WRONG = ["zzz", -7, True, {"zzz": 1}]


def spots(data, path=()):
    """Return the path of every value below the top."""
    items = data.items() if isinstance(data, dict) else (
        enumerate(data) if isinstance(data, list) else ())
    for key, value in items:
        yield (*path, key)
        yield from spots(value, (*path, key))


def changed(data, path, change):
    found = copy.deepcopy(data)
    inside = found
    for key in path[:-1]:
        inside = inside[key]
    change(inside, path[-1])
    return found


def renamed(inside, key):
    if isinstance(inside, dict):
        pairs = [(f"{k}z" if k == key else k, v) for k, v in inside.items()]
        inside.clear()
        inside.update(pairs)


def removed(inside, key):
    del inside[key]


def put(value):
    def change(inside, key):
        inside[key] = copy.deepcopy(value)

    return change


def messages(data):
    """Return what the reader says of plain data; each value has a place of its own."""
    places = {path: Place(i, 1) for i, path in enumerate([(), *spots(data)], start=1)}
    try:
        check_document(Document("a.yaml", data, places, {}))
    except SpecError as error:
        return [p.message for p in error.problems]
    return []


@pytest.mark.parametrize("name", ["tiny", "mixed", "siamese"])
def test_mutated_specs_are_judged_as_by_the_reader(validator, name):
    good = yaml.safe_load(GOOD[name])
    differing, refused_by_both = [], 0
    for path in spots(good):
        for change in (renamed, removed, *map(put, WRONG)):
            data = changed(good, path, change)
            said = messages(data)
            of_types = [m for m in said if TYPES.search(m) and not JOINED.search(m)]
            refused = refusals_of(validator, data)
            refused_by_both += bool(refused and said)
            if (refused and not said) or (of_types and not refused):
                differing.append((path, change.__name__, data, of_types, refused))
    assert refused_by_both > 200
    assert not differing, f"{len(differing)}: " + "\n".join(
        f"{p} {c} reader: {m} schema: {r}" for p, c, _, m, r in differing[:40])


# ---- texts ------------------------------------------------------------------------------------


def parts(schema, path=()):
    """Yield every property of a schema, with where it stands."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "properties" and isinstance(value, dict):
            yield from (((*path, name), one) for name, one in value.items())
        if isinstance(value, dict | list):
            yield from parts(value, (*path, key))


def test_every_key_and_every_name_has_a_text():
    schema = json_schema()
    bare = []
    for path, one in parts(schema):
        if "if" in path or "then" in path:
            continue
        target = schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else {}
        if not {**target, **one}.get("description"):
            bare.append(path)
    assert not bare, "say in dlgenomics/spec/schema/words.py what these do"


def test_texts_are_of_something_that_a_spec_may_hold():
    defined = json_schema()["$defs"]
    names = {name.partition(".")[2] for name in defined}
    assert {name.partition(".")[0] for name in ENTRIES} <= names
    arguments = {path[-1] for path, _ in parts(defined)}
    assert {name.rpartition(".")[2] for name in ARGUMENTS} <= arguments


def test_short_forms_and_both_spellings_are_offered():
    schema = json_schema()["$defs"]
    short, long = schema["Layer"]["anyOf"]
    assert {"Flatten", "ReLU", "MaxPooling1D"} <= set(short["enum"])
    assert not {"Conv1D", "Bidirectional", "Activation", "repeat"} & set(short["enum"])
    assert {"Conv1D", "Bidirectional", "repeat", "Shared"} <= set(long["properties"])
    assert {"he_normal", "HeNormal"} <= set(schema["Initializer"]["anyOf"][0]["enum"])
    assert {"sgd", "SGD"} <= set(schema["Optimizer"]["anyOf"][1]["properties"])
    assert schema["layer.Conv1D"]["properties"]["padding"] == {
        "description": ARGUMENTS["padding"], "enum": ["valid", "same", "causal"],
        "default": "valid"}


@pytest.mark.parametrize(("task", "metric", "good"), [
    ("binary_classification", "auroc", True), ("binary_classification", "recall_at_5_fdr", True),
    ("binary_classification", "pearson", False), ("binary_classification", "recall_at_0_fdr", False),
    ("regression", "pearson", True), ("regression", "recall_at_5_fdr", False),
])
def test_metrics_follow_the_task(validator, task, metric, good):
    text = TINY_SPEC.replace("binary_classification", task).replace(
        "  seed: 3", f"  metrics: [{metric}]")
    assert (refusals_of(validator, read_document(text).data) == []) == good


# ---- help -------------------------------------------------------------------------------------


def test_help_says_what_may_be_written():
    found = topic_help("data.inputs.kmer")
    assert (found.topic, found.type) == ("data.inputs.kmer", "a mapping")
    assert found.description.startswith("Words of k bases as whole numbers: int32, one for each")
    by_name = {field.name: field for field in found.fields}
    assert by_name["k"] == FieldHelp("k", "a whole number of at least 1 and at most 12", "",
                                     "Bases in a word.", required=True)
    assert by_name["stride"].default == "1"


@pytest.mark.parametrize(("topic", "names"), [
    ("spec", ["spec", "name", "description", "cite", "license", "task", "info", "data", "model",
              "training", "search"]),
    ("spec.info", ["authors", "version", "tags", "trained_on", "datasets", "doc"]),
    ("data.inputs", ["dna", "rna", "protein", "kmer", "numeric", "bigwig", "array",
                     "tokens"]),
    ("data.split", ["random", "chromosome", "column", "file"]),
    ("data.split.column", ["by", "column"]),
    ("info.authors", ["name", "email", "github"]),
    ("L1L2", ["l1", "l2"]), ("l1_l2", ["l1", "l2"]), ("HeNormal", []),
    ("repeat", ["times", "layers"]), ("Shared", ["of", "name", "from"]),
    ("training.callbacks", ["EarlyStopping", "ReduceLROnPlateau", "TerminateOnNaN"]),
    ("training.seed", []),
])
def test_help_lists_keys_kinds_and_names(topic, names):
    assert [field.name for field in topic_help(topic).fields] == names


def test_help_speaks_in_words():
    words = {field.name: (field.type, field.default) for field in topic_help("Dense").fields}
    assert words["units"] == ("a whole number of at least 1", "")
    assert words["activation"] == ("an activation or null", "")
    assert words["kernel_initializer"] == ("auto or an initializer", "auto")
    assert words["use_bias"] == ("true or false", "true")
    assert topic_help("training.optimizer").type == "an optimizer"
    assert topic_help("model.layers").type == "a list of layers"


@pytest.mark.parametrize(("topic", "near"), [
    ("Conv1d", "Conv1D"), ("data.input", "data.inputs"), ("trainin", "training"), ("zzz", None),
    ("", None), ("data..", "data"), ("data.inputs.dnq", "data.inputs"),
])
def test_unknown_topics_have_near_matches(topic, near):
    with pytest.raises(TopicNotFoundError) as caught:
        topic_help(topic)
    assert caught.value.near == near
    assert str(caught.value).startswith("help is for 'spec', a key of it such as data.inputs.dna, "
                                        f"a layer, or another name that a spec may hold. Received: {topic!r}.")


def test_the_command_prints_schema_and_help(run_dlg):
    status, out, _ = run_dlg("show", "--schema")
    assert status == 0
    assert json.loads(out) == json_schema()
    status, out, _ = run_dlg("show", "--schema", "Dropout")
    assert status == 0
    lines = out.splitlines()
    assert lines[:2] == ["Dropout (a mapping)", ENTRIES["Dropout"]]
    assert lines[4] == ("rate\ta number of at least 0 and below 1\t(must be written)\t"
                        "The share of values that is dropped.")
    status, out, _ = run_dlg("show", "--schema", "Dropout", "--json")
    assert json.loads(out)["fields"][0]["required"] is True
    status, _, err = run_dlg("show", "--schema", "Dropuot")
    assert status != 0
    assert "Did you mean 'Dropout'?" in err

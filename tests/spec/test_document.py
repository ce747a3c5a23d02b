"""YAML text → plain data with places, and everything that is refused on the way."""


import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec.document import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    Place,
    as_float_text,
    read_document,
)


def data_of(text):
    return read_document(text).data


def refusal(text):
    """Return (line, column, message) of each problem."""
    with pytest.raises(SpecError) as caught:
        read_document(text, "a.yaml")
    assert all(p.path == "a.yaml" for p in caught.value.problems)
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def test_places_of_keys_and_values():
    document = read_document("a: 1\nb:\n  c: [x, {d: 2}]\n")
    assert document.place(("a",)) == Place(1, 4)
    assert document.place(("a",), at_key=True) == Place(1, 1)
    assert document.place(("b", "c", 1, "d")) == Place(3, 14)
    assert document.place(("b", "c", 1, "d"), at_key=True) == Place(3, 11)
    assert document.place(("b", "c", 0)) == Place(3, 7)


def test_place_of_what_is_not_written_is_that_of_its_parent():
    document = read_document("a: 1\nb:\n  c: 2\n")
    assert document.place(("b", "missing", 3)) == Place(3, 3)
    assert document.place(("nowhere",)) == Place(1, 1)


@pytest.mark.parametrize(("written", "value"), [
    ("1", 1), ("-7", -7), ("+3", 3), ("1_000", 1000), ("0", 0), ("0x1F", 31), ("0b101", 5),
    ("1.5", 1.5), ("1.0e-3", 0.001), ("-0.5", -0.5), ("2.", 2.0), ("1_0.5", 10.5),
    ("true", True), ("No", False), ("on", True), ("OFF", False),
    ("null", None), ("~", None), ("", None),
    ("1e-3", "1e-3"), ("-.5", "-.5"), ("1:30", "1:30"), ("2024-01-31", "2024-01-31"),
    ("2024-01-31 10:00:00", "2024-01-31 10:00:00"), ("0o17", "0o17"), ("chr1", "chr1"),
    ("'1'", "1"), ('"true"', "true"), ("'null'", "null"), ("=", "="),
    ("é 遺伝子 🧬", "é 遺伝子 🧬"), ('"\\u00e9"', "é"), ("|\n  x\n  y\n", "x\ny\n"),
    (">\n  x\n  y\n", "x y\n"),
])
def test_scalars(written, value):
    found = data_of(f"a: {written}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_data_keeps_the_order_of_keys():
    assert list(data_of("b: 1\na: 2\nc: 3")) == ["b", "a", "c"]


@pytest.mark.parametrize("text", ["a: 1\nb: [x]\n", "a: 1\r\nb: [x]\r\n", "a: 1\rb: [x]\r",
                                  "\ufeffa: 1\nb: [x]", "---\na: 1\nb: [x]\n...\n",
                                  "# c\n\na: 1 # d\nb:\n- x\n"])
def test_line_ends_marks_and_comments_change_nothing(text):
    assert data_of(text) == {"a": 1, "b": ["x"]}


def test_an_alias_stands_for_its_anchor():
    text = "a: &x {k: [1, 2]}\nb: *x\nc: [*x, &y t]\n? *y\n: 3\n"
    document = read_document(text)
    assert document.data == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": [{"k": [1, 2]}, "t"],
                             "t": 3}
    assert document.place(("b",)) == Place(2, 4)


@pytest.mark.parametrize(("text", "place", "message"), [
    ("", (1, 1), "a spec must be a mapping of keys to values. Received: an empty document. "
     "Start with 'spec: 1'."),
    ("# only a comment\n", (1, 1), "a spec must be a mapping of keys to values. Received: an empty "
     "document. Start with 'spec: 1'."),
    ("\n\n- a\n", (3, 1), "a spec must be a mapping of keys to values. Received: something else. "
     "Start with 'spec: 1'."),
    ("word", (1, 1), "a spec must be a mapping of keys to values. Received: something else. "
     "Start with 'spec: 1'."),
    ("a: 1\n---\nb: 2", (2, 1), "a spec file holds one document. Received: a second '---'. "
     "Put it in a file of its own."),
    ("a: !!python/object/apply:os.system [ls]", (1, 4), "tag "
     "'tag:yaml.org,2002:python/object/apply:os.system' is not allowed; specs are plain data. "
     "Remove it."),
    ("a: 1\nb: !env HOME", (2, 4), "tag '!env' is not allowed; specs are plain data. Remove it."),
    ("a: !!int '3'", (1, 4),
     "tag 'tag:yaml.org,2002:int' is not allowed; specs are plain data. Remove it."),
    ("a: 1\nb: 2\na: 3", (3, 1), "'a' is written twice (first at a.yaml:1:1). Keep one."),
    ("x: {b: 1, 'b': 2}", (1, 11), "'b' is written twice (first at a.yaml:1:5). Keep one."),
    ("a: &x {<<: 1}", (1, 8), "merge keys ('<<') are not allowed. Write the keys out."),
    ("a:\n  on: 1", (2, 3), "key 'on' reads as true/false in YAML; quote it."),
    ("yes: 1", (1, 1), "key 'yes' reads as true/false in YAML; quote it."),
    ("a: {1: x}", (1, 5), "a key must be text. Received: another kind of value. Quote it."),
    ("a: {null: x}", (1, 5), "a key must be text. Received: another kind of value. Quote it."),
    ("? [a, b]\n: 1", (1, 3), "a key must be text. Received: another kind of value. Quote it."),
    ("a: 017", (1, 4), "a whole number must not start with 0. Received: 017, which YAML reads as "
     "octal. Drop the leading zero, or quote a text."),
    ("a: .inf", (1, 4), "numbers must be finite. Received: .inf. Quote it if it is a text."),
    ("a: -.Inf", (1, 4), "numbers must be finite. Received: -.Inf. Quote it if it is a text."),
    ("a: .nan", (1, 4), "numbers must be finite. Received: .nan. Quote it if it is a text."),
    ("a: " + "9" * 31, (1, 4), "a whole number may have at most 30 digits. Received: more. "
     "Quote it if it is a text."),
    ("a: &x [*x]", (1, 8), "an alias refers to itself. Write the value out."),
    ("a: &x {b: {c: *x}}", (1, 15), "an alias refers to itself. Write the value out."),
    ("a: *x", (1, 4), "an alias must name an anchor above it. Received: '*x'. "
     "Write '&x' first."),
    ("a: [1\nb: 2", (2, 2), "a spec must be valid YAML. Received: expected ',' or ']', but got "
     "':'. Check indentation, quotes and brackets there."),
    ("a: 'open", (1, 9), "a spec must be valid YAML. Received: found unexpected end of stream. "
     "Check indentation, quotes and brackets there."),
    ("a: 1\n\tb: 2", (2, 1), "a spec must be valid YAML. Received: found character '\\t' that "
     "cannot start any token. Check indentation, quotes and brackets there."),
    ("a: 1\nb: x\x00y", (2, 5), "a spec must be readable text. Received: the character '\\x00'. "
     "Remove it."),
    ("a: \ud800", (1, 4), "a spec must be readable text. Received: the character '\\ud800'. "
     "Remove it."),
])
def test_refused(text, place, message):
    ((line, column, found),) = refusal(text)
    assert (line, column) == place
    assert found == message


def test_words_that_only_look_like_octal_numbers_are_texts():
    assert data_of("a: 08\nb: 0b2\nc: 09x") == {"a": "08", "b": "0b2", "c": "09x"}


def test_all_problems_of_a_document_come_at_once_and_in_order():
    assert [(line, column) for line, column, _ in refusal(
        "a: !x 1\non: 2\nb: {c: 1, c: 2}\nd: 010\n")] == [(1, 4), (2, 1), (3, 11), (4, 4)]


def test_a_document_may_have_a_megabyte_and_not_more():
    start = "a: 1\n#"
    assert data_of(start + "x" * (MAX_BYTES - len(start))) == {"a": 1}
    ((line, column, message),) = refusal(start + "x" * (MAX_BYTES - len(start) + 1))
    assert (line, column) == (1, 1)
    assert message == ("a spec may hold at most 1,000,000 bytes. Received: more. "
                       "Keep data in files beside the spec.")


def test_bytes_are_counted_not_letters():
    assert refusal("#" + "é" * (MAX_BYTES // 2))


def test_a_document_may_have_many_values_and_not_more():
    # One mapping, and a key and a value on each line.
    text = "".join(f"k{i}: 1\n" for i in range((MAX_NODES - 1) // 2))
    assert len(data_of(text)) == (MAX_NODES - 1) // 2
    ((line, _, message),) = refusal(text + "x: 1\n")
    assert line == (MAX_NODES - 1) // 2 + 1
    assert message.startswith("a spec may hold at most 20,000 values, aliases unfolded. Received")


def test_a_billion_laughs_are_refused_at_once():
    lines = ["l0: &l0 lol"] + [
        f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 10)]
    ((_, _, message),) = refusal("\n".join(lines))  # unfolded: 10^9 values, which would not end
    assert message.startswith("a spec may hold at most 20,000 values, aliases unfolded.")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{x: ", "}")])
def test_depth_is_bounded(opening, closing):
    def nested(depth):
        return f"a: {opening * depth}1{closing * depth}"

    assert data_of(nested(MAX_DEPTH - 1))
    for depth in (MAX_DEPTH, 10_000):
        ((line, _, message),) = refusal(nested(depth))
        assert line == 1
        assert message == ("a spec may be nested at most 40 deep. Received: deeper. "
                           "Write it flatter.")


def test_aliases_do_not_hide_depth():
    lines, inside = [], "1"
    for i in range(25):
        lines.append(f"a{i}: &a{i} {'[' * 35}{inside}{']' * 35}")
        inside = f"*a{i}"
    ((line, _, message),) = refusal("\n".join(lines))
    assert line == 2
    assert message.startswith("a spec may be nested at most 40 deep.")


def test_a_long_tag_or_number_is_cut_in_the_message():
    for text in ("a: !" + "x" * 5000, "a: " + "1" * 5000 + "."):
        ((_, _, message),) = refusal(text)
        assert len(message) < 200


@pytest.mark.parametrize(("text", "expected"), [
    ("1e-3", "1.0e-3"), ("1E5", "1.0e+5"), ("1.5e10", "1.5e+10"), ("-2e3", "-2.0e+3"),
    ("0.5", "0.5"), ("-.5", "-0.5"), (".5e1", "0.5e+1"), ("3", "3"), ("x", None), ("", None), ("inf", None), ("nan", None),
    ("1e999", None),
])
def test_as_float_text(text, expected):
    assert as_float_text(text) == expected


@pytest.mark.parametrize("text", ["1e-3", "1E5", "1.5e10", "-2e3", "-.5", "+.5e-2"])
def test_as_float_text_gives_what_yaml_reads_as_that_number(text):
    assert data_of(f"a: {as_float_text(text)}") == {"a": float(text)}

"""YAML, templates and tables of strangers: what is read, and what is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.document import MAX_BYTES, read_mapping, read_text
from dlgenomics_zoo.kipoi.table import is_inside, read_rows
from dlgenomics_zoo.kipoi.template import render_template


def _read(text: str) -> dict[str, object]:
    return read_mapping(text, "model.yaml")


def test_plain_data_keep_their_types_and_hashes_stay_text() -> None:
    digits = "00000000000000000000000000000012"
    assert _read(f"a: 1\nb: true\nc: null\nd: ' x '\nmd5: {digits}\nversion: 1.10\nn: [1.5, no]") == {
        "a": 1, "b": True, "c": None, "d": "x", "md5": digits, "version": "1.10", "n": [1.5, False]}


def test_a_repeated_key_means_its_last_value_as_in_kipoi() -> None:
    assert _read("a: 1\na: 2") == {"a": 2}


def test_dates_are_text() -> None:
    assert _read("when: 2024-07-23") == {"when": "2024-07-23"}


@pytest.mark.parametrize(("text", "message"), [
    ("a: &x [1]\nb: *x", "may hold no aliases"),
    ("a: !!python/object/apply:os.system ['touch hacked']", "may hold no tags"),
    ("a: !custom 1", "may hold no tags"),
    ("[" * 4000, "deep"),
    ("a: [" + "1," * 60_000 + "1]", "at most 50,000 values"),
    ("a: [1", "must be valid YAML"),
    ("a:\n\t- b", "must be valid YAML"),
    ("- a", "must be a mapping"),
    ("", "must be a mapping"),
    ("? [a, b]\n: 1", "keys must be words"),
])
def test_what_is_no_descriptor_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message) as caught:
        _read(text)
    assert caught.value.path == "model.yaml"


def test_a_bomb_of_aliases_is_refused_before_it_unfolds() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(DataError, match="no aliases"):
        _read(bomb)


def test_large_files_and_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("a: 1\n" + "#" * MAX_BYTES)
    with pytest.raises(DataError, match="at most 1,000,000 bytes"):
        read_text(path)
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(DataError, match=r"UTF-8.*0xff"):
        read_text(path)


def _render(text: str, **columns: str) -> str:
    return render_template(text, columns, "model-template.yaml")


@pytest.mark.parametrize(("template", "expected"), [
    ("url: {{ url }}/{{url}}", "url: U/U"),
    ("{% if model == 'A' %}yes{% endif %}!", "yes!"),
    ("{% if model != 'A' %}yes{% endif %}!", "!"),
    ('{% if model == "B" %}b{% elif model == \'A\' %}a{% else %}c{% endif %}', "a"),
    ("{% if model == 'B' %}b{% elif model == 'C' %}a{% else %}c{% endif %}", "c"),
    ("{% if model == 'B' %}{% if url == 'U' %}x{% endif %}{{ nothing }}{% else %}y{% endif %}", "y"),
    ("{% if model == 'A' %}{% if url == 'V' %}x{% else %}z{% endif %}{% endif %}", "z"),
    ("{% if empty %}x{% else %}y{% endif %}{% if url %}z{% endif %}", "yz"),
    ("a {#- a\nnote -#} b", "ab"),
    ("a\n{%- if model == 'A' -%}\nb\n{%- endif %}", "ab"),
    ("no marks: { } {x}", "no marks: { } {x}"),
])
def test_templates_render_as_in_kipoi(template: str, expected: str) -> None:
    assert _render(template, model="A", url="U", empty="") == expected


@pytest.mark.parametrize(("template", "message"), [
    ("\n\n{{ ulr }}", r"yaml:3: .*columns of models.tsv.*Did you mean 'url'"),
    ("{{ url|upper }}", "may use"),
    ("{{ ''.__class__ }}", "may use"),
    ("{% for x in y %}{% endfor %}", "may use"),
    ("{% set x = 1 %}", "may use"),
    ("{% include '/etc/passwd' %}", "may use"),
    ("{% if model in 'A' %}{% endif %}", "may use"),
    ("{% if model == 'A' %}", "must have an {% endif %}"),
    ("{% endif %}", "must follow an"),
    ("{% if model %}{% else %}{% else %}{% endif %}", "must follow an"),
])
def test_the_rest_of_jinja_is_refused(template: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _render(template, model="A", url="U")


def test_a_value_is_not_rendered_again() -> None:
    assert _render("{{ url }}", url="{{ model }}") == "{{ model }}"


def test_rows_have_columns_by_name_and_comments_are_left_out() -> None:
    rows = list(read_rows("url\tmodel # note\n\n# whole line\nU\tA/b-1.2_c\nV\t B \tmore\n", "models.tsv"))
    assert [(row.name, row.columns["url"], row.problem) for row in rows[:1]] == [("A/b-1.2_c", "U", "")]
    assert "at most 2 cells" in rows[1].problem


@pytest.mark.parametrize("name", ["../x", "/etc", "a/../b", "a//b", "a\\b", ".", "a/", "C:x", "\x1b[2J"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert not is_inside(name)
    row, = read_rows(f"model\n{name}\n", "models.tsv")
    assert "models.tsv:2: a model's name must be a path inside its group" in row.problem
    assert row.name == "line-2"


def test_a_name_twice_is_said() -> None:
    first, second = read_rows("model\nA\nA\n", "models.tsv")
    assert (first.problem, "once" in second.problem) == ("", True)


@pytest.mark.parametrize("text", ["", "name\nA\n", "model\tmodel\nA\tB\n"])
def test_a_table_needs_its_header(text: str) -> None:
    with pytest.raises(DataError, match="column 'model'"):
        list(read_rows(text, "models.tsv"))

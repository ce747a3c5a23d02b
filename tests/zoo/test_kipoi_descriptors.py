"""Descriptors as types: fields, quirks of Kipoi's authors, and damage that stays local."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlgenomics_zoo.kipoi.checkout import Checkout
from dlgenomics_zoo.kipoi.descriptor import Descriptor, Person, RemoteFile
from kipoi_zoo import MD5, PLAIN, write_zoo


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    return write_zoo(tmp_path / "zoo")


def _models(zoo: Path) -> dict[str, Descriptor]:
    return Checkout(zoo).models()


def _changed(zoo: Path, old: str, new: str) -> Descriptor:
    assert old in PLAIN
    (zoo / "Plain" / "model.yaml").write_text(PLAIN.replace(old, new))
    return _models(zoo)["Plain"]


def test_folders_and_rows_are_models_and_patterns_are_not(zoo: Path) -> None:
    assert list(_models(zoo)) == ["Group/A", "Group/human/B", "Plain"]


def test_what_a_descriptor_says(zoo: Path) -> None:
    one = _models(zoo)["Plain"]
    assert one.problems == ()
    assert (one.framework, one.defined_as, one.code) == ("keras", "kipoi.model.KerasModel", ())
    assert one.files == (RemoteFile("arch", "https://example.org/arch.json", MD5),
                         RemoteFile("weights", "https://example.org/weights.h5", MD5))
    assert one.arguments == {"backend": "tensorflow"}
    assert one.authors == (Person("Ada", "ada"), Person("Grace"))
    assert (one.version, one.trained_on, one.license) == ("1.10", "chr1 held out", "Non-comercial")
    assert one.cite == "https://doi.org/10.1/2"
    assert one.expectation == RemoteFile("test.expect", "https://example.org/expected.h5", MD5)
    assert one.precision == 4


def test_what_it_takes_and_gives(zoo: Path) -> None:
    one = _models(zoo)["Plain"]
    array, = one.inputs.arrays
    assert (one.inputs.form, array.shape, array.name) == ("array", (4, None), "seq")
    assert array.metadata == ("ranges", "variants")
    target, = one.targets.arrays
    assert (target.shape, target.labels, target.labels_file) == ((2,), ("on", "off"), "Plain/labels.txt")
    assert one.dataloader.default_args == {"auto_resize_len": 101, "alphabet_axis": 0, "dtype": "float32"}
    assert one.dataloader.own == ""


def test_a_row_of_a_template(zoo: Path) -> None:
    one = _models(zoo)["Group/human/B"]
    assert one.problems == ()
    assert (one.path, one.group, one.precision) == ("Group/model-template.yaml", "Group", 3)
    assert _models(zoo)["Group/A"].precision == 7
    assert (one.defined_as, one.code) == ("model.Net", ("model.py",))
    assert [(a.path, a.shape) for a in one.inputs.arrays] == [
        ("seq", (10, 4)), ("extra/a", (3,)), ("extra/b", ())]
    assert (one.targets.form, one.targets.arrays[0].path) == ("list", "0")


def test_a_dataloader_of_its_own_per_row(zoo: Path) -> None:
    loader = _models(zoo)["Group/human/B"].dataloader
    assert (loader.own, loader.defined_as, loader.kind) == ("Group/human/B", "loader.Loader", "Dataset")
    fasta, targets, transformer = loader.arguments
    assert fasta.example == RemoteFile("fasta_file", "https://example.org/a.fa", MD5)
    assert targets.optional
    assert transformer.default == RemoteFile("transformer", "https://example.org/B.pkl", MD5)


def test_a_folder_wins_over_a_row(zoo: Path) -> None:
    (zoo / "Group" / "A").mkdir()
    (zoo / "Group" / "A" / "model.yaml").write_text(PLAIN)
    assert len(list(Checkout(zoo).listed())) == 4
    assert _models(zoo)["Group/A"].license == "Non-comercial"


def test_a_file_beside_the_descriptor_has_its_hash(zoo: Path) -> None:
    (zoo / "Plain" / "model.json").write_text("{}")
    one = _changed(zoo, "  backend: tensorflow", "  options: model.json")
    file = one.file("options")
    assert file is not None
    assert file.sha256 == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert file.url == (zoo / "Plain" / "model.json").as_uri()
    remote = Checkout(zoo, "https://host/").models()["Plain"].file("options")
    assert remote is not None
    assert remote.url == "https://host/Plain/model.json"


def test_a_git_lfs_pointer_is_not_taken_for_the_file(zoo: Path) -> None:
    (zoo / "Plain" / "w.h5").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "git lfs pull" in _changed(zoo, "  backend: tensorflow", "  more: w.h5").problems[0]


@pytest.mark.parametrize(("old", "new", "problem"), [
    ("np.float32", "__import__('os').system('touch hacked')", "dtype must be one of"),
    (f"{MD5} ", "nonsense", "32 hexadecimal digits"),
    ("https://example.org/arch.json", "/etc/passwd", "must have a url that starts with https://"),
    ("(4, None)", "four by four", "a shape must be a list of lengths"),
    ("(4, None)", "(4, -1)", "a shape must be a list of lengths"),
    ("labels.txt", "../../../../etc/hosts.txt", "must lead to something in the models' folder"),
    ("precision_decimal: 4", "precision_decimal: many", "must be a number of decimals"),
    ("type: keras", "type: fortran", "type must be one of"),
    ("  defined_as: kipoiseq.dataloaders.SeqIntervalDl", "  defined_as: mine.Loader", "must have a dataloader.yaml"),
])
def test_a_problem_is_said_and_the_rest_is_read(zoo: Path, old: str, new: str, problem: str) -> None:
    one = _changed(zoo, old, new)
    assert len(one.problems) == 1
    assert problem in one.problems[0]
    assert one.version == "1.10"


def test_a_label_file_behind_a_link_out_of_the_zoo_is_not_read(zoo: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (zoo / "Plain" / "labels.txt").unlink()
    (zoo / "Plain" / "labels.txt").symlink_to(tmp_path / "secret.txt")
    one = _models(zoo)["Plain"]
    assert one.targets.arrays[0].labels == ()
    assert "a link must lead to something in the models' folder" in one.problems[0]


def test_a_descriptor_behind_a_link_out_of_the_zoo_is_not_read(zoo: Path, tmp_path: Path) -> None:
    (tmp_path / "else.yaml").write_text(PLAIN)
    (zoo / "Plain" / "model.yaml").unlink()
    (zoo / "Plain" / "model.yaml").symlink_to(tmp_path / "else.yaml")
    assert "a link must lead" in _models(zoo)["Plain"].problems[0]


@pytest.mark.parametrize(("name", "text", "damaged"), [
    ("Plain/model.yaml", "a: [", {"Plain"}),
    ("Plain/model.yaml", "\0", {"Plain"}),
    ("Plain/model.yaml", "x" * 1_000_001, {"Plain"}),
    ("Group/model-template.yaml", "{% for %}", {"Group/A", "Group/human/B"}),
    ("Group/models.tsv", "no header", {"Group"}),
    ("Group/models.tsv", "model\turl\tmd5\tloader_url\nA\tU\tM\tL\n../../up\tU\tM\tL\n", {"Group/A", "Group/line-3"}),
])
def test_damage_stays_where_it_is(zoo: Path, name: str, text: str, damaged: set[str]) -> None:
    (zoo / name).write_text(text)
    models = _models(zoo)
    assert {one.name for one in models.values() if one.problems} == damaged
    assert {"Plain", *damaged} <= set(models)


def test_a_template_without_its_table_is_said(zoo: Path) -> None:
    (zoo / "Group" / "models.tsv").unlink()
    assert "must have its table models.tsv" in _models(zoo)["Group"].problems[0]


def test_packages_of_ours_are_not_descriptors(zoo: Path) -> None:
    (zoo / "Plain" / "model.yaml").write_text("spec: 1\nname: mine\n")
    assert "Plain" not in _models(zoo)


def test_nothing_in_it_steers_the_terminal(zoo: Path) -> None:
    one = _changed(zoo, "doc: Binds things. It says more about them here.",
                   'doc: "\\e[2JBinds\\a things."')
    assert one.doc.startswith("[2JBinds things.")
    (zoo / "odd\x1b[2J").mkdir()
    (zoo / "odd\x1b[2J" / "model.yaml").write_text(PLAIN)
    assert all(name.isprintable() for name in _models(zoo))


def test_a_dangling_link_and_an_unreadable_file_stay_local(zoo: Path) -> None:
    for name in ("Dangling", "Folder"):
        (zoo / name).mkdir()
    (zoo / "Dangling" / "model.yaml").symlink_to("nowhere")
    (zoo / "Folder" / "model.yaml").mkdir()
    models = _models(zoo)
    assert "must be a file" in models["Dangling"].problems[0]
    assert "Folder" not in models
    assert models["Plain"].problems == ()

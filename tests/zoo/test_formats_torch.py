"""PyTorch checkpoints are read without unpickling; hostile ones are refused, and nothing runs.

The files in `torch_files` were written by PyTorch 2.13: views of one storage in every kind of
number, a whole Sequential, and a training checkpoint, each in both forms.
"""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_torch import write_legacy, write_zip

from dlgenomics.errors import DataError, MissingFileError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.formats.torch_checkpoint import read_torch

FILES = Path(__file__).parent / "torch_files"
FORMS = ["zip", "legacy"]


@pytest.mark.parametrize("form", FORMS)
def test_kinds_of_numbers_and_views(form: str) -> None:
    found = read_torch(FILES / f"views_{form}.pth")
    base = np.arange(12, dtype="f4").reshape(3, 4)
    expected = {
        "float32": base, "transposed": base.T, "column": base[:, 1],
        "float64": np.arange(3, dtype="f8"), "float16": np.array([1.5, -2], "f2"),
        "bfloat16": np.array([1.5, -2, 3.140625], "f4"), "int64": np.array([1, -2]),
        "int32": np.array([7], "i4"), "uint8": np.array([255], "u1"),
        "bool": np.array([True, False]), "scalar": np.array(2.5, "f4"),
        "empty": np.zeros((0, 3), "f4"), "parameter": np.ones(2, "f4"),
    }
    assert list(found.arrays) == list(expected)
    for name, array in expected.items():
        assert found.arrays[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found.arrays[name], array, err_msg=name)
    assert found.format == f"torch-{form}"


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_module_gives_the_names_of_its_state_dict(form: str) -> None:
    found = read_torch(FILES / f"module_{form}.pth").arrays
    assert {k: v.shape for k, v in found.items()} == {
        "0.weight": (3, 2, 2), "0.bias": (3,), "1.weight": (3,), "1.bias": (3,),
        "1.running_mean": (3,), "1.running_var": (3,), "1.num_batches_tracked": (),
        "2.0.weight": (2, 2), "2.0.bias": (2,)}
    np.testing.assert_array_equal(found["2.0.weight"], np.arange(400, 404).reshape(2, 2))


@pytest.mark.parametrize("form", FORMS)
def test_a_training_checkpoint_gives_its_network(form: str) -> None:
    found = read_torch(FILES / f"wrapped_{form}.pth")
    assert list(found.arrays) == ["a", "b"]
    assert "epoch, optimizer" in found.notes[0]
    assert "module." in found.notes[1]


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_the_tests_own_writer(tmp_path: Path, rng: np.random.Generator, write: Any) -> None:
    arrays = {"a.weight": rng.normal(size=(3, 4, 2)).astype("f4"), "a.bias": np.ones(3, "f4")}
    found = read_torch(write(tmp_path / "x.pth", arrays)).arrays
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


class _Evil:
    """Would make a file if it were unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


def _op(text: str) -> bytes:
    return text.encode("latin1")


HOSTILE = {
    "os.system": _op("cos\nsystem\n(S'touch MARKER'\ntR."),
    "posix.system": _op("\x80\x02cposix\nsystem\nq\x00X\x0c\x00\x00\x00touch MARKERq\x01\x85q\x02Rq\x03."),
    "eval": _op("c__builtin__\neval\n(S'open(\"MARKER\",\"w\")'\ntR."),
    "builtins.exec": pickle.dumps(_Evil(exec, "open('MARKER','w')"), 4),
    "builtins.getattr": _op("cbuiltins\ngetattr\n(cos\nS'system'\ntR."),
    "subprocess.Popen": _op("csubprocess\nPopen\n(S'touch MARKER'\ntR."),
    "an instance by INST": _op("(S'touch MARKER'\nios\nsystem\n."),
    "an object by OBJ": _op("(cos\nsystem\nS'touch MARKER'\no."),
    "a new object": _op("\x80\x02cos\nsystem\n)\x81."),
    "a call of an unknown function": _op("cwhatever\nrun\n(S'x'\ntR."),
    "a call of a text": _op("S'a'\n(S'b'\ntR."),
    "a name from the stack": _op("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R."),
    "an extension": b"\x80\x02\x82\x01.",
    "a wrong storage": _op("\x80\x02(X\x07\x00\x00\x00storagecos\nsystem\nX\x01\x00\x00\x000tQ."),
    "a reference elsewhere": _op("Phttp://example.org/x\n."),
    "a state for a name": _op("ctorch\nFloatStorage\n}b."),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused_and_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write = write_zip if form == "zip" else write_legacy
    path = write(tmp_path / "evil.pth", {"a": np.ones(2)}, pickled=HOSTILE[name])
    with pytest.raises(UnsafeModelError, match=r"evil\.pth"):
        read_torch(path)
    assert not (tmp_path / "MARKER").exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_class_that_is_not_known_stays_a_name(tmp_path: Path, form: str) -> None:
    """Its constructor would run if it were unpickled; here it is data, and holds no tensor."""
    write = write_zip if form == "zip" else write_legacy
    path = write(tmp_path / "x.pth", {}, pickled=_op("\x80\x02cmy.module\nNet\n)\x81}b."))
    with pytest.raises(DataError, match="without any"):
        read_torch(path)


def _tensor(shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0,
            count: int = 4) -> bytes:
    """A pickle with one tensor over storage 0."""
    def number(n: int) -> bytes:
        size = (n.bit_length() + 8) // 8
        return b"\x8a" + bytes([size]) + n.to_bytes(size, "little", signed=True)

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + (
        number(count) + b"tQ")
    return b"\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n(" + storage + (
        number(offset) + numbers(shape) + numbers(strides) + b"\x89}tRs.")


@pytest.mark.parametrize(("shape", "strides", "offset", "count"), [
    ((5,), (1,), 0, 4), ((2,), (1,), 3, 4), ((2, 2), (3, 2), 0, 4), ((2**40,), (0,), 0, 4),
    ((2,), (-1,), 1, 4), ((-2,), (1,), 0, 4), ((2,), (2**60,), 0, 4), ((4,), (1,), 0, 2**50),
    ((2, 2), (1,), 0, 4),
])
def test_tensors_beyond_their_storage(tmp_path: Path, shape: Any, strides: Any, offset: int,
                                      count: int) -> None:
    path = write_zip(tmp_path / "x.pth", {"a": np.arange(4)},
                     pickled=_tensor(shape, strides, offset, count))
    with pytest.raises(DataError, match=r"x\.pth"):
        read_torch(path)


def test_a_tensor_within_its_storage(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.pth", {"a": np.arange(4)}, pickled=_tensor((2, 2), (1, 2)))
    np.testing.assert_array_equal(read_torch(path).arrays["a"], [[0, 2], [1, 3]])


def test_bombs_end_soon(tmp_path: Path) -> None:
    deep = b"\x80\x02" + b"(" * 50_000 + b"t" * 50_000 + b"."
    memo = b"\x80\x02]q\x00" + b"".join(
        b"]q" + bytes([i]) + b"(h" + bytes([i - 1]) + b"h" + bytes([i - 1]) + b"e"
        for i in range(1, 100)) + b"."
    circle = b"\x80\x02]q\x00h\x00a."
    long_text = b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x."
    for content in (deep, memo, circle, long_text, b"\x80\x02" + b"N" * 4_000_000 + b"."):
        path = write_zip(tmp_path / "x.pth", {}, pickled=content)
        with pytest.raises(DataError, match=r"x\.pth"):
            read_torch(path)


@pytest.mark.parametrize("form", FORMS)
def test_truncation_anywhere(tmp_path: Path, form: str) -> None:
    whole = (FILES / f"views_{form}.pth").read_bytes()
    path = tmp_path / "cut.pth"
    for size in [*range(0, len(whole) - 1, 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"cut\.pth"):
            read_torch(path)


def test_changed_bytes_end_in_one_sentence(tmp_path: Path) -> None:
    whole = (FILES / "views_legacy.pth").read_bytes()
    path = tmp_path / "x.pth"
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1:])
        try:
            read_torch(path)
        except DataError as error:
            assert "x.pth" in str(error)  # noqa: PT017 - many files still read


@pytest.mark.parametrize(("member", "came"), [
    ("../evil", "outside"), ("/etc/evil", "outside"), ("net\\evil", "name"), ("C:/evil", "name"),
])
def test_archives_that_reach_out(tmp_path: Path, member: str, came: str) -> None:
    path = write_zip(tmp_path / "x.pth", {"a": np.ones(2)}, others={member: b"x"})
    with pytest.raises(UnsafeModelError, match=came):
        read_torch(path)


def test_zip_bombs_links_and_programs(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", b"\0" * 60_000_000)
    with pytest.raises(UnsafeModelError, match="unfold"):
        read_torch(path)
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("net/data.pkl")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeModelError, match="link"):
        read_torch(path)
    program = write_zip(tmp_path / "p.pth", {"a": np.ones(2)}, others={"net/constants.pkl": b""})
    with pytest.raises(UnsafeModelError, match="TorchScript"):
        read_torch(program)


def test_no_file_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_torch(tmp_path / "none.pth")
    (tmp_path / "page.pth").write_text("<!DOCTYPE html>")
    with pytest.raises(DataError, match="PyTorch checkpoint"):
        read_torch(tmp_path / "page.pth")

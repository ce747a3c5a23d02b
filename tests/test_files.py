"""Files that are never seen half-written, and text in any wrapping."""

import errno
import gzip
import hashlib
import io
import os
import stat
import sys
import threading
from pathlib import Path

import pysam
import pytest

from dlgenomics.errors import DataError, MissingFileError, OutputError
from dlgenomics.files import (
    atomic_folder,
    atomic_path,
    is_bgzip,
    open_records,
    open_text,
    output_errors,
    require_file,
    require_utf8,
    sha256_of,
    sha256_of_bytes,
    write_bytes,
    write_text,
)


class Boom(Exception):
    pass


def write_then_raise(path, error):
    path.write_text("half", encoding="utf-8")
    raise error


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    assert sha256_of(tmp_path / "a") == sha256_of_bytes(b"abc") == known
    big = os.urandom(3_000_000)
    (tmp_path / "b").write_bytes(big)
    assert sha256_of(tmp_path / "b") == hashlib.sha256(big).hexdigest()


# ---- writing ----------------------------------------------------------------------------------


def test_text_is_written_whole_in_utf8_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "new" / "deep" / "a.txt", "é\n遺\n")
    assert (tmp_path / "new" / "deep" / "a.txt").read_bytes() == "é\n遺\n".encode()
    assert names(tmp_path / "new" / "deep") == ["a.txt"]


def test_a_file_is_not_seen_before_it_is_whole(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old", encoding="utf-8")
    with atomic_path(target) as part:
        part.write_text("new", encoding="utf-8")
        assert target.read_text(encoding="utf-8") == "old"
        assert (part.parent, part.suffix) == (tmp_path, ".txt")
    assert target.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt])
def test_a_failed_write_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(error), atomic_path(target) as part:
        write_then_raise(part, error)
    assert target.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_gets_the_permissions_of_a_new_file(tmp_path):
    write_text(tmp_path / "a", "x")
    (tmp_path / "b").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes[0] == modes[1]


@pytest.mark.parametrize(("mask", "modes"), [(0o022, [0o644, 0o755]), (0o077, [0o600, 0o700]),
                                             (0o002, [0o664, 0o775])])
def test_permissions_follow_the_mask_which_is_never_touched(tmp_path, monkeypatch, mask, modes):
    before = os.umask(mask)
    try:
        with monkeypatch.context() as patch:
            patch.delattr(os, "umask")  # reading it changes it for other threads
            write_text(tmp_path / "a", "x")
            with atomic_folder(tmp_path / "b"):
                pass
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == modes


def test_bytes_are_synchronised_before_the_rename(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda n: (events.append("fsync"), fsync(n)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (events.append("rename"), replace(a, b)))
    write_bytes(tmp_path / "a", b"x")
    assert events == ["fsync", "rename"]


@pytest.mark.parametrize(("code", "message"), [
    (errno.ENOSPC, "no space left. Free some space or choose another place (-o), then repeat; "
     "nothing that was there before has changed."),
    (errno.EDQUOT, "no space left. Free some space or choose another place (-o), then repeat; "
     "nothing that was there before has changed."),
    (errno.EFBIG, "a file larger than is allowed here. Raise the limit (ulimit -f) or choose another "
     "place (-o), then repeat; nothing that was there before has changed."),
    (errno.ENOENT, "No such file or directory. Choose another place (-o)."),
    (errno.EACCES, "Permission denied. Choose another place (-o)."),
    (errno.EROFS, "Read-only file system. Choose another place (-o)."),
])
@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_errors_of_the_disk_are_sentences(tmp_path, code, message, atomic):
    target = tmp_path / "a"
    with pytest.raises(OutputError) as caught, atomic(target):
        raise OSError(code, os.strerror(code))
    assert str(caught.value) == f"{target}: the output must be writable. Received: {message}"
    assert caught.value.path == str(target)
    assert names(tmp_path) == []


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(ConnectionError), output_errors(tmp_path):
        raise ConnectionError


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC])
@pytest.mark.parametrize(("name", "is_its"), [
    ("out/o.h5", True), ("out/.o.h5.Ab-_c.part.h5", True), ("out/o.h5.parts/000001.npz", True),
    ("out/o.h5/inside", True), ("out", True), (".", True), ("out/not-there", True),
    ("out/signal.bw", False), ("out/o.h5ad", False), ("data/signal.bw", False),
    ("/data/signal.bw", False), ("data/not-there", False), ("outer", False),
])
@pytest.mark.parametrize("spelled", [str, os.fsencode, Path])
def test_errors_of_inputs_stay_what_they_are(tmp_path, monkeypatch, code, name, is_its, spelled):
    for one in ("out/signal.bw", "out/o.h5ad", "data/signal.bw", "out/.o.h5.Ab-_c.part.h5",
                "out/o.h5.parts/000001.npz"):
        write_text(tmp_path / one, "")
    monkeypatch.chdir(tmp_path / "data")
    error = OSError(code, os.strerror(code), spelled(tmp_path / name))
    for atomic in (output_errors, atomic_path):
        with pytest.raises(OutputError if is_its else OSError) as caught, \
                atomic(Path("../out/o.h5")):
            raise error
        assert is_its or caught.value is error


def test_a_file_cannot_be_a_folder_nor_lie_in_a_file(tmp_path):
    (tmp_path / "folder" / "full").mkdir(parents=True)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "folder", tmp_path / "file" / "a"):
        with pytest.raises(OutputError):
            write_text(target, "x")
    with pytest.raises(OutputError), atomic_folder(tmp_path / "file"):
        pass
    assert names(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"


def test_a_really_full_disk(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(OutputError, match="no space left"), output_errors(tmp_path / "a"), \
            Path("/dev/full").open("wb", buffering=0) as stream:
        stream.write(b"x")


def test_a_folder_takes_the_place_of_an_older_one_whole(tmp_path):
    target = tmp_path / "model"
    for content in ("old", "new"):
        with atomic_folder(target) as part:
            (part / "sub").mkdir()
            (part / "sub" / content).write_text(content, encoding="utf-8")
            assert target.exists() == (content == "new")
    assert names(target / "sub") == ["new"]
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt])
def test_a_failed_folder_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "model"
    with atomic_folder(target) as part:
        (part / "a").write_text("old", encoding="utf-8")
    with pytest.raises(error), atomic_folder(target) as part:
        write_then_raise(part / "a", error)
    assert (target / "a").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["model"]


def test_an_older_folder_comes_back_if_the_new_one_cannot_be_put_in_its_place(tmp_path, monkeypatch):
    target = tmp_path / "model"
    with atomic_folder(target) as part:
        (part / "a").write_text("old", encoding="utf-8")
    rename = Path.rename

    def refuse_the_new_one(self, to):
        if self.name.endswith(".part"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse_the_new_one)
    with pytest.raises(OutputError), atomic_folder(target) as part:
        (part / "a").write_text("new", encoding="utf-8")
    assert (target / "a").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["model"]


# ---- reading ----------------------------------------------------------------------------------


def read(path):
    with open_text(path, "the file") as stream:
        return stream.read()


def test_text_plain_gzip_and_bgzip(tmp_path):
    plain = tmp_path / "a"
    plain.write_text("é\n" * 40_000, encoding="utf-8")
    (tmp_path / "b").write_bytes(gzip.compress(plain.read_bytes()))
    pysam.tabix_compress(str(plain), str(tmp_path / "c"))
    joined = gzip.compress("é\n".encode()) + gzip.compress("é\n".encode() * 39_999)
    (tmp_path / "d").write_bytes(joined)
    assert [read(tmp_path / name) == "é\n" * 40_000 for name in "abcd"] == [True] * 4


@pytest.mark.parametrize(("content", "text"), [
    (b"", ""), (b"a\r\nb\rc\n", "a\nb\nc\n"), (b"\xef\xbb\xbfa", "a"), (b"\x1f", "\x1f"), (b"x", "x"),
])
def test_short_texts_line_ends_and_marks(tmp_path, content, text):
    (tmp_path / "a").write_bytes(content)
    assert read(tmp_path / "a") == text


@pytest.mark.parametrize("cut", [2, 12, 200])
def test_a_cut_gzip_file(tmp_path, cut):
    (tmp_path / "a.gz").write_bytes(gzip.compress(os.urandom(5000).hex().encode())[:cut])
    with pytest.raises(DataError, match=r"a\.gz: the file must be a whole gzip file\. Received: .*"
                       r"Fetch or compress it again\."):
        read(tmp_path / "a.gz")


def test_a_damaged_gzip_file(tmp_path):
    content = bytearray(gzip.compress(os.urandom(5000).hex().encode()))
    content[1000:1050] = bytes(50)
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DataError, match="must be a whole gzip file"):
        read(tmp_path / "a.gz")


def test_bytes_that_are_no_text(tmp_path):
    for content in (b"abc\r\n\xff", gzip.compress("é\n".encode() + b"\xff\xfe")):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(DataError, match=r"a:2: the file must be UTF-8 text\. Received: byte 0xff\."):
            read(tmp_path / "a")


def test_bytes_on_standard_input_that_are_no_text(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc\n\xff")))
    with pytest.raises(DataError, match=r"^-: the file must be UTF-8 text\. Received: byte 0xff\."):
        read("-")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_records_may_hold_bytes_that_are_no_text(tmp_path, pack):
    content = "a\n遺伝子\n".encode() + b"b\xe9\xff\r\nc\xc3"
    (tmp_path / "a").write_bytes(pack(content))
    with open_records(tmp_path / "a", "the file") as stream:
        lines = list(stream)
    assert "".join(lines).encode(errors="surrogateescape") == content.replace(b"\r", b"")
    require_utf8(lines[0] + lines[1], "the file", "a", 1)
    for first, line, byte in ((0, 3, 0xe9), (2, 3, 0xe9), (3, 4, 0xc3)):
        with pytest.raises(DataError) as caught:
            require_utf8("".join(lines[first:]), "the file", "a", first + 1)
        assert str(caught.value) == (f"a:{line}: the file must be UTF-8 text. Received: byte "
                                     f"{byte:#04x}. Is it a binary file, or in another encoding?")


def test_records_of_a_cut_gzip_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(os.urandom(5000).hex().encode())[:200])
    with pytest.raises(DataError, match="must be a whole gzip file"), \
            open_records(tmp_path / "a.gz", "the file") as stream:
        stream.read()


def test_bgzip_is_told_from_gzip(tmp_path):
    (tmp_path / "a").write_text("chr1\n")
    pysam.tabix_compress(str(tmp_path / "a"), str(tmp_path / "b"))
    assert is_bgzip((tmp_path / "b").read_bytes())
    assert is_bgzip((tmp_path / "b").read_bytes()[:16])
    for other in (gzip.compress(b"chr1\n" * 9), b"chr1\n" * 9, b"", b"\x1f\x8b", bytes(12) + b"BC\2\0"):
        assert not is_bgzip(other)


def test_missing_files_and_folders(tmp_path):
    (tmp_path / "peaks.bed").touch()
    with pytest.raises(MissingFileError) as caught:
        read(tmp_path / "peak.bed")
    assert str(caught.value) == (f"{tmp_path / 'peak.bed'}: the file must be a file that exists. "
                                 "Received: no such file. Did you mean 'peaks.bed'?")
    with pytest.raises(MissingFileError, match=r"Received: no such file\. Check the path\."):
        read(tmp_path / "nowhere" / "a")
    with pytest.raises(MissingFileError, match=r"Received: a folder\. Name a file in it\."):
        require_file(tmp_path, "the file")
    assert require_file(tmp_path / "peaks.bed", "x") == tmp_path / "peaks.bed"


@pytest.mark.parametrize("content", ["é\n".encode(), gzip.compress("é\n".encode(), mtime=0)],
                         ids=["plain", "gzip"])
def test_standard_input_is_read_and_left_open(monkeypatch, tmp_path, content):
    (tmp_path / "in").write_bytes(content)
    with (tmp_path / "in").open("rb") as raw, io.TextIOWrapper(raw) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read("-") == "é\n"
        assert not raw.closed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_can_be_read_as_a_shell_gives_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(b"chr1\n")))
    writer.start()
    assert read(pipe) == "chr1\n"
    writer.join()

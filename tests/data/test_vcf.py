"""What is said of a VCF that comes through a pipe, and of one that is no text."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pysam
import pytest

from dlgenomics.data.positions import read_variants
from dlgenomics.errors import DataError
from dlgenomics.variants.vcf import open_vcf

HEAD = b"##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ROW = b"chr1\t10\t.\tA\tC\t.\t.\t.\n"


def bgzip(content: bytes, folder: Path) -> bytes:
    (folder / "to-pack").write_bytes(content)
    pysam.tabix_compress(str(folder / "to-pack"), str(folder / "packed"), force=True)
    return (folder / "packed").read_bytes()


def bcf(content: bytes, folder: Path) -> bytes:
    (folder / "to-turn").write_bytes(content)
    with pysam.VariantFile(str(folder / "to-turn")) as vcf, pysam.VariantFile(
            str(folder / "turned"), "wb", header=vcf.header) as out:
        for record in vcf:
            out.write(record)
    return (folder / "turned").read_bytes()


def damaged(content: bytes) -> bytes:
    return content[:90] + bytes(20) + content[110:]


CASES: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "bytes": (lambda _: HEAD + ROW + ROW.replace(b".\tA", b"\xe9\tA"), ":5: the VCF must be UTF-8"),
    "record": (lambda _: HEAD + ROW.replace(b"10", b"x"), ":4: POS must be a whole number"),
    "empty": (lambda _: b"", ": a VCF must"),
    "gzip": (lambda _: gzip.compress(HEAD + ROW)[:-9], ": the VCF must be a whole gzip file"),
    "bgzip": (lambda at: bgzip(HEAD + ROW, at)[:-28], ": the VCF must be a whole bgzip file"),
    "bcf": (lambda at: damaged(bcf(HEAD + ROW * 999, at)), ": the VCF must be a whole BCF file"),
}


def read_all(path: Path | str) -> None:
    with open_vcf(path) as vcf:
        list(vcf.records())


@pytest.mark.parametrize("read", [read_variants, read_all])
@pytest.mark.parametrize("case", CASES)
def test_errors_of_standard_input_name_it_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, read: Callable[[str], object]
) -> None:
    make, message = CASES[case]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(make(tmp_path))))
    with pytest.raises(DataError) as caught:
        read("-")
    assert str(caught.value).startswith(f"-{message}")
    assert caught.value.path == "-"
    assert "dlgenomics-vcf" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("case", CASES)
def test_errors_of_a_pipe_name_it_as_it_was_given(tmp_path: Path, case: str) -> None:
    make, message = CASES[case]
    content = make(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, content)
        with pytest.raises(DataError) as caught:
            read_variants(pipe)
    assert str(caught.value).startswith(f"{pipe}{message}")


def test_other_errors_of_a_reader_of_standard_input_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HEAD + ROW)))
    with pytest.raises(DataError, match=r"^genome\.fa: no such contig$"), open_vcf("-"):
        raise DataError("no such contig", path="genome.fa")


def test_a_header_that_is_no_text_is_refused_where_it_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf"
    path.write_bytes(HEAD.replace(b"##contig", b"##m\xfcller=1\n##contig") + ROW)
    assert len(read_variants(path).places) == 1
    with pytest.raises(DataError, match=r"in\.vcf:2: the VCF must be UTF-8.*byte 0xfc"), \
            open_vcf(path):
        pass

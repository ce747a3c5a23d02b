"""The command dlg score-variants."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics_zoo.client import place_in_zoo

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


@pytest.fixture
def row(letters: dict[str, str]) -> tuple[object, ...]:
    base = letters["chr1"][199]
    return ("chr1", 200, base, "AC"[base == "A"])


def test_scores_picture_and_summary(run_dlg: Dlg, placed, row, write_vcf, genome, tmp_path: Path) -> None:
    out, page = tmp_path / "out.vcf.gz", tmp_path / "page.html"
    status, printed, err = run_dlg(
        "score-variants", "test/tiny", "--vcf", write_vcf(row, (*row[:3], "<DEL>")), "--fasta", genome,
        "-o", out, "--scores", "ref, diff", "--targets", "bound", "--both-strands", "--page", page, "--json")
    assert status == 0, err
    said = json.loads(printed)
    assert (said["records"], said["alleles"], said["skipped"]) == (2, 1, {"symbolic": 1})
    assert out.is_file()
    assert "chr1:200" in page.read_text()


def test_vcf_goes_to_standard_output(run_dlg: Dlg, placed, row, write_vcf, genome) -> None:
    status, out, err = run_dlg("score-variants", "test/tiny", "--vcf", write_vcf(row), "--fasta", genome)
    assert status == 0, err
    assert out.splitlines()[-1].split("\t")[7].startswith("DLG_ref=0.")
    assert "1 allele of 1 record scored (1 SNV)" in err


def test_ctrl_c_says_how_to_go_on(run_dlg: Dlg, placed, letters, write_vcf, genome, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    from dlgenomics.variants.network import Network

    bases = letters["chr1"][200:232]
    vcf = write_vcf(*(("chr1", 201 + i, base, "AC"[base == "A"]) for i, base in enumerate(bases)))
    out, run, calls = tmp_path / "out.vcf", Network._batch, []

    def interrupted(self: Network, windows, places):
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return run(self, windows, places)

    monkeypatch.setattr("dlgenomics.variants.scoring._LARGEST_CHUNK", 8)
    command = ("score-variants", "test/tiny", "--vcf", vcf, "--fasta", genome, "-o", out)
    with monkeypatch.context() as patch:
        patch.setattr(Network, "_batch", interrupted)
        status, _, err = run_dlg(*command)
    assert (status, f"of 4 shards are kept in {out}.parts; go on with the same command" in err) == (130, True), err
    assert run_dlg(*command, "--resume")[0] == 0
    assert out.read_text().count("DLG_diff=") == 32


@pytest.mark.parametrize(("options", "message"), [
    (["--scores", "dif"], "Did you mean 'diff'"),
    (["--targets", "bond"], "Did you mean 'bound'"),
    (["-o", "out.bam"], "the name must end in .vcf"),
    (["--page", "page.pdf"], "the name must end in .html, .svg or .png. Received: '.pdf'"),
    (["--json"], "name a file with -o"),
    (["--haplotypes", "me"], "haplotypes are those of a sample"),
])
def test_what_is_wrong_is_said(run_dlg: Dlg, placed, row, write_vcf, genome, options, message: str) -> None:
    status, _, err = run_dlg("score-variants", "test/tiny", "--vcf", write_vcf(row), "--fasta", genome, *options)
    assert status in (1, 2)
    assert message in " ".join(err.split())


@pytest.mark.real
def test_exchanged_eqtls_change_their_sign(run_dlg: Dlg, placed, tmp_path: Path) -> None:
    """The eQTLs of hg38 that come with the data; their files lack a header line and a column."""
    data = os.environ.get("DLG_TEST_DATA")
    if not data:
        pytest.skip("DLG_TEST_DATA does not name the folder with basenji/")
    folder = Path(data) / "basenji"
    found = {}
    for name in ("eqtl", "eqtl_flip"):
        lines = (folder / "snp" / f"{name}.vcf").read_text().splitlines()
        vcf = tmp_path / f"{name}.vcf"
        vcf.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
                       + "".join(f"{line}\t.\n" for line in lines if not line.startswith("#")))
        out = tmp_path / f"{name}.tsv"
        status, _, err = run_dlg("score-variants", "test/tiny", "--vcf", vcf, "--fasta",
                                 folder / "hg38_1m.fa.gz", "-o", out, "--scores", "diff")
        assert status == 0, err
        found[name] = [line.split("\t") for line in out.read_text().splitlines()[1:]]
    assert [row[6] for row in found["eqtl"]] == ["0"] * 8
    assert [row[6] for row in found["eqtl_flip"]] == ["1"] * 8
    changes = [float(row[-1]) for row in found["eqtl"]]
    assert [-float(row[-1]) for row in found["eqtl_flip"]] == changes
    assert any(changes)

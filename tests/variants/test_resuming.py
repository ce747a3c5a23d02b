"""Runs that are interrupted go on where they were, and end with the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_splicing import GENES, make_splicing

from dlgenomics.errors import RunError
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.variants.plan import Options


@pytest.fixture
def vcf(write_vcf, letters) -> Path:
    """Thirty places: SNVs, every fifth with a symbol too, every seventh an insertion."""
    rows = []
    for i in range(30):
        base = letters["chr1"][20 + 10 * i]
        alt = f"{base}TT" if i % 7 == 0 else "AC"[base == "A"]
        rows.append(("chr1", 21 + 10 * i, base, f"{alt},<DEL>" if i % 5 == 0 else alt))
    return write_vcf(*rows)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics.variants.scoring._LARGEST_CHUNK", 8)


class Interrupted(Exception):
    """What stops a run in these tests."""


def _run(model: object, vcf: Path, genome: Path, out: Path, intent: Intent | None = None, **options: object) -> None:
    from dlgenomics.variants.scoring import score_variants

    score_variants(model, vcf, genome, out, Options(**options), intent=intent or Intent())


def _interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> list[int]:
    """Let the network fail at its call after so many."""
    from dlgenomics.variants.network import Network

    run, calls = Network._batch, []

    def batch(self, windows, places):
        if len(calls) == after:
            raise Interrupted
        calls.append(len(windows))
        return run(self, windows, places)

    monkeypatch.setattr(Network, "_batch", batch)
    return calls


@pytest.mark.parametrize("name", ["out.vcf", "out.tsv"])
def test_a_run_goes_on_with_what_is_done(plain_model, vcf, genome, small_chunks, tmp_path, monkeypatch, name) -> None:
    _run(plain_model, vcf, genome, tmp_path / f"whole-{name}")
    out = tmp_path / name
    with monkeypatch.context() as patch:
        _interrupt(patch, 2)
        with pytest.raises(Interrupted):
            _run(plain_model, vcf, genome, out)
    assert not out.exists()
    parts = out.with_name(f"{name}.parts")
    assert len(list(parts.glob("*.npz"))) == 2
    with pytest.raises(RunError, match=r"2 of 4 shards\. Go on with --resume, or begin anew"):
        _run(plain_model, vcf, genome, out)
    with pytest.raises(RunError, match=r"other options\.both_strands"):
        _run(plain_model, vcf, genome, out, Intent(resume=True), both_strands=True)
    with monkeypatch.context() as patch:
        calls = _interrupt(patch, 99)
        _run(plain_model, vcf, genome, out, Intent(resume=True))
    assert len(calls) == 2
    assert out.read_bytes() == (tmp_path / f"whole-{name}").read_bytes()
    assert not parts.exists()


def test_another_vcf_is_another_run(plain_model, vcf, genome, small_chunks, tmp_path, monkeypatch) -> None:
    out = tmp_path / "out.vcf"
    with monkeypatch.context() as patch:
        _interrupt(patch, 1)
        with pytest.raises(Interrupted):
            _run(plain_model, vcf, genome, out)
    vcf.write_text(vcf.read_text() + vcf.read_text().splitlines()[-1] + "\n")
    with pytest.raises(RunError, match=r"other inputs\.vcf"):
        _run(plain_model, vcf, genome, out, Intent(resume=True))
    _run(plain_model, vcf, genome, out, Intent(restart=True))
    assert out.is_file()


def test_nothing_is_left_of_a_run_that_did_nothing(plain_model, vcf, genome, tmp_path, monkeypatch) -> None:
    _interrupt(monkeypatch, 0)
    with pytest.raises(Interrupted):
        _run(plain_model, vcf, genome, tmp_path / "out.vcf")
    assert list(tmp_path.glob("*out*")) == []


def test_profiles_are_kept_too(make_network, vcf, genome, small_chunks, tmp_path, monkeypatch) -> None:
    model = make_network("Conv1D: {filters: 2, kernel_size: 5, padding: same}", task="regression",
                         targets="y: {kind: bigwig_profile, files: [a.bw, b.bw], length: 21}")
    _run(model, vcf, genome, tmp_path / "whole.npz")
    with monkeypatch.context() as patch:
        _interrupt(patch, 3)
        with pytest.raises(Interrupted):
            _run(model, vcf, genome, tmp_path / "out.npz")
    _run(model, vcf, genome, tmp_path / "out.npz", Intent(resume=True))
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_another_signal_is_another_run(make_network, vcf, genome, small_chunks, tmp_path, monkeypatch) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")

    def write_signal(value: float) -> None:
        pybigtools.open(str(tmp_path / "a.bw"), "w").write({"chr1": 400}, iter([("chr1", 0, 400, value)]))

    write_signal(1.0)
    model = make_network(
        "Flatten: {from: dna, name: a}", "Flatten: {from: track, name: b}",
        "Concatenate: {from: [a, b], name: c}", "Dense: {units: 1}",
        inputs="{dna: {kind: dna, length: 21}, track: {kind: bigwig, files: [a.bw], length: 11}}")
    out = tmp_path / "out.vcf"
    with monkeypatch.context() as patch:
        _interrupt(patch, 1)
        with pytest.raises(Interrupted):
            _run(model, vcf, genome, out, data_folder=tmp_path)
    write_signal(2.0)
    with pytest.raises(RunError, match=r"other .*signal\.1"):
        _run(model, vcf, genome, out, Intent(resume=True), data_folder=tmp_path)
    write_signal(1.0)
    _run(model, vcf, genome, out, Intent(resume=True), data_folder=tmp_path)
    assert out.is_file()


def test_splicing_goes_on_too(vcf, genome, tmp_path, monkeypatch) -> None:
    from dlgenomics.data.genome import Genome
    from dlgenomics.variants.reference import Policy, survey
    from dlgenomics.variants.splicing.ensemble import Ensemble
    from dlgenomics.variants.splicing.genes import read_genes
    from dlgenomics.variants.splicing.scoring import SplicingScorer, splicing_judge
    from dlgenomics.variants.vcf import open_vcf

    monkeypatch.setattr("dlgenomics.variants.splicing.scoring._CHUNK", 8)
    (tmp_path / "genes.txt").write_text(GENES)
    ensemble, calls = Ensemble([make_splicing(1)]), []
    predict = ensemble.predict

    def counted(windows):
        if len(calls) == 2 and not (tmp_path / "go").exists():
            raise Interrupted
        calls.append(len(windows))
        return predict(windows)

    ensemble.predict = counted
    with open_vcf(vcf) as opened, Genome(genome) as fasta:
        judge = splicing_judge(opened, fasta, Policy(), 20)
        scorer = SplicingScorer(ensemble, judge, read_genes(tmp_path / "genes.txt"), 20)
        found = survey(judge)
        with pytest.raises(Interrupted):
            scorer.write(tmp_path / "out.vcf", found)
        (tmp_path / "go").touch()
        scorer.write(tmp_path / "out.vcf", found, intent=Intent(resume=True))
        assert len(calls) == 4
        scorer.write(tmp_path / "whole.vcf", found)
    assert (tmp_path / "out.vcf").read_bytes() == (tmp_path / "whole.vcf").read_bytes()

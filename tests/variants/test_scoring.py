"""Scored files, against predictions for sequences that were edited by hand as text."""

from __future__ import annotations

import gzip
import math
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pysam
import pytest
from variants.conftest import HEADER

from dlgenomics.errors import BuildError, ContigError, DataError, DlgError, OutputError
from dlgenomics.variants.plan import Options, Plan
from dlgenomics.variants.reference import Policy

LENGTH = 21


@pytest.fixture(scope="module")
def two_columns(make_network) -> object:
    return make_network("Conv1D: {filters: 4, kernel_size: 5, activation: relu}", "Flatten",
                        "Dense: {units: 2}", targets="y: {columns: [one, two]}",
                        task="multilabel_classification")


@pytest.fixture(scope="module")
def profile_model(make_network) -> object:
    return make_network(
        "Conv1D: {filters: 2, kernel_size: 5, padding: same}",
        task="regression",
        targets="y: {kind: bigwig_profile, files: [plus.bw, minus.bw], length: 21, stranded: true}")


@pytest.fixture
def rows(letters) -> list[tuple[object, ...]]:
    """One of each kind, some near an end or in N; the last is multi-allelic."""
    one, two = letters["chr1"], letters["chr2"]
    other = str.maketrans("ACGTacgt", "CGTACGTA")
    return [("chr1", 101, one[100], one[100].translate(other)),
            ("chr1", 151, one[150], one[150] + "GGT"),
            ("chr1", 201, one[200:204], one[200]),
            ("chr1", 211, one[210], "<DEL>", "AF=0.5"),
            ("chr1", 3, one[2], one[2].translate(other)),
            ("chr2", 112, two[111], two[111].translate(other)),
            ("chr1", 301, one[300], f"{one[300].translate(other)},*,{one[300]}A")]


def _one_hot(text: str) -> np.ndarray:
    return np.array([[float(base == letter) for letter in "ACGT"] for base in text], np.float32)


def _by_hand(model: object, text: str, pos: int, ref: str, alt: str, *, turn: bool = False) -> tuple[np.ndarray, ...]:
    """Predict one allele at a time: edit the contig, cut the window, encode letter by letter."""
    padded, at = "N" * 99 + text.upper() + "N" * 99, 99 + pos - 1
    found = []
    for allele in (ref.upper(), alt):
        whole = padded[:at] + allele + padded[at + len(ref):]
        window = whole[at - LENGTH // 2:at - LENGTH // 2 + LENGTH]
        if turn:
            window = window.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        found.append(model.predict_on_batch(_one_hot(window)[None])[0])
    return tuple(found)


def _score(model: object, vcf: Path, genome: Path, out: Path, **options: object) -> object:
    from dlgenomics.variants.scoring import score_variants

    return score_variants(model, vcf, genome, out, Options(**options))


def _info(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return [dict(item.partition("=")[::2] for item in line.split("\t")[7].split(";"))
            for line in text.splitlines() if not line.startswith("#")]


def test_a_vcf_gets_the_scores_of_edited_sequences(plain_model, rows, write_vcf, genome, letters, tmp_path) -> None:
    found = _score(plain_model, write_vcf(*rows), genome, tmp_path / "out.vcf")
    assert (found.records, found.alleles, found.swapped, found.mismatched) == (7, 7, 0, 0)
    assert dict(found.skipped) == {"symbolic": 1, "overlapping_deletion": 1}
    info = _info(tmp_path / "out.vcf")
    for (contig, pos, ref, alts, *_), fields in zip(rows, info, strict=True):
        for place, alt in enumerate(alts.split(",")):
            if alt in ("<DEL>", "*"):
                assert fields["DLG_skipped"].split(",")[place] in ("symbolic", "overlapping_deletion")
                continue
            before, after = (float(one[0]) for one in _by_hand(plain_model, letters[contig], pos, ref, alt.upper()))
            values = {name: float(fields[f"DLG_{name}"].split(",")[place]) for name in ("ref", "alt", "diff", "logit")}
            assert values["ref"] == pytest.approx(before, rel=1e-5)
            assert values["alt"] == pytest.approx(after, rel=1e-5)
            assert values["diff"] == pytest.approx(after - before, abs=1e-6)
            logits = math.log(after / (1 - after)) - math.log(before / (1 - before))
            assert values["logit"] == pytest.approx(logits, abs=1e-4)
    assert [fields.get("DLG_n") for fields in info] == [None, None, None, None, "8", "9", None]


def test_every_header_line_and_record_is_kept_in_order(plain_model, rows, write_vcf, genome, tmp_path) -> None:
    source = write_vcf(*rows)
    _score(plain_model, source, genome, tmp_path / "out.vcf")
    before, after = source.read_text().splitlines(), (tmp_path / "out.vcf").read_text().splitlines()
    added = [line for line in after if line.startswith("##INFO=<ID=DLG_")]
    kept = [line for line in after if line not in added]
    assert len(added) == 7
    for one, other in zip(before, kept, strict=True):
        old, new = one.split("\t"), other.split("\t")
        if one.startswith("#"):
            assert one == other
        else:
            assert new[:7] == old[:7]
            assert old[7] == "." or new[7].startswith(old[7] + ";")


def test_genotypes_stay_behind_info(plain_model, write_vcf, genome, letters, tmp_path) -> None:
    header = HEADER.replace("INFO\n", "INFO\tFORMAT\tme\n").replace(
        "#CHROM", "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"genotype\">\n#CHROM")
    base = letters["chr1"][49]
    source = write_vcf(("chr1", 50, base, "AC"[base == "A"], ".", "GT", "0/1"), header=header)
    _score(plain_model, source, genome, tmp_path / "out.vcf")
    last = (tmp_path / "out.vcf").read_text().splitlines()[-1].split("\t")
    assert last[7].startswith("DLG_ref=")
    assert last[8:] == ["GT", "0/1"]


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_the_vcf_is_valid(plain_model, two_columns, rows, write_vcf, genome, tmp_path, name) -> None:
    model = two_columns if name.endswith("gz") else plain_model
    _score(model, write_vcf(*rows), genome, tmp_path / name)
    with pysam.VariantFile(str(tmp_path / name)) as vcf:
        assert len(list(vcf)) == 7
    if not shutil.which("bcftools"):
        pytest.skip("bcftools is not installed; pysam reads the file")
    done = subprocess.run(["bcftools", "view", "-Ob", "-o", str(tmp_path / "out.bcf"), str(tmp_path / name)],
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    if name.endswith("gz"):
        subprocess.run(["bcftools", "index", "-t", str(tmp_path / "out.bcf")], check=False)
        found = subprocess.run(["bcftools", "query", "-f", "%INFO/DLG_ref\n", str(tmp_path / name)],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        assert found[0].count("|") == 1
        assert found[3] == "."


def test_two_columns_are_joined_and_named(two_columns, rows, write_vcf, genome, letters, tmp_path) -> None:
    source = write_vcf(*rows)
    _score(two_columns, source, genome, tmp_path / "out.vcf")
    header = (tmp_path / "out.vcf").read_text()
    assert 'ID=DLG_ref,Number=A,Type=String,Description="prediction for the reference allele; values: one|two"' in header
    assert 'ID=DLG_absmax,Number=A,Type=Float' in header
    before, after = _by_hand(two_columns, letters["chr1"], *rows[0][1:4])
    fields = _info(tmp_path / "out.vcf")[0]
    assert [float(v) for v in fields["DLG_ref"].split("|")] == pytest.approx(before, rel=1e-5)
    assert float(fields["DLG_absmax"]) == pytest.approx(np.abs(after - before).max(), abs=1e-6)
    _score(two_columns, source, genome, tmp_path / "one.tsv", targets=("two",), scores=("diff",))
    lines = (tmp_path / "one.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["chrom", "pos", "id", "ref", "alt", "skipped", "swapped", "n", "diff"]
    assert float(lines[1].split("\t")[-1]) == pytest.approx(after[1] - before[1], abs=1e-6)
    assert lines[4].split("\t")[5:] == ["symbolic", "0", "0", "nan"]
    assert len(lines) == 10


def test_a_table_holds_alleles_and_their_predictions(plain_model, rows, write_vcf, genome, letters, tmp_path) -> None:
    """Alleles and scores are both called ref and alt: neither may replace the other."""
    _score(plain_model, write_vcf(*rows), genome, tmp_path / "out.tsv", scores=("ref", "alt", "diff"))
    header, *lines = [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()]
    assert header[3:5] == ["ref", "alt"]
    assert header[8:] == ["ref/y", "alt/y", "diff"]
    assert [line[3:5] for line in lines[:3]] == [[str(one).upper() for one in row[2:4]] for row in rows[:3]]
    expected = [float(one[0]) for one in _by_hand(plain_model, letters["chr1"], *rows[0][1:4])]
    assert [float(one) for one in lines[0][8:10]] == pytest.approx(expected, rel=1e-5)


def test_parquet_holds_what_tsv_holds(two_columns, rows, write_vcf, genome, tmp_path) -> None:
    source = write_vcf(*rows)
    for name in ("out.tsv", "out.parquet"):
        _score(two_columns, source, genome, tmp_path / name)
    table = pq.read_table(tmp_path / "out.parquet")
    header, *lines = [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()]
    assert table.column_names == header
    assert "diff/two" in header
    for place, name in enumerate(header):
        texts = [f"{v:.9g}" if isinstance(v, float) else str(v) for v in table[name].to_pylist()]
        assert texts == [line[place] for line in lines]


def test_both_strands_are_averaged(plain_model, rows, write_vcf, genome, letters, tmp_path) -> None:
    _score(plain_model, write_vcf(*rows[:3]), genome, tmp_path / "out.vcf", both_strands=True)
    for row, fields in zip(rows[:3], _info(tmp_path / "out.vcf"), strict=True):
        forward = _by_hand(plain_model, letters["chr1"], *row[1:4])
        backward = _by_hand(plain_model, letters["chr1"], *row[1:4], turn=True)
        expected = [float((a[0] + b[0]) / 2) for a, b in zip(forward, backward, strict=True)]
        assert [float(fields["DLG_ref"]), float(fields["DLG_alt"])] == pytest.approx(expected, rel=1e-5)


def test_profiles_are_compared_by_position(profile_model, rows, write_vcf, genome, letters, tmp_path) -> None:
    _score(profile_model, write_vcf(*rows), genome, tmp_path / "out.h5", both_strands=True)
    with h5py.File(tmp_path / "out.h5") as stored:
        profiles, totals = stored["profiles/y"][:], stored["scores/diff"][:]
        largest, at = stored["scores/profile_max"][:], stored["scores/profile_at"][:]
        assert stored["variants/alt"].asstr()[:4].tolist()[3] == "<DEL>"
    assert profiles.shape == (9, 21, 2)
    assert np.isnan(profiles[3]).all()
    forward = _by_hand(profile_model, letters["chr1"], *rows[0][1:4])
    backward = _by_hand(profile_model, letters["chr1"], *rows[0][1:4], turn=True)
    # The other strand's tracks are turned round and change places.
    expected = ((forward[1] - forward[0]) + (backward[1] - backward[0])[::-1, ::-1]) / 2
    assert profiles[0] == pytest.approx(expected, abs=1e-5)
    assert totals[0] == pytest.approx(expected.sum(axis=0), abs=1e-5)
    places = np.abs(expected).argmax(axis=0)
    assert at[0].tolist() == (places - 10).tolist()
    assert largest[0] == pytest.approx(expected[places, [0, 1]], abs=1e-5)


def test_profiles_of_indels_are_compared_where_the_bases_stand(profile_model, write_vcf, genome, letters, tmp_path) -> None:
    text = letters["chr1"]
    rows = [("chr1", 201, text[200:204], text[200]), ("chr1", 251, text[250], text[250] + "GG")]
    _score(profile_model, write_vcf(*rows), genome, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as stored:
        deletion, insertion = stored["profiles/y"][:]
    # Far from the variant the same bases give the same values; a window's ends see padding.
    assert np.isnan(deletion).all(axis=1).nonzero()[0].tolist() == [11, 12, 13]
    assert deletion[:8] == pytest.approx(0, abs=1e-6)
    assert deletion[16:18] == pytest.approx(0, abs=1e-6)
    assert np.isnan(insertion).all(axis=1).nonzero()[0].tolist() == [19, 20]
    assert insertion[13:17] == pytest.approx(0, abs=1e-6)
    assert np.abs(insertion[10]).max() > 0.01


def test_signal_stays_that_of_the_genome(make_network, rows, write_vcf, genome, letters, tmp_path) -> None:
    pybigtools = pytest.importorskip("pybigtools")
    signal = np.random.default_rng(3).random(400).astype(np.float32)
    pybigtools.open(str(tmp_path / "a.bw"), "w").write(
        {"chr1": 400}, iter([("chr1", i, i + 1, float(v)) for i, v in enumerate(signal)]))
    model = make_network(
        "Flatten: {from: dna, name: a}", "Flatten: {from: track, name: b}",
        "Concatenate: {from: [a, b], name: c}", "Dense: {units: 1}",
        inputs="{dna: {kind: dna, length: 21}, track: {kind: bigwig, files: [a.bw], length: 11}}")
    _score(model, write_vcf(*rows[:3]), genome, tmp_path / "out.vcf", data_folder=tmp_path, both_strands=True)
    found = _info(tmp_path / "out.vcf")
    for (_, pos, ref, alt, *_), fields in zip(rows[:3], found, strict=True):
        padded, at = "N" * 99 + letters["chr1"] + "N" * 99, 99 + pos - 1
        window = (padded[:at] + alt + padded[at + len(ref):])[at - 10:at + 11]
        track = signal[pos - 6:pos + 5][:, None]
        turned = window.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        values = [float(model.predict_on_batch({"dna": _one_hot(w)[None], "track": t[None]})[0, 0])
                  for w, t in ((window, track), (turned, track[::-1]))]
        assert float(fields["DLG_alt"]) == pytest.approx(np.mean(values), rel=1e-5)


def test_the_logit_before_a_saturated_sigmoid_still_differs(make_network, write_vcf, genome, letters, tmp_path) -> None:
    model = make_network("Flatten", "Dense: {units: 1}")
    kernel, bias = model.model.get_weights()
    model.model.set_weights([kernel, bias + 60])
    base = letters["chr1"][99]
    alt = "AC"[base == "A"]
    _score(model, write_vcf(("chr1", 100, base, alt)), genome, tmp_path / "out.vcf",
           scores=("diff", "logit_diff"))
    fields = _info(tmp_path / "out.vcf")[0]
    weights = kernel.reshape(21, 4)[10]
    assert float(fields["DLG_diff"]) == 0
    assert float(fields["DLG_logit_diff"]) == pytest.approx(
        weights["ACGT".index(alt)] - weights["ACGT".index(base)], abs=1e-4)


def test_exchanged_alleles_change_the_sign(plain_model, rows, write_vcf, genome, tmp_path) -> None:
    contig, pos, ref, alt = rows[0]
    _score(plain_model, write_vcf(rows[0]), genome, tmp_path / "a.vcf")
    found = _score(plain_model, write_vcf((contig, pos, alt, ref)), genome, tmp_path / "b.vcf")
    a, b = _info(tmp_path / "a.vcf")[0], _info(tmp_path / "b.vcf")[0]
    assert found.swapped == 1
    assert "DLG_swapped" in b
    assert (a["DLG_ref"], a["DLG_alt"]) == (b["DLG_alt"], b["DLG_ref"])
    assert float(a["DLG_diff"]) == -float(b["DLG_diff"])


def test_equal_windows_go_through_the_network_once(plain_model, rows, write_vcf, genome, tmp_path, monkeypatch) -> None:
    from dlgenomics.variants.network import Network

    seen = []
    run = Network._batch
    monkeypatch.setattr(Network, "_batch", lambda self, windows, places: seen.append(len(windows)) or run(self, windows, places))
    _score(plain_model, write_vcf(rows[-1], rows[-1]), genome, tmp_path / "out.vcf")
    assert sum(seen) == 3


def test_a_vcf_of_symbols_alone_has_no_scores(profile_model, write_vcf, genome, letters, tmp_path) -> None:
    source = write_vcf(("chr1", 10, letters["chr1"][9], "<DEL>"))
    for name in ("out.vcf", "out.h5", "out.tsv"):
        assert _score(profile_model, source, genome, tmp_path / name).alleles == 0
    assert _info(tmp_path / "out.vcf") == [{"DLG_skipped": "symbolic"}]
    with h5py.File(tmp_path / "out.h5") as stored:
        assert stored["profiles/y"].shape == (1, 21, 2)


def test_the_wrong_build_stops_the_run(plain_model, write_vcf, genome, letters, tmp_path) -> None:
    text = letters["chr1"]
    rows = [("chr1", i + 1, "ACGT"[("ACGT".index(text[i]) + 1) % 4], "ACGT"[("ACGT".index(text[i]) + 2) % 4])
            for i in range(100, 110)]
    header = HEADER.replace("##contig=<ID=chr1>", "##contig=<ID=chr1,length=249250621>")
    with pytest.raises(BuildError, match=r"10 of 10 records.*of GRCh37 \(hg19\).*--max-mismatches") as raised:
        _score(plain_model, write_vcf(*rows, header=header), genome, tmp_path / "out.vcf")
    assert (raised.value.mismatched, raised.value.checked) == (10, 10)
    assert not (tmp_path / "out.vcf").exists()
    found = _score(plain_model, write_vcf(*rows), genome, tmp_path / "out.vcf", policy=Policy(1.0))
    assert found.skipped["reference_mismatch"] == 10


def test_other_names_of_a_contig_are_offered(plain_model, rows, write_vcf, genome, tmp_path) -> None:
    row = ("1", *rows[0][1:])
    source = write_vcf(row)
    with pytest.raises(ContigError, match=r"every variant's contig must be in \w+\.fa, .*Did you mean 'chr1'\? .*--rename-contigs") as raised:
        _score(plain_model, source, genome, tmp_path / "out.vcf")
    assert raised.value.near == "chr1"
    _score(plain_model, source, genome, tmp_path / "a.vcf", policy=Policy(rename_contigs=True))
    _score(plain_model, write_vcf(rows[0]), genome, tmp_path / "b.vcf")
    assert _info(tmp_path / "a.vcf") == _info(tmp_path / "b.vcf")
    assert (tmp_path / "a.vcf").read_text().splitlines()[-1].startswith("1\t")


def test_a_missing_contig_is_an_error_or_a_reason(plain_model, rows, write_vcf, genome, tmp_path) -> None:
    source = write_vcf(rows[0], ("chr9", 5, "A", "C"))
    with pytest.raises(ContigError, match=r"Received: 'chr9'. Use a FASTA.*--skip-missing-contigs"):
        _score(plain_model, source, genome, tmp_path / "out.vcf")
    found = _score(plain_model, source, genome, tmp_path / "out.vcf", policy=Policy(skip_missing_contigs=True))
    assert dict(found.skipped) == {"missing_contig": 1}


def test_nothing_to_score_is_said(plain_model, write_vcf, genome, tmp_path) -> None:
    with pytest.raises(DataError, match=r"at least one record\. Received: a header alone"):
        _score(plain_model, write_vcf(), genome, tmp_path / "out.vcf")


def test_names_that_mean_nothing_are_refused(plain_model, profile_model, two_columns, rows, write_vcf, genome, tmp_path) -> None:
    source = write_vcf(rows[0])

    def refused(model: object, message: str, out: str = "out.vcf", **options: object) -> None:
        with pytest.raises(DlgError, match=message):
            _score(model, source, genome, tmp_path / out, **options)

    refused(plain_model, "Did you mean 'diff'", scores=("dif",))
    refused(two_columns, "a target is one of one, two. Received: 'three'", targets=("three",))
    refused(plain_model, "profile_max needs an output along positions", scores=("profile_max",))
    refused(profile_model, "logit needs one probability for each variant", scores=("logit",))
    refused(profile_model, "logit_diff needs outputs with an activation", scores=("logit_diff",))
    refused(plain_model, "prefix of INFO fields", prefix="9 lives")
    with pytest.raises(OutputError, match=r"must end in \.vcf"):
        _score(plain_model, source, genome, tmp_path / "out.bam")


def test_a_second_run_needs_other_names(plain_model, rows, write_vcf, genome, tmp_path) -> None:
    _score(plain_model, write_vcf(rows[0]), genome, tmp_path / "a.vcf")
    with pytest.raises(DlgError, match="INFO field DLG_ref yet"):
        _score(plain_model, tmp_path / "a.vcf", genome, tmp_path / "b.vcf")
    _score(plain_model, tmp_path / "a.vcf", genome, tmp_path / "b.vcf", prefix="TWO")
    fields = _info(tmp_path / "b.vcf")[0]
    assert fields["DLG_ref"] == fields["TWO_ref"]


def test_several_inputs_of_dna_and_words(make_network, rows, write_vcf, genome, letters, tmp_path) -> None:
    model = make_network(
        "Flatten: {from: dna, name: a}", "Embedding: {from: words, input_dim: 17, output_dim: 2, name: e}",
        "Flatten: {from: e, name: b}", "Concatenate: {from: [a, b], name: c}", "Dense: {units: 1}",
        inputs="{dna: {kind: dna, length: 21}, words: {kind: kmer, k: 2, length: 11}}")
    _score(model, write_vcf(*rows[:3]), genome, tmp_path / "out.vcf")
    padded, at = "N" * 99 + letters["chr1"] + "N" * 99, 99 + rows[1][1] - 1
    whole = padded[:at] + rows[1][3] + padded[at + 1:]
    near = whole[at - 5:at + 6]
    words = [["ACGT".index(a) * 4 + "ACGT".index(b) + 1 for a, b in pairwise(near)]]
    expected = model.predict_on_batch({"dna": _one_hot(whole[at - 10:at + 11])[None], "words": np.array(words)})
    assert float(_info(tmp_path / "out.vcf")[1]["DLG_alt"]) == pytest.approx(float(expected[0, 0]), rel=1e-5)


def test_a_model_that_takes_no_dna_is_refused(make_network) -> None:
    numbers = make_network("Dense: {units: 1}", inputs="x: {kind: numeric, columns: [age], scale: none}")
    with pytest.raises(DlgError, match=r"models that take DNA.*Received: input 'x' \(numeric"):
        Plan(numbers.spec).check()


def test_the_defaults_fit_the_outputs(plain_model, two_columns, profile_model) -> None:
    assert Plan(plain_model.spec).scores == ("ref", "alt", "diff", "logit")
    assert Plan(two_columns.spec).scores == ("ref", "alt", "diff", "logit", "absmax")
    assert Plan(profile_model.spec).scores == ("ref", "alt", "diff", "absmax", "profile_max", "profile_at", "profile_l1")

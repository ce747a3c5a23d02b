"""Arguments of Kipoi's dataloaders: all that its models use, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.errors import BoundsError, ContigError, DataError, DlgError, MissingFileError
from dlgenomics.predict.dataloader import Dataloader as Opener
from dlgenomics.spec.inputs import ArrayInput, DnaInput
from dlgenomics_zoo.kipoi.descriptor import Argument, Dataloader, Descriptor
from dlgenomics_zoo.kipoi.feeding import kipoi_dataloader, open_kipoi_loader
from dlgenomics_zoo.kipoi.index import kipoi_index

FOLDER = Path(__file__).parent / "kipoiseq"
FILES = {"intervals_file": FOLDER / "intervals.tsv", "fasta_file": FOLDER / "genome.fa"}
GENES = {"gtf_file": FOLDER / "genes.gtf", "fasta_file": FOLDER / "genome.fa"}


def _descriptor(name: str = "SeqIntervalDl", **default_args: Any) -> Descriptor:
    return Descriptor("x", dataloader=Dataloader(f"kipoiseq.dataloaders.{name}",
                                                 default_args=default_args))


def _default_args() -> dict[str, Descriptor]:
    """Return one model of Kipoi for each set of arguments that any of them has."""
    found = {}
    for one in kipoi_index().models.values():
        if one.dataloader.defined_as.startswith("kipoiseq.") and not one.dataloader.own:
            given = sorted(one.dataloader.default_args.items())
            found.setdefault(f"{one.dataloader.defined_as} {given}", one)
    return found


CENSUS = _default_args()


def test_the_census_is_whole() -> None:
    """16 sets of default_args on (String)SeqIntervalDl, of which {} is on both, and one on GTFs."""
    assert len(CENSUS) == 18


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A chromosome that is large enough for every model, with intervals and a gene in the middle."""
    folder = tmp_path_factory.mktemp("large")
    letters = np.random.default_rng(3).choice(list("ACGT"), 140_000)
    (folder / "genome.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    (folder / "intervals.tsv").write_text("chr1\t69990\t70010\nchr1\t69970\t69990\n")
    (folder / "genes.gtf").write_text(
        'chr1\tx\tgene\t70000\t70900\t.\t-\t.\tgene_id "g1"; gene_type "protein_coding";\n')
    return {one: folder / name for one, name in (
        ("intervals_file", "intervals.tsv"), ("fasta_file", "genome.fa"),
        ("gtf_file", "genes.gtf"))}


@pytest.mark.parametrize("one", CENSUS)
def test_every_set_of_arguments_in_kipoi_gives_the_shape_of_its_model(
    one: str, large: dict[str, Path]
) -> None:
    descriptor = CENSUS[one]
    makes = kipoi_dataloader(descriptor, {})
    needed = {argument.name for argument in makes.arguments if argument.required}
    batch = makes(**{key: path for key, path in large.items() if key in needed}).load_all()
    (array,) = descriptor.inputs.arrays
    if array.shape:
        shape = batch["inputs"].shape[1:]
        assert len(shape) == len(array.shape)
        assert all(stated in (size, None)
                   for stated, size in zip(array.shape, shape, strict=True)), (array.shape, shape)
        assert (batch["inputs"].sum(axis=1 + shape.index(4)) == 1).all()
    assert len(batch["metadata"]["ranges"].start) == len(batch["inputs"])


def test_batches_are_kipois() -> None:
    loader = open_kipoi_loader(_descriptor(auto_resize_len=11), {}, **FILES)
    batches = list(loader.batch_iter(batch_size=3))
    assert [one["inputs"].shape for one in batches] == [(3, 11, 4), (3, 11, 4), (1, 11, 4)]
    assert all(one["targets"] == {} for one in batches)
    ranges = batches[1]["metadata"]["ranges"]
    # 90-120 of chrX: the centre is 105, 5 bp before it and 6 behind.
    assert (ranges["chr"][0], ranges.start[0], ranges.end[0]) == ("chrX", 100, 111)
    assert (ranges.id.tolist(), ranges.strand.tolist()) == (["3", "4", "5"], ["*"] * 3)


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"interval_file": "x"}, "Received: 'interval_file'. Did you mean 'intervals_file'?"),
    ({"max_seq_len": 5}, "takes intervals_file, fasta_file, num_chr_fasta, label_dtype"),
    ({"intervals_file": "x"}, "needs intervals_file, fasta_file. Received: no fasta_file."),
    ({}, "Received: no intervals_file and no fasta_file."),
    ({**FILES, "alphabet_axis": 2}, "alphabet_axis must be 0 or 1"),
    ({**FILES, "alphabet_axis": 1, "dummy_axis": 1}, "Received: alphabet_axis 1, dummy_axis 1"),
    ({**FILES, "dummy_axis": 3}, "both must be 0, 1 or 2"),
    ({**FILES, "alphabet": "ACG"}, "alphabet must hold A, C, G and T"),
    ({**FILES, "alphabet": ["A", "C", "G", "U"]}, "Received: 'ACGU'"),
    ({**FILES, "dtype": "__import__('os')"}, "dtype must be one of bool, float"),
    ({**FILES, "dtype": "np.void"}, "Received: 'np.void'"),
    ({**FILES, "label_dtype": "eval('1')", "intervals_file": FOLDER / "targets.tsv"},
     "label_dtype must be one of"),
    ({**FILES, "auto_resize_len": -1}, "auto_resize_len must be a whole number of at least 1"),
    ({**FILES, "auto_resize_len": "101"}, "Received: '101'"),
    ({**FILES, "auto_resize_len": True}, "Received: True"),
])
def test_wrong_arguments_are_refused_with_what_there_is(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(DlgError) as caught:
        open_kipoi_loader(_descriptor(), {}, **arguments)
    assert sentence in str(caught.value)


def test_default_args_are_checked_when_the_dataloader_is_made() -> None:
    with pytest.raises(DlgError, match="Did you mean 'auto_resize_len'"):
        kipoi_dataloader(_descriptor(auto_resize_length=5), {})
    with pytest.raises(DlgError, match="dummy_axis"):
        kipoi_dataloader(_descriptor(dummy_axis=7), {})


@pytest.mark.parametrize("dataloader", [
    Dataloader("dataloader.Own", own="some/model"), Dataloader("kipoiseq.dataloaders.MMSpliceDl"),
    Dataloader("SeqIntervalDl", own="a"), Dataloader(),
])
def test_code_of_others_is_not_fed_from(dataloader: Dataloader) -> None:
    with pytest.raises(DlgError, match="SeqIntervalDl, StringSeqIntervalDl, AnchoredGTFDl"):
        kipoi_dataloader(Descriptor("x", dataloader=dataloader), {})


@pytest.mark.parametrize(("line", "arguments"), [
    ("chr2\t0\t30", {"auto_resize_len": 40}),     # kipoiseq: an array of length 0
    ("chr2\t410\t440", {}),                       # kipoiseq: a shorter array
])
def test_beyond_a_chromosome_is_refused_or_filled_with_n(
    line: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "edge.tsv"
    path.write_text(line + "\n")
    files = {**FILES, "intervals_file": path, **arguments}
    with pytest.raises(BoundsError, match="pad=True"):
        open_kipoi_loader(_descriptor(), {}, **files)
    batch = open_kipoi_loader(_descriptor(), {}, **files, pad=True).load_all()
    start, end = (int(batch["metadata"]["ranges"][key][0]) for key in ("start", "end"))
    outside = np.array([not 0 <= at < 420 for at in range(start, end)])
    assert batch["inputs"].shape == (1, end - start, 4)
    assert outside.sum() == (5 if arguments else 20)
    assert (batch["inputs"][0][outside] == 0.25).all()
    assert (batch["inputs"][0][~outside].max(axis=1) == 1).all()


def test_naming_of_contigs_is_explained(tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(">1\nACGTACGTAC\n")
    (tmp_path / "named.tsv").write_text("chr1\t0\t4\n")
    (tmp_path / "bare.tsv").write_text("1\t0\t4\n")
    for name in ("named", "bare"):
        files = {"fasta_file": tmp_path / "genome.fa", "intervals_file": tmp_path / f"{name}.tsv"}
        with pytest.raises(DataError, match="Pass num_chr_fasta=True"):
            open_kipoi_loader(_descriptor(), {}, **files)
        found = open_kipoi_loader(_descriptor(), {}, **files, num_chr_fasta=True).load_all()
        assert found["metadata"]["ranges"]["chr"].tolist() == ["1"]
        assert np.array_equal(found["inputs"][0], np.eye(4))
    with pytest.raises(DataError, match="Pass num_chr_fasta=False"):
        open_kipoi_loader(_descriptor(num_chr_fasta=True), {}, **FILES)
    (tmp_path / "other.tsv").write_text("chr9\t0\t4\n")
    with pytest.raises(ContigError):
        open_kipoi_loader(_descriptor(), {}, **{**FILES,
                                                "intervals_file": tmp_path / "other.tsv"})


def test_a_text_among_targets_names_the_ways_out() -> None:
    files = {**FILES, "intervals_file": FOLDER / "stranded.bed"}
    with pytest.raises(DataError, match="column4 must hold float64 numbers") as caught:
        open_kipoi_loader(_descriptor(), {}, **files)
    assert caught.value.line == 1
    for way in ({"ignore_targets": True}, {"use_strand": True}, {"label_dtype": str}):
        assert len(open_kipoi_loader(_descriptor(), {}, **files, **way)) == 7
    with pytest.raises(DataError, match="at least 6 columns"):
        open_kipoi_loader(_descriptor(use_strand=True), {}, **FILES)


@pytest.mark.parametrize(("dtype", "text"), [("int", "0.5"), ("np.int8", "300"), ("int", "NA")])
def test_targets_that_do_not_fit_their_type_are_refused(
    dtype: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"chr2\t60\t90\t1\nchr2\t60\t90\t{text}\n")
    with pytest.raises(DataError, match=f"Received: '{text}'") as caught:
        open_kipoi_loader(_descriptor(label_dtype=dtype), {}, **{**FILES, "intervals_file": path})
    assert caught.value.line == 2


def test_lengths_may_differ_between_batches_only() -> None:
    files = {**FILES, "intervals_file": FOLDER / "varying.tsv"}
    loader = open_kipoi_loader(_descriptor(), {}, **files)
    assert [b["inputs"].shape[1] for b in loader.batch_iter(1)] == [21, 30, 1, 34, 33, 20]
    with pytest.raises(DataError, match=r"1 to 34 bp\. Pass auto_resize_len"):
        loader.load_all()


def test_a_network_is_fed_what_it_takes() -> None:
    basset = _descriptor(auto_resize_len=30, alphabet_axis=0, dummy_axis=2, dtype="np.float32")
    dna = {"dna": DnaInput(kind="dna", length=30)}
    array = {"in": ArrayInput(kind="array", shape=(4, 30, 1))}
    seen = open_kipoi_loader(basset, {}, **FILES).load_all()["inputs"]
    assert seen.shape == (7, 4, 30, 1)
    ((rows, plain),) = open_kipoi_loader(basset, dna, **FILES).array_batches(99)
    assert plain["dna"].dtype == np.float32
    assert np.array_equal(plain["dna"].transpose(0, 2, 1)[..., None], seen)
    ((_, laid),) = open_kipoi_loader(basset, array, **FILES).array_batches(99)
    assert np.array_equal(laid["in"], seen)
    assert rows.tolist() == list(range(7))


def test_a_network_of_another_length_or_with_more_inputs_is_not_fed() -> None:
    dna = DnaInput(kind="dna", length=31)
    with pytest.raises(DataError, match=r"31 bp that the model takes.*auto_resize_len=31"):
        open_kipoi_loader(_descriptor(), {"dna": dna}, **FILES)
    genes = _descriptor("AnchoredGTFDl", num_upstream=7)
    with pytest.raises(DataError, match=r"num_upstream and num_downstream that add up to 31"):
        open_kipoi_loader(genes, {"dna": dna}, **GENES, num_downstream=3)
    with pytest.raises(DlgError, match=r"one input\. Received: a, b"):
        open_kipoi_loader(_descriptor(), {"a": dna, "b": dna}, **FILES)
    texts = open_kipoi_loader(_descriptor("StringSeqIntervalDl"), {"dna": dna}, **FILES)
    with pytest.raises(DlgError, match="Received: texts"):
        next(texts.array_batches(2))


def test_methods_of_kipois_dataloader_class(capsys: pytest.CaptureFixture[str]) -> None:
    makes = kipoi_dataloader(_descriptor(auto_resize_len=5, alphabet_axis=0, dummy_axis=1), {})
    makes.print_args()
    printed = capsys.readouterr().out
    assert "intervals_file:\n    doc: " in printed
    assert "    required\n" in printed
    assert "auto_resize_len:\n    doc: take so many bp around each centre" in printed
    assert "    default: 5\n" in printed
    schema = makes.get_output_schema()
    assert schema.inputs.shape == (4, 1, 5)
    assert schema.targets.shape == (None,)
    assert set(schema.metadata) == {"ranges"}
    assert makes.args["dummy_axis"].default == 1
    open_ended = kipoi_dataloader(_descriptor(ignore_targets=True), {}).get_output_schema()
    assert (open_ended.inputs.shape, open_ended.targets) == ((None, 4), None)
    genes = kipoi_dataloader(_descriptor("AnchoredGTFDl", num_upstream=7, num_downstream=3), {})
    assert genes.get_output_schema().inputs.shape == (10, 4)
    assert list(genes.get_output_schema().metadata) == ["gene_id", "Strand", "ranges"]


def _local(**examples: Any) -> Descriptor:
    stated = tuple(Argument(name, example=value) for name, value in examples.items())
    return Descriptor("x", dataloader=Dataloader(
        "kipoiseq.dataloaders.SeqIntervalDl", own="kipoiseq", arguments=stated))


def test_a_local_example_is_opened_and_copied(tmp_path: Path) -> None:
    example = {"intervals_file": "intervals.tsv", "fasta_file": "genome.fa", "use_strand": False}
    makes = kipoi_dataloader(_local(**example), {}, folder=FOLDER.parent)
    assert len(makes.init_example()) == 7
    copied = makes.download_example(str(tmp_path / "example"))
    assert copied["fasta_file"].read_bytes() == (FOLDER / "genome.fa").read_bytes()
    assert {path.name for path in (tmp_path / "example").iterdir()} == {"genome.fa",
                                                                        "intervals.tsv"}
    assert len(makes(**copied)) == 7


def test_an_example_that_is_not_here_is_said(tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    makes = kipoi_dataloader(_local(intervals_file="gone.tsv"), {}, folder=FOLDER.parent)
    with pytest.raises(MissingFileError, match="the example of intervals_file"):
        makes.init_example()
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(DlgError, match=r"intervals_51bp\.tsv"):
        kipoi_dataloader(_descriptor(), {}).init_example()
    no_example = kipoi_dataloader(_descriptor("AnchoredGTFDl"), {})
    with pytest.raises(DlgError, match="needs an example of num_upstream, num_downstream"):
        no_example.init_example()


# AnchoredGTFDl ------------------------------------------------------------------------------


def _genes(**arguments: Any) -> Any:
    descriptor = _descriptor("AnchoredGTFDl", num_upstream=4, num_downstream=3)
    return open_kipoi_loader(descriptor, {}, **{**GENES, **arguments})


def test_tes_is_another_word_for_polya() -> None:
    assert np.array_equal(_genes(anchor="tes").load_all()["inputs"],
                          _genes(anchor="POLYA").load_all()["inputs"])


def test_lower_case_is_read_if_asked_where_kipoiseq_does_not() -> None:
    as_kipoiseq, read = (_genes(force_upper=flag).load_all()["inputs"][1:]  # the first has IUPAC
                         for flag in (False, True))
    soft = as_kipoiseq.sum(axis=2) == 0
    assert soft.any()
    assert (read.sum(axis=2) == 1).all()
    assert np.array_equal(read[~soft], as_kipoiseq[~soft])


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"anchor": "ts"}, "tss, tes, polya, start_codon, stop_codon. Received: 'ts'. Did you"),
    ({"gtf_filter": "Start > 100"}, "it is read, never run"),
    ({"gtf_filter": "gene_type == 'x' or True"}, "joined by and"),
    ({"gtf_filter": '@__import__("os").system("true") == "x"'}, "it is read, never run"),
    ({"gtf_filter": 'gene_type == "x" and'}, "it is read, never run"),
    ({"gtf_filter": len}, "it is read, never run"),
    ({"gtf_filter": 'gene_biotype == "protein_coding"'}, "Did you mean 'gene_type'?"),
    ({"gtf_filter": 'Start == "5"'}, "must name what the GTF states"),
    ({"gtf_filter": 'gene_type == "nothing"'}, "keeps none of 9"),
    ({"transform": len}, "transform must be left out"),
    ({"num_upstream": -1}, "num_upstream must be a whole number of at least 0"),
    ({"num_upstream": 0, "num_downstream": 0}, "at least one base"),
    ({"num_upstream": 500}, "pad=True"),
])
def test_arguments_that_genes_do_not_take(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DlgError) as caught:
        _genes(**arguments)
    assert sentence in str(caught.value)


def test_genes_near_an_end_are_filled_with_n() -> None:
    batch = _genes(num_upstream=500, pad=True).load_all()
    assert batch["inputs"].shape == (7, 503, 4)
    assert "targets" not in batch


@pytest.fixture
def factory() -> Callable[..., Opener]:
    return lambda **given: kipoi_dataloader(_descriptor(**given), {})


def test_batch_iter_takes_what_kipois_does(factory: Callable[..., Opener]) -> None:
    loader = factory()(**FILES)
    order = np.concatenate([b["metadata"]["ranges"].id for b in loader.batch_iter(
        2, shuffle=True, num_workers=2, drop_last=True)])
    assert len(order) == len(set(order)) == 6
    with pytest.raises(DlgError, match=r"at least 1\. Received: 0"):
        list(loader.batch_iter(0))
    with pytest.raises(DlgError, match="files with targets"):
        next(loader.batch_train_iter())
    inputs = list(loader.batch_predict_iter(batch_size=4))
    assert np.array_equal(np.concatenate(inputs), loader.load_all()["inputs"])


def test_batch_train_iter_goes_round_or_not(factory: Callable[..., Opener]) -> None:
    loader = factory()(**{**FILES, "intervals_file": FOLDER / "classes.tsv"})
    once = list(loader.batch_train_iter(cycle=False, batch_size=3))
    assert [targets[:, 0].tolist() for _, targets in once] == [[0, 1, 2], [0, 1, 2], [0]]
    assert once[0][0].shape == (3, 30, 4)
    endless = loader.batch_train_iter(batch_size=3)
    seen = [next(endless) for _ in range(4)]
    assert np.array_equal(seen[3][0], once[0][0])

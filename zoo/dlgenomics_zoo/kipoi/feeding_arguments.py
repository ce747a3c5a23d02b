"""The arguments of kipoiseq's dataloaders: what there is, and what their values mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dlgenomics.data.encoding import ALPHABET
from dlgenomics.data.layout import Layout
from dlgenomics.errors import DlgError
from dlgenomics.predict.dataloader import LoaderArgument
from dlgenomics_zoo.kipoi.descriptor import RemoteFile
from dlgenomics_zoo.kipoi.values import dtype_of

_KIPOISEQ: Final = "https://raw.githubusercontent.com/kipoi/kipoiseq/master/tests/data/"
_ZENODO: Final = "https://zenodo.org/record/1466102/files/"

_PAD: Final = LoaderArgument(
    "pad", "our own: fill up with N beyond a chromosome's ends; else such an interval is refused",
    default=False)

TEXT_ARGUMENTS: Final = (
    LoaderArgument(
        "intervals_file", "chromosome, start and end (with use_strand BED6), tab-separated without "
        "a header; every further column is a target", required=True,
        example=RemoteFile("intervals_file", f"{_KIPOISEQ}intervals_51bp.tsv",
                           md5="a76e47b3df87fd514860cf27fdc10eb4")),
    LoaderArgument(
        "fasta_file", "the genome: FASTA, plain or bgzip", required=True,
        example=RemoteFile("fasta_file", f"{_KIPOISEQ}hg38_chr22_32000000_32300000.fa",
                           md5="01320157a250a3d2eea63e89ecf79eba")),
    LoaderArgument("num_chr_fasta", "the FASTA names its contigs without chr; else with it. As the "
                   "first interval has it, chr is taken off or put before all", default=False),
    LoaderArgument("label_dtype", "type of the targets: str, int, float, np.float32 and so on; "
                   "None is float64"),
    LoaderArgument("auto_resize_len", "take so many bp around each centre; None takes intervals as "
                   "they are"),
    LoaderArgument("use_strand", "reverse-complement intervals on the minus strand; needs BED6",
                   default=False),
    LoaderArgument("force_upper", "read lower case as upper case", default=True),
    LoaderArgument("ignore_targets", "give no targets, whatever the columns", default=False),
    _PAD,
)

SEQUENCE_ARGUMENTS: Final = (
    *(one for one in TEXT_ARGUMENTS if one.name not in ("force_upper", "ignore_targets", "pad")),
    LoaderArgument("alphabet_axis", "where the channels lie in one example", default=1),
    LoaderArgument("dummy_axis", "where an axis of length one is put in; None puts in none"),
    LoaderArgument("alphabet", "the order of the channels, such as 'AGCT'", default=ALPHABET),
    *(one for one in TEXT_ARGUMENTS if one.name == "ignore_targets"),
    LoaderArgument("dtype", "type of the numbers: np.float32 and so on; None is float64"),
    _PAD,
)

GENE_ARGUMENTS: Final = (
    LoaderArgument(
        "gtf_file", "annotation: GTF, plain or gzip", required=True,
        example=RemoteFile("gtf_file", f"{_ZENODO}example_files-gencode.v24.annotation_chr22.gtf",
                           md5="c0d1bf7738f6a307b425e4890621e7d9")),
    LoaderArgument(
        "fasta_file", "the genome: FASTA, plain or bgzip", required=True,
        example=RemoteFile("fasta_file", f"{_ZENODO}example_files-hg38_chr22.fa",
                           md5="b0f5cdd4f75186f8a4d2e23378c57b5b")),
    LoaderArgument("num_upstream", "bp before the anchor", required=True),
    LoaderArgument("num_downstream", "bp behind the anchor", required=True),
    LoaderArgument("gtf_filter", "which lines count: comparisons such as gene_type == 'x', joined "
                   "by and; None is all", default='gene_type == "protein_coding"'),
    LoaderArgument("anchor", "tss or tes (polya), where a gene begins or ends; start_codon or "
                   "stop_codon, where a codon begins or ends", default="tss"),
    LoaderArgument("transform", "one-hot where not given; None gives texts", default="one_hot_dna"),
    LoaderArgument("interval_attrs", "what of the GTF goes into the metadata",
                   default=("gene_id", "Strand")),
    LoaderArgument("use_strand", "reverse-complement genes on the minus strand", default=True),
    LoaderArgument("force_upper", "our own: read lower case as upper case; kipoiseq encodes it as "
                   "zeros here", default=False),
    _PAD,
)


def layout_of(given: Mapping[str, Any]) -> Layout:
    """Return the layout that arguments of SeqIntervalDl describe.

    Raises:
        DlgError: there is none such.
    """
    alphabet = given["alphabet"]
    letters = alphabet if isinstance(alphabet, str) else "".join(map(str, alphabet))
    try:
        return Layout(given["alphabet_axis"], given["dummy_axis"], letters,
                      number_type("dtype", given["dtype"]))
    except ValueError as error:
        raise DlgError(str(error)) from error


def number_type(argument: str, value: Any) -> str:
    """Return the name of a type of numbers; None is float64, as in kipoiseq.

    Args:
        argument: its name, for messages.
        value: ``np.float32``, or its name as text; it is looked up, never evaluated.

    Raises:
        DlgError: no known type of numbers.
    """
    if value is None:
        return "float64"

    def refuse(sentence: str) -> None:
        raise DlgError(sentence.replace("dtype", argument, 1))

    named = np.dtype(value).name if isinstance(value, type | np.dtype) else str(value)
    found = dtype_of(named, refuse)
    return np.dtype(found).name


def whole_number(argument: str, value: Any, least: int) -> int:
    """Return a whole number.

    Raises:
        DlgError: it is none, or smaller than ``least``.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DlgError(f"{argument} must be a whole number of at least {least}. "
                       f"Received: {value!r}.")
    return int(value)

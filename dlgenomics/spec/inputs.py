"""What goes into a network, by kind. The text under a field is its documentation everywhere."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from dlgenomics.spec.node import Node, Several
from dlgenomics.spec.tokenizer import Tokenizer

Length = Annotated[int, Field(ge=1, le=10_000_000)]
Shape = tuple[int, ...]
Transform = Literal["none", "log1p", "log2p1", "asinh", "sqrt"]

PROTEIN_LETTERS: Final = "ACDEFGHIKLMNPQRSTVWY"
"""The twenty amino acids in alphabetical order of their letters."""


class _Sequence(Node):
    """What all inputs made of letters share."""

    length: Length
    """Number of letters (bp or residues)."""
    center: bool = False
    """Take `length` letters around each centre; otherwise sequences must have that length."""


class SourceLayout(Node):
    """How users of a model's source lay out one example of one-hot DNA."""

    alphabet_axis: int = Field(default=1, ge=0, le=2)
    """Where the channels lie; positions take the place left over."""
    dummy_axis: int | None = Field(default=None, ge=0, le=2)
    """Where an axis of length one lies, if there is one."""
    alphabet: str = Field(default="ACGT", pattern="^[ACGT]{4}$")
    """The bases in the order of the channels."""


class DnaInput(_Sequence):
    """DNA around an interval or from a FASTA of sequences: float32, (length, 4), order A C G T."""

    kind: Literal["dna"]
    """The kind of input."""
    encoding: Literal["one_hot"] = "one_hot"
    """How a base becomes numbers."""
    n: Literal["zeros", "quarter", "shares", "quarter_n"] = "zeros"
    """What N and other ambiguity codes become: all zeros; 0.25 in each channel; `shares`, equal
    parts for the bases that a code stands for (R is 0.5 A and 0.5 G, N is 0.25 of each); or
    `quarter_n`, 0.25 for N and zeros for the others, as Kipoi's loaders have it."""

    layout: SourceLayout | None = None
    """How users of the model's source lay out its input; `predict_on_batch` takes that as well."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return (self.length, 4)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return f"one-hot DNA, float32, order A C G T; {_UNKNOWN[self.n]}"


class RnaInput(_Sequence):
    """RNA from a FASTA, or the transcript of an interval: float32, (length, 4), order A C G U."""

    kind: Literal["rna"]
    """The kind of input."""
    encoding: Literal["one_hot"] = "one_hot"
    """How a base becomes numbers."""
    n: Literal["zeros", "quarter", "shares", "quarter_n"] = "zeros"
    """What N and other ambiguity codes become; see `dna`."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return (self.length, 4)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return f"one-hot RNA, float32, order A C G U (T reads as U); {_UNKNOWN[self.n]}"


class ProteinInput(_Sequence):
    """A protein from a FASTA: float32, (length, 20), amino acids in the order of their letters."""

    kind: Literal["protein"]
    """The kind of input."""
    encoding: Literal["one_hot"] = "one_hot"
    """How a residue becomes numbers."""
    x: Literal["zeros", "shares"] = "zeros"
    """What X and other ambiguity codes become: all zeros; or `shares`, equal parts for what a code
    stands for (B is 0.5 D and 0.5 N, Z is 0.5 E and 0.5 Q, J is 0.5 I and 0.5 L, X is 0.05 of
    each). U and O, gaps and stops count as X."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return (self.length, len(PROTEIN_LETTERS))

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return (f"one-hot protein, float32, order {' '.join(PROTEIN_LETTERS)}; ambiguity codes are "
                f"{'all zeros' if self.x == 'zeros' else 'equal shares of what they stand for'}")


class KmerInput(_Sequence):
    """Words of k bases as whole numbers: int32, one for each place where a word starts.

    Words are counted in alphabetical order from 1 (AA…A) to 4^k (TT…T); 0 is a word that holds N or
    another ambiguity code. An `Embedding` with `input_dim` 4^k + 1 takes them.
    """

    kind: Literal["kmer"]
    """The kind of input."""
    k: int = Field(ge=1, le=12)
    """Bases in a word."""
    stride: int = Field(default=1, ge=1)
    """Bases from the start of one word to the start of the next."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return ((self.length - self.k) // self.stride + 1,)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return (f"words of {self.k} bases, int32, in steps of {self.stride}: 1 to {4 ** self.k} in "
                "alphabetical order, 0 for a word with N")


class Scaling(Node):
    """What the training examples gave: a value is scaled as (value - center) / spread."""

    center: Several[float]
    """What is taken off each column."""
    spread: Several[float]
    """What each column is then divided by."""


class NumericInput(Node):
    """Columns of numbers: float32, (columns,)."""

    kind: Literal["numeric"]
    """The kind of input."""
    columns: Several[str] = Field(min_length=1)
    """Columns of the labels table, of the intervals file or of `data.train.table`, in order."""
    scale: Literal["none", "standard", "minmax"] = "standard"
    """How the network scales them, fitted on the training examples only: to mean 0 and standard
    deviation 1, to the range 0 to 1, or not. What goes in is always the unscaled number."""
    fitted: Scaling | None = None
    """The scaling found in training; written into the run's spec."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return (len(self.columns),)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return f"numbers as they are, float32: {', '.join(self.columns)}"


class TrackInput(Node):
    """Signal along an interval from bigWig files: float32, (length / bin, tracks)."""

    kind: Literal["bigwig"]
    """The kind of input."""
    files: Several[str] = Field(min_length=1)
    """bigWig files, one a track. Relative paths start at the data folder."""
    length: Length
    """Number of bp around the interval's centre."""
    bin: int = Field(default=1, ge=1)
    """Neighbouring positions that are averaged to one; divides `length`."""
    missing: float = 0.0
    """The value of positions that a file does not cover."""
    transform: Transform = "none"
    """Applied to each value."""
    stranded: bool = False
    """Files come in pairs, plus strand then minus strand, which change places where an example is
    reverse-complemented."""

    @property
    def shape(self) -> Shape:
        """The shape without the batch axis."""
        return (self.length // self.bin, len(self.files))

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return (f"signal along the interval, float32, {self.bin} bp a position; "
                f"{_WORDS[self.transform]}")


class ArrayInput(Node):
    """Arrays that were made elsewhere, from an .npz or HDF5 file: float32, any fixed shape."""

    kind: Literal["array"]
    """The kind of input."""
    shape: Several[Length] = Field(min_length=1, max_length=8)
    """The shape without the batch axis."""
    key: str | None = None
    """The array's name in `data.train.arrays`; default: the input's name."""
    doc: str = "an array, float32"
    """What the numbers are, in words."""


class TokensInput(Node):
    """Tokens of a language model: int32, (tokens,), any number of them up to `length`.

    A batch is padded to its longest sequence; pads are left out by attention and by means.
    """

    kind: Literal["tokens"]
    """The kind of input."""
    length: Length
    """The most tokens of a sequence, those before and behind it included: the model's context."""
    tokenizer: Tokenizer
    """How a sequence becomes tokens."""

    @property
    def shape(self) -> tuple[None]:
        """The shape without the batch axis: any number of tokens."""
        return (None,)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        pad = self.tokenizer.pad
        return (f"sequences as texts, or their token ids, int32, at most {self.length:,}, filled "
                f"up with {self.tokenizer.id_of(pad)} ({pad})")


Input = Annotated[
    DnaInput | RnaInput | ProteinInput | KmerInput | NumericInput | TrackInput | ArrayInput
    | TokensInput,
    Field(discriminator="kind"),
]
SequenceInput = DnaInput | RnaInput | ProteinInput | KmerInput
SEQUENCE_KINDS: Final = (DnaInput, RnaInput, ProteinInput, KmerInput)
WHOLE_NUMBERS: Final = ("kmer", "tokens")
"""The kinds of input that are int32; all others are float32."""

_UNKNOWN: Final = {
    "zeros": "N is all zeros", "quarter": "N is 0.25 in each channel",
    "shares": "an ambiguity code is equal shares of what it stands for",
    "quarter_n": "N is 0.25 in each channel, other ambiguity codes are zeros",
}
_WORDS: Final = {
    "none": "as in the file", "log1p": "log(1 + value)", "log2p1": "log2(1 + value)",
    "asinh": "asinh(value)", "sqrt": "square root of the value",
}
TRANSFORM_WORDS: Final = _WORDS

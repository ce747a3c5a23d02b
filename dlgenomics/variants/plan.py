"""What is computed for each allele: which columns and scores, on which windows.

Known from a spec alone, so that what is wrong with names is said before anything is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.columns import column_names
from dlgenomics.spec.inputs import ArrayInput, DnaInput, Input, KmerInput, RnaInput, TrackInput
from dlgenomics.spec.types import Spec
from dlgenomics.variants.reference import Policy
from dlgenomics.variants.scores import OF_ALLELE, OF_PROBABILITIES, OF_PROFILE, check_scores
from dlgenomics.variants.windows import room_of

_PROBABILITIES: Final = ("sigmoid", "softmax")
_LETTERS: Final = (DnaInput, RnaInput, KmerInput)


@dataclass(frozen=True)
class Options:
    """How variants are scored.

    Attributes:
        scores: names of scores; none are those that fit the outputs, see `Plan.scores`.
        targets: columns of the output; none are all.
        both_strands: average the predictions for a window and for its reverse complement; scores
            are computed from the averages.
        haplotypes: a sample of the VCF: the other variants of the same phased haplotype are in
            both windows.
        policy: what is let pass.
        batch_size: windows that go through the network at once.
        data_folder: where the relative paths of bigWig inputs start.
        prefix: what stands before the names of INFO fields.
    """

    scores: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    both_strands: bool = False
    haplotypes: str | None = None
    policy: Policy = field(default_factory=Policy)
    batch_size: int = 128
    data_folder: Path = Path()
    prefix: str = "DLG"


@dataclass(frozen=True)
class Column:
    """One column of the outputs.

    Attributes:
        name: as tables of predictions have it.
        output: the target it belongs to.
        place: on the target's last axis.
    """

    name: str
    output: str
    place: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What is computed for each allele.

    Attributes:
        spec: the model's.
        options: what was asked for.
    """

    spec: Spec
    options: Options = field(default_factory=Options)

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The network's inputs, in their order."""
        return {name: self.spec.data.inputs[name] for name in self.spec.model.inputs}

    @cached_property
    def length(self) -> int:
        """Bases of a window: the length of the longest input made of DNA.

        Raises:
            DlgError: there is none, or an input cannot be made from a variant.
        """
        lengths = [_length(one) for one in self.inputs.values() if is_dna(one)]
        missing = [f"{name!r} ({one.kind}: {one.doc})" for name, one in self.inputs.items()
                   if not is_dna(one) and not isinstance(one, TrackInput)]
        if missing or not lengths:
            came = "input " + ", ".join(missing) if missing else "no input made of DNA"
            raise DlgError(
                "variants can be scored by models that take DNA, and signal from bigWig files "
                f"beside it. Received: {came}. The record of a variant does not hold that; predict "
                "for both alleles with model.predict_on_batch.")
        return max(lengths)

    @property
    def room(self) -> int:
        """The most bases that an allele may have."""
        return room_of(self.length)

    @cached_property
    def columns(self) -> list[Column]:
        """The columns that are scored.

        Raises:
            DlgError: one is unknown.
        """
        known = {one.name: one for one in _columns(self.spec)}
        for name in self.options.targets:
            if name not in known:
                shown = ", ".join(list(known)[:12]) + (" …" if len(known) > 12 else "")
                raise DlgError(f"a target is one of {shown}. Received: {name!r}."
                               f"{did_you_mean(name, known)}")
        return [known[name] for name in self.options.targets] or list(known.values())

    @cached_property
    def profiles(self) -> list[Column]:
        """The columns that have a value for each of several positions."""
        return [one for one in self.columns if self._is_profile(one)]

    @cached_property
    def scores(self) -> tuple[str, ...]:
        """The scores that are computed.

        Where none are named: ref, alt and diff; logit where outputs are probabilities; absmax of
        several columns; profile_max, profile_at and profile_l1 of outputs along positions.

        Raises:
            DlgError: one is unknown or does not fit the outputs.
        """
        if not self.options.scores:
            return self._fitting()
        names = check_scores(self.options.scores)
        for column in self.columns:
            wrong = [name for name in names if name in OF_PROBABILITIES]
            if wrong and not self._is_probability(column):
                raise DlgError(f"{wrong[0]} needs one probability for each variant. Received: "
                               f"{column.name!r}, which is none. Leave {wrong[0]} out, or choose "
                               "other columns with --targets (targets=).")
        wrong = [name for name in names if name in OF_PROFILE]
        if wrong and not self.profiles:
            raise DlgError(f"{wrong[0]} needs an output along positions. Received: none. Leave "
                           f"{', '.join(wrong)} out.")
        return names

    def described(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of each score, in the order of the output."""
        every = tuple(one.name for one in self.columns)
        profiles = tuple(one.name for one in self.profiles)
        return {name: ("",) if name in OF_ALLELE else profiles if name in OF_PROFILE else every
                for name in self.scores}

    def check(self) -> None:
        """Raise if anything that was asked for cannot be had."""
        _ = self.length, self.columns, self.scores

    def _fitting(self) -> tuple[str, ...]:
        names = ["ref", "alt", "diff"]
        if all(map(self._is_probability, self.columns)):
            names.append("logit")
        if len(self.columns) > 1:
            names.append("absmax")
        return (*names, *OF_PROFILE) if self.profiles else tuple(names)

    def _is_profile(self, column: Column) -> bool:
        return len(self.spec.data.output_shape(column.output)) > 1

    def _is_probability(self, column: Column) -> bool:
        """Return whether a column is one number between 0 and 1, by task or last activation."""
        last = next(one for one in self.spec.model.layers if one.name == column.output)
        bounded = ("classification" in self.spec.task_of(column.output)
                   or last.arguments.get("activation") in _PROBABILITIES)
        return bounded and not self._is_profile(column)


def is_dna(one: Input) -> bool:
    """Return whether an input is made of DNA, by its shape where others made its arrays."""
    if isinstance(one, ArrayInput):
        return len(one.shape) == 2 and one.shape[-1] == 4
    return isinstance(one, _LETTERS)


def _length(one: Input) -> int:
    return one.shape[0] if isinstance(one, ArrayInput) else int(getattr(one, "length", 0))


def _columns(spec: Spec) -> list[Column]:
    return [Column(name, output, place) for output, names in column_names(spec.data).items()
            for place, name in enumerate(names)]

"""What can go wrong, as types that carry their data.

Every message reads «what must hold. Received: what came. What to do.»

    DlgError
    ├── SpecError             a spec breaks rules; .problems holds all of them, each with its place
    ├── DataError             a data file is not what it must be; .path, .line
    │   ├── MissingFileError  no such file
    │   ├── ContigError       an interval names a contig that the FASTA lacks; .contig, .near
    │   ├── BoundsError       an interval reaches past its contig; .contig, .start, .end, .length
    │   └── BuildError        variants and genome do not fit; .mismatched, .checked, .swapped
    ├── ShapeError            an array has the wrong shape; .expected, .received
    ├── TokensError           a sequence cannot become tokens of a model; .index
    ├── TopicNotFoundError    nothing that a spec may hold has that name; .name, .near
    ├── SpecNotFoundError     no built-in spec of that name; .name, .near
    ├── ModelNotFoundError    no model of that name; .name, .near
    ├── LayerNotFoundError    no layer of that name or number; .layer, .near
    ├── PackageError          a packaged model is incomplete or contradicts itself; .folder
    │   ├── HashMismatchError a file's bytes are not those recorded; .path, .expected, .received
    │   └── ReplayError       stored inputs no longer give the stored outputs; .difference
    ├── TooLargeError         a model would need more memory than there is; .parameters
    ├── RunError              a run folder cannot be used; .folder
    ├── SearchError           a search cannot be made as asked
    ├── FetchError            a file could not be had; .name, .url, .attempts, .path
    │   ├── OfflineError      it is not in the cache, and DLG_OFFLINE forbids to ask for it
    │   ├── DeadLinkError     nothing is there any more (404, 410)
    │   ├── NetworkError      no connection, no certificate, no answer in time, or a busy server
    │   ├── RedirectError     the link leads in a circle or away from HTTPS
    │   ├── WrongFileError    something else came: a web page, another length
    │   │   └── ChecksumError it has another checksum
    │   └── DeclinedError     the download was not agreed to; .bytes, .license
    └── OutputError           a result cannot be written; .path
        └── EndingError       its name has an ending of no known format
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


class DlgError(Exception):
    """Base of every error that dlgenomics raises on purpose.

    ``next_step`` is a command to try next, where there is one; the command line prints it.
    """

    next_step: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what pickles it, so that it reaches another process with its type and data."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[DlgError], args: tuple[Any, ...], state: dict[str, Any]) -> DlgError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def near_match(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to ``word``, ignoring case, or None if nothing is close."""
    by_folded = {k.casefold(): k for k in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` with a leading space, or an empty text."""
    near = near_match(word, known)
    return f" Did you mean {near!r}?" if near else ""


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: «1 epoch», «23 epochs»."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


@dataclass(frozen=True, order=True)
class Problem:
    """One broken rule of a spec and where it stands; lines and columns count from 1."""

    line: int
    column: int
    message: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.path or '<spec>'}:{self.line}:{self.column}: {self.message}"


class SpecError(DlgError):
    """A spec breaks one or more rules; ``problems`` lists every one, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class DataError(DlgError):
    """A data file is not what it must be; ``line`` counts from 1 and is None where unknown.

    ``reason`` is the message without the place.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None) -> None:
        self.reason = message
        self.path = str(path)
        self.line = line
        place = f"{self.path}:{line}" if line is not None else self.path
        super().__init__(f"{place}: {message}")

    def of_file(self, path: Path | str) -> Self:
        """Return the same error with another name of the file."""
        found = copy.copy(self)
        DataError.__init__(found, self.reason, path=path, line=self.line)
        return found


class MissingFileError(DataError):
    """A file that was named does not exist."""

    def __init__(self, path: Path | str, purpose: str) -> None:
        folder = Path(path).parent
        names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        hint = did_you_mean(Path(path).name, names) or " Check the path."
        if Path(path).is_dir():
            came, hint = "a folder", " Name a file in it."
        else:
            came = "no such file"
        super().__init__(f"{purpose} must be a file that exists. Received: {came}.{hint}",
                         path=path)


class ContigError(DataError):
    """An interval or a variant names a contig that the FASTA lacks."""

    def __init__(self, contig: str, known: Sequence[str], path: Path | str, *,
                 what: str = "every interval's contig", fasta: str = "the FASTA",
                 line: int | None = None,
                 advice: str = "Use a FASTA of the build that the intervals refer to.") -> None:
        self.contig = contig
        self.near = near_contig(contig, known)
        listed = ", ".join(known[:5]) + (", …" if len(known) > 5 else "")
        hint = f" Did you mean {self.near!r}?" if self.near else ""
        super().__init__(
            f"{what} must be in {fasta}, which has {listed}. "
            f"Received: {contig!r}.{hint} {advice}",
            path=path, line=line,
        )


def near_contig(contig: str, known: Sequence[str]) -> str | None:
    """Return the contig as another source writes it: ``chr1`` for ``1``, ``chrM`` for ``MT``.

    No other likeness counts: chr9 is not a misspelt chr2.
    """
    return next((name for name in known if bare_contig(name) == bare_contig(contig)), None)


def bare_contig(contig: str) -> str:
    """Return what a contig is called in every source: ``1`` for ``chr1``, ``m`` for ``MT``."""
    bare = contig.casefold().removeprefix("chr")
    return "m" if bare == "mt" else bare


class BoundsError(DataError):
    """An interval reaches past an end of its contig."""

    def __init__(
        self, contig: str, start: int, end: int, length: int, path: Path | str, *,
        line: int | None = None,
    ) -> None:
        self.contig, self.start, self.end, self.length = contig, start, end, length
        super().__init__(
            f"intervals must lie within {contig}, which ends at {length:,}. "
            f"Received: {contig}:{start}-{end} (0-based, half-open). "
            "Remove the interval, check the genome build, or pad with N (--pad, pad=True).",
            path=path, line=line,
        )


class BuildError(DataError):
    """Too many variants have a REF that is not what the genome has there."""

    def __init__(self, mismatched: int, checked: int, swapped: int, path: Path | str,
                 advice: str) -> None:
        self.mismatched, self.checked, self.swapped = mismatched, checked, swapped
        beside = (f", and {swapped:,} where an alternative allele does" if swapped else "")
        if swapped > checked / 2:
            advice = f"The columns REF and ALT look exchanged: exchange them back. {advice}"
        super().__init__(
            f"REF must be what the genome has there. Received: {mismatched:,} of {checked:,} "
            f"records where it is not{beside}. {advice}, or let more pass with --max-mismatches "
            "(max_mismatches=), which skips them.", path=path)


class ShapeError(DlgError):
    """An array has the wrong shape; ``other`` is a second one that it may have."""

    def __init__(self, what: str, expected: Sequence[int | None], received: Sequence[int],
                 other: Sequence[int | None] = ()) -> None:
        self.expected = tuple(expected)
        self.other = tuple(other)
        self.received = tuple(received)
        forms = dict.fromkeys(_form(one) for one in (self.expected, self.other) if one)
        super().__init__(
            f"{what} must have shape {' or '.join(forms)}. Received: {self.received}. "
            f"{self._advice()}"
        )

    def _advice(self) -> str:
        if self.received in [one[1:] for one in (self.expected, self.other) if one]:
            return "Add a batch axis: x[None]."
        if len(self.received) == 3 and self.received[:0:-1] == self.expected[1:]:
            return "The last two axes are exchanged: x.transpose(0, 2, 1)."
        return "Reshape or resize the input to that length and alphabet."


class TokensError(DlgError):
    """A sequence cannot become tokens of a language model; ``index`` is its place in the batch."""

    def __init__(self, index: int, rule: str, came: str, advice: str) -> None:
        self.index = index
        super().__init__(f"sequence {index}: {rule}. Received: {came}. {advice}")


def _form(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('batch' if i == 0 else str(n) for i, n in enumerate(shape))})"


class SpecNotFoundError(DlgError, KeyError):
    """No built-in spec of that name, and not the path of a YAML file."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.near = near_match(name, known)
        super().__init__(f"a spec is a YAML file or one of {', '.join(known)}. "
                         f"Received: {name!r}.{did_you_mean(name, known)}")

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the text's repr


class TopicNotFoundError(DlgError):
    """Nothing that a spec may hold has that name."""

    next_step = "dlg show --schema spec"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.near = near_match(name, known)
        super().__init__("help is for 'spec', a key of it such as data.inputs.dna, a layer, or "
                         "another name that a spec may hold. "
                         f"Received: {name!r}.{did_you_mean(name, known)}")


class ModelNotFoundError(DlgError):
    """No model of that name is known."""

    next_step = "dlg ls"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.near = near_match(name, known)
        hint = f" Did you mean {self.near!r}?" if self.near else ""
        super().__init__(
            "a model is a name that `dlg ls` lists, or a folder with a model.yaml (of a language "
            "model: a config.json). "
            f"Received: {name!r}.{hint}"
        )


class LayerNotFoundError(DlgError, ValueError):
    """A network has no layer of a name, or of a number counted from 1.

    A `ValueError` too, which Kipoi raises.
    """

    def __init__(self, layer: str | int, names: Sequence[str]) -> None:
        self.layer = layer
        self.near = near_match(layer, names) if isinstance(layer, str) else None
        super().__init__(
            f"a layer is one of {', '.join(names)}, or a number from 1 to {len(names)}. Received: "
            f"{layer!r}." + (f" Did you mean {self.near!r}?" if self.near else ""))


class PackageError(DlgError):
    """A packaged model is incomplete or contradicts itself."""

    def __init__(self, message: str, *, folder: Path | str) -> None:
        self.folder = str(folder)
        super().__init__(f"{self.folder}: {message}")


class HashMismatchError(PackageError):
    """A file's bytes are not those that were recorded for it."""

    def __init__(
        self, path: Path | str, expected: str, received: str, algorithm: str = "sha256",
        advice: str = "The file was changed or damaged after packaging; fetch the model again or "
        "package it anew, and do not use it as it is.",
    ) -> None:
        self.path, self.expected, self.received = str(path), expected, received
        super().__init__(
            f"{Path(path).name} must have {algorithm} {expected[:12]}…. "
            f"Received: {received[:12]}…. {advice}",
            folder=Path(path).parent,
        )


class ReplayError(PackageError):
    """The stored test inputs no longer give the stored outputs."""

    def __init__(
        self, folder: Path | str, difference: float, rtol: float, atol: float
    ) -> None:
        self.difference = difference
        super().__init__(
            f"the stored test inputs must give the stored outputs (rtol {rtol:g}, atol {atol:g}). "
            f"Received: a largest difference of {difference:.3g}. "
            "Compare the versions in model.yaml with those installed.",
            folder=folder,
        )


class TooLargeError(DlgError):
    """A model would need more memory than is allowed."""

    def __init__(self, parameters: int, limit: int) -> None:
        self.parameters, self.limit = parameters, limit
        super().__init__(
            f"a model may have at most {limit:,} parameters here. Received: {parameters:,}. "
            "Reduce units, filters or length."
        )


class RunError(DlgError):
    """A run folder cannot be used as asked."""

    def __init__(self, message: str, *, folder: Path | str, next_step: str | None = None) -> None:
        self.folder = str(folder)
        self.next_step = next_step
        super().__init__(f"{self.folder}: {message}")


class SearchError(DlgError):
    """A search cannot be made as asked."""


class OutputError(DlgError):
    """A result cannot be written; what was there before is untouched."""

    def __init__(self, path: Path | str, reason: str, advice: str, *,
                 rule: str = "the output must be writable") -> None:
        self.path = str(path)
        super().__init__(f"{self.path}: {rule}. Received: {reason}. {advice}")


class EndingError(OutputError):
    """The name of an output has an ending of no known format."""

    def __init__(self, path: Path | str, known: Sequence[str]) -> None:
        suffix = Path(path).suffix
        super().__init__(path, repr(suffix) if suffix else "no ending", "Choose one of these.",
                         rule=f"the name must end in {', '.join(known[:-1])} or {known[-1]}")


@dataclass(frozen=True)
class Attempt:
    """One place where a file was asked for, and why it could not be had there."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


class FetchError(DlgError):
    """A file could not be had from any of its places.

    Attributes:
        name: the file.
        attempts: what was tried, in order.
        url: the last place tried, which is the publisher's own.
        path: where the file may be put by hand; empty where that is of no use.
    """

    rule = "must come whole from one of its places"
    advice = "Open the address in a browser to see what is wrong."

    def __init__(
        self, name: str, attempts: Sequence[Attempt], *, path: Path | str = "", checksum: str = ""
    ) -> None:
        self.name, self.attempts = name, tuple(attempts)
        self.path, self.checksum = str(path), checksum
        self.url = self.attempts[-1].url if self.attempts else ""
        super().__init__(
            f"{name} {self.rule}. Received:{self._received()}"
            f"{self.advice}{self._by_hand()}"
        )

    def _received(self) -> str:
        if len(self.attempts) == 1:
            return f" {self.attempts[0]}. "
        return "".join(f"\n  {n}. {a}" for n, a in enumerate(self.attempts, 1)) + "\n"

    def _by_hand(self) -> str:
        if not self.path:
            return ""
        wanted = f" (with {self.checksum})" if self.checksum else ""
        return f" If you have the file{wanted}, put it at {self.path}"


class OfflineError(FetchError):
    """A file is not in the cache, and no socket may be opened."""

    advice = "Unset DLG_OFFLINE, or name a folder of files with DLG_MIRROR."


class DeadLinkError(FetchError):
    """The publisher no longer has the file."""

    advice = "The file is gone there. Name a mirror with DLG_MIRROR, or ask the authors."


class NetworkError(FetchError):
    """The connection failed; what came before is kept."""

    advice = "Check connection, proxy and certificates, then repeat: it goes on where it stopped."


class RedirectError(FetchError):
    """A link leads in a circle, too far, or away from HTTPS."""

    advice = "The address is no longer good. Look for the file's new place and report it."


class WrongFileError(FetchError):
    """Something else came than the file; it was thrown away."""

    advice = "Nothing was installed. The publisher may have moved the file, or ask for a login."


class ChecksumError(WrongFileError):
    """A file of that name came, with other bytes; it was thrown away."""

    advice = ("Nothing was installed. The file was changed or damaged there; do not use it unless "
              "its authors say what changed.")


class DeclinedError(FetchError):
    """The download was not agreed to."""

    def __init__(self, name: str, count: int | None, licence: str, url: str, limit: int) -> None:
        self.bytes, self.license = count, licence
        self.advice = (f"Downloads above {limit / 1e9:.3g} GB need a yes: --yes, "
                       "confirm=..., or a larger DLG_MAX_DOWNLOAD.")
        size = f"{count:,} bytes" if count is not None else "an unknown number of bytes"
        super().__init__(name, [Attempt(url, f"{size}, licence {licence or 'unknown'}, "
                                             "not agreed to")])

"""Inputs that are signal along windows, from bigWig files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.data.features import Feature, Signal
from dlgenomics.data.places import Places
from dlgenomics.data.tracks import TrackBank
from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.spec.inputs import Input, TrackInput

Files = Mapping[str, Sequence[Path | str]]


@dataclass(frozen=True)
class TrackFiles:
    """Where the bigWig files of a model's inputs are.

    Attributes:
        given: files by input, in the order of its tracks.
        folder: where the relative paths of the spec start, for the other inputs.
    """

    given: Files
    folder: Path

    def of(self, name: str, one: TrackInput) -> list[Path]:
        """Return the files of an input.

        Raises:
            DlgError: another number of files, or one that is missing.
        """
        paths = ([Path(file) for file in self.given[name]] if name in self.given
                 else [self.folder / file for file in one.files])
        if len(paths) != len(one.files):
            raise DlgError(f"input {name!r} takes {len(one.files)} bigWig files, one a track: "
                           f"{', '.join(one.files)}. Received: {len(paths)}. Give all of them, in "
                           f"that order, with --track {name}=FILE (tracks=).")
        for path in paths:
            if not path.is_file():
                raise DlgError(f"input {name!r} is signal from a bigWig file. Received: {path}, "
                               f"which is no file. Name it with --track {name}=FILE (tracks=).")
        return paths


def signal_features(inputs: Mapping[str, Input], windows: Places, files: TrackFiles, *,
                    rename: bool) -> dict[str, Feature]:
    """Return the features of the inputs that are signal.

    Args:
        inputs: the model's.
        windows: what is read; each input takes its own length around their centres.
        files: see there.
        rename: whether contigs are looked for under other names as well.

    Raises:
        DlgError: files for an input that takes none, or see `TrackFiles.of`.
        DataError: a file is no bigWig, or lacks a contig.
    """
    tracks = {name: one for name, one in inputs.items() if isinstance(one, TrackInput)}
    for name in files.given:
        if name not in tracks:
            raise DlgError("--track (tracks=) names an input that is signal: "
                           f"{', '.join(tracks) or 'this model has none'}. Received: {name!r}."
                           f"{did_you_mean(name, tracks)}")
    found: dict[str, Feature] = {}
    for name, one in tracks.items():
        bank = TrackBank(files.of(name, one), windows.resized(one.length), one.missing,
                         one.stranded, rename)
        bank.check()
        found[name] = Signal(bank, 0, one.bin, "mean", one.transform, one.stranded)
    return found

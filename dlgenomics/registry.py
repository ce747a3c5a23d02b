"""Specs by name, and the verbs: ``registry["dragonn/tal1"].build()``, ``train``, ``package``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dlgenomics.errors import RunError, SpecNotFoundError
from dlgenomics.progress import Progress, silent

if TYPE_CHECKING:
    from dlgenomics.package.evaluate import Part
    from dlgenomics.spec import Spec
    from dlgenomics.train.fit import Run
    from dlgenomics.train.score import Score

Find = Callable[[str], Path]
"""A packaged model's name → the folder of its package; `Path` takes names as folders."""

_HERE: Final = Path(__file__).resolve().parent


def specs_folder() -> Path:
    """Return the built-in specs: package data in an installation, else the checkout's folder."""
    installed = _HERE / "model_specs"
    return installed if installed.is_dir() else _HERE.parent / "model_specs"


@dataclass(frozen=True)
class SpecEntry:
    """One spec and what can be done with it."""

    name: str
    path: Path

    def load(self, find: Find = Path) -> Spec:
        """Return the checked spec.

        Args:
            find: a packaged model's name → its folder, for models that the spec takes as blocks.
        """
        from dlgenomics.package.donors import packaged_in  # noqa: PLC0415
        from dlgenomics.spec import load_spec  # noqa: PLC0415 - keeps `import dlgenomics` light

        return load_spec(self.path, lambda name: packaged_in(find(name)))

    def build(self) -> Any:
        """Return the `keras.Model`, with fresh weights."""
        from dlgenomics.build import build_model  # noqa: PLC0415 - starts TensorFlow

        return build_model(self.load())

    def train(self, data_folder: Path | str = ".", run_folder: Path | str | None = None, *,
              replace: bool = False, progress: Progress = silent, find: Find = Path,
              devices: int = 1, tensorboard: bool = False) -> Run:
        """Train and write a run folder (default ``runs/NAME``).

        Args:
            data_folder: where the spec's relative paths start.
            run_folder: what is written.
            replace: write over a run that is there.
            progress: told of batches and epochs.
            find: a packaged model's name → its folder, for models that the spec builds on.
            devices: how many share each batch.
            tensorboard: write logs for TensorBoard as well.
        """
        from dlgenomics.package.donors import read_donors  # noqa: PLC0415
        from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow
        from dlgenomics.train.fit import train  # noqa: PLC0415

        spec = self.load(find)
        folder = Path(run_folder) if run_folder is not None else Path("runs") / self.name
        return train(spec, Path(data_folder), folder, replace=replace, progress=progress,
                     donors=read_donors(spec, lambda name: load_package(find(name))),
                     devices=devices, tensorboard=tensorboard)

    def package(self, run_folder: Path | str, folder: Path | str) -> Path:
        """Package a finished run of this spec into a folder.

        Raises:
            RunError: the run is not finished, or is one of another spec.
        """
        from dlgenomics.train.run import RunFolder, read_record  # noqa: PLC0415

        self._check_own(read_record(RunFolder(Path(run_folder)))["name"], run_folder)
        from dlgenomics.package.write import package_run  # noqa: PLC0415 - starts TensorFlow

        return package_run(Path(run_folder), Path(folder))

    def evaluate(self, folder: Path | str, data_folder: Path | str | None = None, *,
                 part: Part = "test") -> Score:
        """Measure a run or a package of this spec on a part of its own split.

        Args:
            folder: the run or the package.
            data_folder: where the spec's relative paths start; default: a run's own, else here.
            part: ``train``, ``validation``, ``test`` or ``all``.

        Raises:
            RunError: the run is one of another spec, or its data have changed.
            DataError: the part has no examples.
        """
        from dlgenomics.package.evaluate import evaluate, open_trained  # noqa: PLC0415

        trained = open_trained(Path(folder))
        self._check_own(trained.spec.name, folder)
        return evaluate(trained, None if data_folder is None else Path(data_folder), part)

    def _check_own(self, name: str, folder: Path | str) -> None:
        own = self.load().name
        if name != own:
            raise RunError(f"the run must be one of {own}. Received: a run of {name}.",
                           folder=folder, next_step=f"dlg package {folder}")


class Registry(Mapping[str, SpecEntry]):
    """The built-in specs by name; the path of a YAML file is a name too."""

    def __getitem__(self, name: str) -> SpecEntry:
        """Return a spec's entry.

        Raises:
            SpecNotFoundError: no such spec; with the nearest name.
        """
        path = specs_folder() / f"{name}.yaml"
        if name.endswith((".yaml", ".yml")) or name == "-":
            return SpecEntry(Path(name).stem, Path(name))
        if not path.is_file():
            raise SpecNotFoundError(name, list(self))
        return SpecEntry(name, path)

    def __iter__(self) -> Iterator[str]:
        root = specs_folder()
        yield from sorted(path.relative_to(root).with_suffix("").as_posix()
                          for path in root.rglob("*.yaml"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


registry: Final = Registry()

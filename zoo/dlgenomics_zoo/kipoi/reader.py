"""The data of a ``model.yaml`` → a `Descriptor`; what cannot be used becomes its problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics.files import sha256_of
from dlgenomics_zoo.kipoi.dataloader import Lookup, read_dataloader
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.place import Place
from dlgenomics_zoo.kipoi.schema import read_schema
from dlgenomics_zoo.kipoi.values import (
    Report,
    cite_of,
    class_of,
    file_of,
    is_file,
    mapping_of,
    people_of,
    text_of,
    texts_of,
)

_CLASSES: Final = {
    "keras": "kipoi.model.KerasModel",
    "pytorch": "kipoi.model.PyTorchModel",
    "sklearn": "kipoi.model.SklearnModel",
    "tensorflow": "kipoi.model.TensorFlowModel",
}
_FRAMEWORKS: Final = {
    **{name: kind for kind, name in _CLASSES.items()},
    "kipoi.model.TensorFlow2Model": "tensorflow",
}
# A class of its own: what it pins tells what it runs on; the first that is pinned counts.
_PINS: Final = (("keras", "keras"), ("torch", "pytorch"), ("pytorch", "pytorch"),
                ("tensorflow", "keras"), ("theano", "keras"), ("scikit-learn", "sklearn"))
_LICENSES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")
_LFS: Final = b"version https://git-lfs"
_DEFAULT_PRECISION: Final = 7


def read_descriptor(data: Mapping[str, Any], place: Place, path: str, lookup: Lookup) -> Descriptor:
    """Return what a descriptor's data say.

    Args:
        data: the content of a ``model.yaml`` or of a rendered template.
        place: the model's place.
        path: the descriptor file, relative to the checkout.
        lookup: finds the descriptors of dataloaders.
    """
    problems: list[str] = []
    report = problems.append
    defined_as, args = _class_and_args(data, report)
    requirements = tuple(_requirements(mapping_of(data.get("dependencies"), "dependencies",
                                                  report)))
    info = mapping_of(data.get("info"), "info", report)
    schema = mapping_of(data.get("schema"), "schema", report)
    tests = mapping_of(data.get("test"), "test", report)
    found, others, code = _sorted_args(args, place, report)
    return Descriptor(
        name=place.name, path=path, defined_as=defined_as,
        framework=_FRAMEWORKS.get(defined_as) or _pinned_framework(requirements),
        files=tuple(found), arguments=others, code=_code(defined_as, code),
        requirements=requirements,
        inputs=read_schema(schema.get("inputs"), place, report),
        targets=read_schema(schema.get("targets"), place, report),
        dataloader=read_dataloader(data.get("default_dataloader"), place, lookup, report),
        license=text_of(info.get("license")), license_file=_license_file(place),
        authors=people_of(info.get("authors")), contributors=people_of(info.get("contributors")),
        cite=cite_of(info.get("cite_as")), tags=texts_of(info.get("tags")),
        doc=text_of(info.get("doc")), trained_on=text_of(info.get("trained_on")),
        training_procedure=text_of(info.get("training_procedure")),
        version=text_of(info.get("version")),
        expectation=_expectation(tests.get("expect"), place, report),
        precision=_precision(tests.get("precision_decimal"), report),
        problems=tuple(problems),
    )


def _class_and_args(data: Mapping[str, Any], report: Report) -> tuple[str, dict[str, Any]]:
    """Return the class that runs the model and its arguments, without those that name the class."""
    args = dict(mapping_of(data.get("args"), "args", report))
    given = class_of(text_of(data.get("defined_as")))
    kind = text_of(data.get("type"))
    if given or kind in _CLASSES:
        return given or _CLASSES[kind], args
    if kind == "custom":
        file, name = text_of(args.pop("file", "model.py")), text_of(args.pop("object", "model"))
        return f"{file.removesuffix('.py')}.{name}", args
    report(f"type must be one of {', '.join(_CLASSES)}, custom, or defined_as a class. "
           f"Received: {kind or 'neither'}.")
    return "", args


def _sorted_args(
    args: Mapping[str, Any], place: Place, report: Report
) -> tuple[list[RemoteFile], dict[str, Any], list[str]]:
    """Return the files, the other arguments and the Python files of a model."""
    found: list[RemoteFile] = []
    others: dict[str, Any] = {}
    code: list[str] = []
    for role, value in _flat_args(args):
        if is_file(value):
            found.append(file_of(role, value, report))
        elif isinstance(value, str) and value.endswith(".py"):
            code.append(value)
        elif (beside := _file_beside(role, value, place, report)) is not None:
            found.append(beside)
        else:
            others[role] = value
    return found, others, code


def _flat_args(args: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in args.items():
        if isinstance(value, dict) and not is_file(value) and any(map(is_file, value.values())):
            yield from _flat_args(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def _file_beside(role: str, value: Any, place: Place, report: Report) -> RemoteFile | None:
    """Return the file beside the descriptor that an argument names, or None."""
    if not isinstance(value, str) or not re.search(r"\.\w+$", value):
        return None
    try:
        found = place.find(value)
    except DataError as error:
        report(str(error))
        return None
    if found is None:
        return None
    if _starts_with(found, _LFS):
        report(f"the file {role!r} must be here. Received: a git-lfs pointer to it ({value}). "
               "Run `git lfs pull` in the models' folder.")
    return RemoteFile(role, place.url(found), sha256=sha256_of(found), name=found.name)


def _starts_with(path: Path, start: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(start)) == start


def _code(defined_as: str, named: list[str]) -> tuple[str, ...]:
    """Return the model's own Python files: those it names and that of its class."""
    if not defined_as or defined_as in _FRAMEWORKS or defined_as.startswith("kipoi."):
        return tuple(named)
    module = defined_as.rpartition(".")[0].replace(".", "/")
    return tuple(dict.fromkeys([f"{module}.py", *named])) if module else tuple(named)


def _requirements(dependencies: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("conda", "pip"):
        yield from texts_of(dependencies.get(kind))


def _pinned_framework(requirements: tuple[str, ...]) -> str:
    pinned = {re.split(r"[<>=!\s\[]", text.rpartition("::")[2])[0] for text in requirements}
    return next((framework for name, framework in _PINS if name in pinned), "")


def _license_file(place: Place) -> str:
    """Return the licence text of the model or of its group."""
    for folder in (place.name, place.name.partition("/")[0]):
        for name in _LICENSES:
            if (place.root / folder / name).is_file():
                return f"{folder}/{name}"
    return ""


def _expectation(value: Any, place: Place, report: Report) -> RemoteFile | None:
    if is_file(value):
        return file_of("test.expect", value, report)
    return _file_beside("test.expect", value, place, report)


def _precision(value: Any, report: Report) -> int:
    if value is None:
        return _DEFAULT_PRECISION
    if isinstance(value, int) and 0 <= value <= 15:
        return int(value)
    report(f"precision_decimal must be a number of decimals. Received: {value!r:.80}.")
    return _DEFAULT_PRECISION

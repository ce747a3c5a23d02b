"""What a file is, by its content and never by its name."""

from __future__ import annotations

import enum
import re
import zipfile
from pathlib import Path
from typing import Final

from dlgenomics.errors import MissingFileError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.formats.torch_checkpoint import LEGACY_START

HDF5_START: Final = b"\x89HDF\r\n\x1a\n"
_HTML: Final = (b"<!doctype html", b"<html", b"<head", b"<?xml")


class Format(enum.Enum):
    """The kinds of model file that are told apart; the value is the name in messages."""

    KERAS_JSON = "a Keras architecture (JSON)"
    KERAS_YAML = "a Keras architecture (YAML)"
    KERAS_WEIGHTS = "Keras weights without a network (HDF5)"
    KERAS_HDF5 = "a whole Keras model (HDF5)"
    KERAS_ZIP = "a whole Keras 3 model (.keras)"
    TORCH_ZIP = "a PyTorch checkpoint"
    TORCH_LEGACY = "a PyTorch checkpoint of the form before 1.6"
    TORCH_TAR = "a PyTorch checkpoint of the form before 0.1.10"
    TORCHSCRIPT = "a TorchScript program"
    SAFETENSORS = "a safetensors file"
    SAVED_MODEL = "a TensorFlow SavedModel"
    TF1_CHECKPOINT = "a TensorFlow 1 checkpoint"
    PICKLE = "a Python pickle"
    HTML = "a web page"
    UNKNOWN = "a file of unknown kind"


_OLD_PICKLE: Final = re.compile(
    rb"c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|\([dl]p\d+\n|\(S'|\([ic][A-Za-z_][\w.]*\n")
"""How a pickle of protocol 0 begins."""

_NEEDS_TRUST: Final = {
    Format.SAVED_MODEL: "it is a program that TensorFlow runs, and could read or write files",
    Format.TF1_CHECKPOINT: "its meta graph is a program that TensorFlow runs",
    Format.TORCHSCRIPT: "it is a program that PyTorch runs",
    Format.PICKLE: "unpickling it can run any code",
}


def recognise(path: Path | str) -> Format:
    """Tell what a file, or a folder such as a SavedModel's, is.

    Reads a few hundred bytes and, of an HDF5 or zip file, the table of contents.

    Raises:
        MissingFileError: there is nothing of that name.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise MissingFileError(path, "the model file")
    with path.open("rb") as stream:
        start = stream.read(512)
    if start.startswith(HDF5_START):
        return _hdf5(path)
    if start.startswith(b"PK\x03\x04"):
        return _zip(path)
    if start.startswith(LEGACY_START):
        return Format.TORCH_LEGACY
    return _other(path, start)


def refuse_untrusted(path: Path | str, found: Format) -> None:
    """Refuse what cannot be read as data.

    Raises:
        UnsafeModelError: the format is a program; the message says which.
    """
    if found in _NEEDS_TRUST:
        raise UnsafeModelError(path, "a model must be data to be read without trust",
                               f"{found.value}: {_NEEDS_TRUST[found]}",
                               "If you trust who made it, load it with trust.")


def _folder(path: Path) -> Format:
    if (path / "saved_model.pb").is_file() or (path / "saved_model.pbtxt").is_file():
        return Format.SAVED_MODEL
    names = [p.name for p in path.iterdir()]
    if "checkpoint" in names or any(n.endswith((".meta", ".index")) for n in names):
        return Format.TF1_CHECKPOINT
    return Format.UNKNOWN


def _hdf5(path: Path) -> Format:
    import h5py  # noqa: PLC0415 - takes 0.1 s that no other file needs

    try:
        with h5py.File(path) as opened:
            if "model_config" in opened.attrs:
                return Format.KERAS_HDF5
            named = {"layer_names", "layer_names0", "nb_layers"} & set(opened.attrs)
            groups = {"layers", "_layer_checkpoint_dependencies"} & set(opened)
            return Format.KERAS_WEIGHTS if named or groups else Format.UNKNOWN
    except (OSError, RuntimeError, KeyError):
        return Format.UNKNOWN


def _zip(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return Format.UNKNOWN
    if "config.json" in names and "metadata.json" in names:
        return Format.KERAS_ZIP
    if any(n.endswith("constants.pkl") for n in names):
        return Format.TORCHSCRIPT
    return Format.TORCH_ZIP if any(n.endswith("data.pkl") for n in names) else Format.UNKNOWN


def _other(path: Path, start: bytes) -> Format:
    text = start.lstrip().lower()
    if text.startswith((b"{", b"\xef\xbb\xbf{")):
        return Format.KERAS_JSON if _is_architecture(path) else Format.UNKNOWN
    tests = {
        Format.HTML: text.startswith(_HTML),
        Format.SAFETENSORS: start[8:9] == b"{" and start[5:8] == b"\0\0\0",
        Format.TORCH_TAR: b"ustar" in start[257:265],
        Format.PICKLE: _is_pickle(start),
        Format.KERAS_YAML: b"class_name:" in start or text.startswith(b"backend:"),
    }
    return next((form for form, holds in tests.items() if holds), None) or _tensorflow(path, start)


def _is_pickle(start: bytes) -> bool:
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    return _OLD_PICKLE.match(start) is not None


def _tensorflow(path: Path, start: bytes) -> Format:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 8))
        if stream.read() == b"\x57\xfb\x80\x8b\x24\x75\x47\xdb":  # the end of an index table
            return Format.TF1_CHECKPOINT
    if b"saved_model" in start or (b"Placeholder" in start and b"\0" in start):
        return Format.SAVED_MODEL
    return Format.UNKNOWN


def _is_architecture(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(2**20)
    return any(f'"{key}"'.encode() in start for key in ("class_name", "config", "layers"))

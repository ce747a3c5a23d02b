"""From an address to predictions: packages and Keras models; numbers come from NumPy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics.errors import DeclinedError, DlgError, HashMismatchError
from dlgenomics.memory import Space
from dlgenomics_zoo.client import open_package
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.errors import FileNotInTreeError, MemoryLimitError
from hub import Hub
from hub_models import CARD, keras_h5, profile_h5
from hub_store import Files

MODEL, KERNEL, BIAS = keras_h5()
ATLAS = "hf://kundajelab/encode-chrombpnet-ATAC-K562-ENCSR483RKN"


def files_of(folder: Path) -> Files:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[rng.integers(0, 4, (3, 6))]


def test_a_package(hub: Hub, tiny_package: Path, rng: np.random.Generator) -> None:
    commit = hub.publish("lab/tiny", {**files_of(tiny_package), "extra.bin": b"not fetched"})
    model = get_model("hf://lab/tiny")
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (5, 60))]
    np.testing.assert_array_equal(model.predict_on_batch(x), get_model(tiny_package).predict_on_batch(x))
    assert (model.source.kind, model.source.repository, model.source.commit, model.source.route) == (
        "huggingface", "lab/tiny", commit, "package")
    assert "model.weights.h5" in model.source.files
    model.test()
    assert not hub.asked("extra.bin")
    asked = len(hub.log)
    get_model(f"hf://lab/tiny@{commit}")
    assert len(hub.log) == asked


def test_a_package_in_a_subfolder(hub: Hub, tiny_package: Path) -> None:
    hub.publish("lab/zoo", {f"models/tiny/{name}": content for name, content in files_of(tiny_package).items()})
    folder, source = open_package("hf://lab/zoo/models/tiny")
    assert source == "huggingface"
    assert files_of(folder) == files_of(tiny_package)
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_package_whose_manifest_was_changed(hub: Hub, tiny_package: Path) -> None:
    files = files_of(tiny_package)
    files["model.yaml"] = files["model.yaml"].replace(b"test/tiny", b"evil/tiny")
    hub.publish("lab/tiny", files)
    with pytest.raises(HashMismatchError):
        open_package("hf://lab/tiny")


def test_a_package_that_lacks_a_file(hub: Hub, tiny_package: Path) -> None:
    files = files_of(tiny_package)
    del files["model.weights.h5"]
    hub.publish("lab/tiny", files)
    with pytest.raises(FileNotInTreeError, match=r"model\.weights\.h5"):
        open_package("hf://lab/tiny")


def test_a_model_yaml_of_another_program_is_no_package(hub: Hub) -> None:
    hub.publish("lab/net", {"model.yaml": b"type: keras\n", "model.h5": MODEL})
    assert open_package("hf://lab/net")


def test_a_keras_2_file(hub: Hub, x: np.ndarray) -> None:
    commit = hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD, "big.bin": b"x" * 99_999})
    model = get_model("hf://lab/net")
    np.testing.assert_allclose(model.predict_on_batch(x), x.reshape(3, -1) @ KERNEL + BIAS, rtol=1e-5)
    assert model.spec.license == "mit"
    assert (model.source.commit, list(model.source.files)) == (commit, ["model.h5"])
    assert not hub.asked("big.bin|README")
    model.test()


def test_a_keras_3_file_and_a_folder(hub: Hub, x: np.ndarray, tmp_path: Path) -> None:
    import keras

    given = keras.Sequential([keras.Input((6, 4)), keras.layers.Conv1D(3, 2), keras.layers.Flatten(),
                              keras.layers.Dense(2)])
    given.save(tmp_path / "model.keras")
    expected = given.predict_on_batch(x)
    hub.publish("lab/one", {"model.keras": (tmp_path / "model.keras").read_bytes()})
    folder = tmp_path / "folder"
    keras.saving.save_model(given, folder, zipped=False) if _saves_folders() else _unzip(tmp_path / "model.keras", folder)
    hub.publish("lab/folder", {**files_of(folder), "README.md": CARD})
    for name in ("hf://lab/one", "hf://lab/folder"):
        np.testing.assert_allclose(get_model(name).predict_on_batch(x), expected, rtol=1e-5, atol=1e-6)


def _saves_folders() -> bool:
    import inspect

    import keras

    return "zipped" in inspect.signature(keras.saving.save_model).parameters


def _unzip(path: Path, folder: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)


@pytest.fixture
def atlas(hub: Hub) -> dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]]:
    """A repository as those of ENCODE's ChromBPNet models are; file → what it computes."""
    references, files = {}, {}
    for fold in (0, 1):
        for number, (kind, filters) in enumerate((("chrombpnet_nobias", 4), ("bias_scaled", 2))):
            name = f"fold_{fold}/model.{kind}.fold_{fold}.ENCSR483RKN.h5"
            files[name], references[name] = profile_h5(10 * fold + number, filters)
        files[f"fold_{fold}/model.chrombpnet.fold_{fold}.ENCSR483RKN.h5"] = b"with a Lambda"
        files[f"fold_{fold}/model.chrombpnet.fold_{fold}.ENCSR483RKN.tar"] = b"a program"
    hub.publish(ATLAS.removeprefix("hf://"), files)
    return references


@pytest.mark.parametrize(("asked", "name"), [
    ("", "fold_0/model.chrombpnet_nobias.fold_0.ENCSR483RKN.h5"),
    ("#fold_1/model.bias_scaled.fold_1.ENCSR483RKN.h5", "fold_1/model.bias_scaled.fold_1.ENCSR483RKN.h5"),
    ("/fold_1", "fold_1/model.chrombpnet_nobias.fold_1.ENCSR483RKN.h5"),
])
def test_an_adapter_chooses(hub: Hub, atlas: dict, rng: np.random.Generator, asked: str, name: str) -> None:  # type: ignore[type-arg]
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, 20))]
    found = get_model(ATLAS + asked).predict_on_batch(x)
    for got, expected in zip(found.values(), atlas[name](x), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    assert {one.path.rpartition("/files/")[2].partition("/")[2] for one in hub.asked("/files/")} == {name}


def test_the_whole_chrombpnet_is_put_together(hub: Hub, atlas: dict, rng: np.random.Generator) -> None:  # type: ignore[type-arg]
    model = get_model(ATLAS + "#fold_0/model.chrombpnet.fold_0.ENCSR483RKN.h5")
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, 20))]
    (profile, count), (bias_profile, bias_count) = (
        atlas[f"fold_0/model.{kind}.fold_0.ENCSR483RKN.h5"](x) for kind in ("chrombpnet_nobias", "bias_scaled"))
    found_profile, found_count = model.predict_on_batch(x).values()
    np.testing.assert_allclose(found_profile, profile + bias_profile, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found_count, np.log(np.exp(count) + np.exp(bias_count)), rtol=1e-4, atol=1e-5)
    assert not hub.asked(r"resolve.*model\.chrombpnet\.")
    model.test()


def test_models_of_the_atlas_read_genomes(hub: Hub, atlas: dict, tmp_path: Path) -> None:  # type: ignore[type-arg]
    model = get_model(ATLAS)
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGTTGCAACGTNNAC" * 10 + "\n")
    (tmp_path / "i.bed").write_text("chr1\t20\t60\n")
    found = model.pipeline.predict({"fasta_file": tmp_path / "g.fa", "intervals_file": tmp_path / "i.bed"})
    letters = ("ACGTTGCAACGTNNAC" * 10)[30:50]
    x = np.array([[[float(letter == base) for base in "ACGT"] for letter in letters]])
    expected = atlas["fold_0/model.chrombpnet_nobias.fold_0.ENCSR483RKN.h5"](x)
    for got, wanted in zip(found.values(), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_bpnet_of_the_atlas(hub: Hub, rng: np.random.Generator) -> None:
    one, reference = profile_h5(7, 3)
    name = "kundajelab/encode-bpnet-FOXA1-ChIP-seq-HepG2-ENCSR865RXA"
    hub.publish(name, {f"fold_{n}/model.h5": one if n == 0 else profile_h5(n, 3)[0] for n in range(3)}
                | {"config.json": b"{}", "fold_0/saved_model/saved_model.pb": b"x"})
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, 20))]
    profile, _ = get_model(f"hf://{name}").predict_on_batch(x).values()
    np.testing.assert_allclose(profile, reference(x)[0], rtol=1e-4, atol=1e-5)


def test_a_part_that_is_another_network(hub: Hub) -> None:
    hub.publish(ATLAS.removeprefix("hf://"), {
        "fold_0/model.chrombpnet_nobias.x.h5": MODEL, "fold_0/model.bias_scaled.x.h5": MODEL,
        "fold_0/model.chrombpnet.x.h5": b"x"})
    with pytest.raises(DlgError, match="a part of ChromBPNet must give a profile and a log count"):
        open_package(ATLAS + "#fold_0/model.chrombpnet.x.h5")


def test_a_large_download_needs_a_yes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD})
    monkeypatch.setenv("DLG_MAX_DOWNLOAD", "1 kB")
    with pytest.raises(DeclinedError, match=rf"{len(MODEL):,} bytes, licence mit, not agreed to"):
        get_model("hf://lab/net")
    assert not hub.asked("resolve")
    asked = []
    get_model("hf://lab/net", confirm=lambda *told: asked.append(told) is None)
    assert asked == [(len(MODEL), "mit", "hf://lab/net")]


def test_what_does_not_fit_is_refused_with_numbers(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/net", {"model.h5": MODEL})
    monkeypatch.setattr("dlgenomics_zoo.hub.memory.free_space", lambda: Space(1000))
    with pytest.raises(MemoryLimitError, match=r"hf://lab/net, which needs 13 kB \(by the sizes of its files\), "
                                               r"with 800 B to use here.*--ignore-memory") as caught:
        get_model("hf://lab/net")
    assert (caught.value.bytes, caught.value.limit) == (len(MODEL), 800)
    assert not hub.asked("resolve")
    assert get_model("hf://lab/net", ignore_memory=True)


def test_a_lambda_is_refused_and_nothing_runs(hub: Hub, tmp_path: Path) -> None:
    import keras

    marker = tmp_path / "it-ran"
    evil = keras.Sequential([keras.Input((6, 4)), keras.layers.Lambda(
        lambda t, where=str(marker): (open(where, "w"), t)[1])])  # noqa: PTH123, SIM115
    marker.unlink(missing_ok=True)
    for name in ("model.keras", "model.h5"):
        evil.save(tmp_path / name)
        hub.publish("lab/evil", {name: (tmp_path / name).read_bytes()})
        with pytest.raises(DlgError, match="Lambda"):
            get_model("hf://lab/evil")
        with pytest.raises(DlgError, match="Lambda"):
            get_model("hf://lab/evil", trust=True)  # trust is for programs, not for bytecode in a network
    assert not marker.exists()


def test_an_unknown_place_is_said_where_only_the_catalogue_will_do(hub: Hub) -> None:
    from dlgenomics_zoo.catalogue import locate

    with pytest.raises(DlgError, match=r"Received: hf://lab/net, a model of the Hugging Face Hub\. See it with dlg plan"):
        locate("hf://lab/net")


def test_the_record_of_a_model_is_plain(hub: Hub) -> None:
    hub.publish("lab/net", {"model.h5": MODEL})
    assert dataclasses.asdict(get_model("hf://lab/net").source)["route"] == "keras"


def test_a_pickle_named_as_a_model_is_refused(hub: Hub, tmp_path: Path) -> None:
    from hub_models import evil_pickle

    hub.publish("lab/evil", {"model.h5": evil_pickle(tmp_path / "it-ran")})
    with pytest.raises(UnsafeModelError, match="pickle"):
        open_package("hf://lab/evil")
    assert not (tmp_path / "it-ran").exists()

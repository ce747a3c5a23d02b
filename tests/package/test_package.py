"""A package proves itself when written and when read; Keras alone can load it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlgenomics.errors import (
    HashMismatchError,
    PackageError,
    ReplayError,
    RunError,
    SpecError,
)
from dlgenomics.files import sha256_of_bytes
from dlgenomics.package.manifest import read_manifest
from dlgenomics.spec import spec_to_yaml
from dlgenomics.train.run import RunFolder, read_spec


@pytest.fixture
def copy(tiny_package: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_package, tmp_path / "copy")


def _reseal(folder: Path, change) -> None:
    """Change model.yaml and seal it again, as someone who knows the format could."""
    path = folder / "model.yaml"
    data = yaml.safe_load(path.read_text())
    del data["sha256"]
    change(data)
    body = yaml.safe_dump(data, sort_keys=False)
    path.write_text(f"{body}sha256: {sha256_of_bytes(body.encode())}\n")


def test_it_holds_the_files_of_the_format(tiny_package: Path) -> None:
    files = {str(p.relative_to(tiny_package)) for p in tiny_package.rglob("*") if p.is_file()}
    assert files == {
        "model.yaml", "config.json", "metadata.json", "model.weights.h5", "README.md",
        "targets.txt", "test/inputs.npz", "test/expected.npz", "training/history.csv",
        "training/metrics.json", "training/report.html",
    }
    assert (tiny_package / "targets.txt").read_text() == "bound\n"
    listed = read_manifest(tiny_package).package.files
    assert set(listed) == files - {"model.yaml"}


def test_its_spec_is_the_spec_of_the_run(tiny_package: Path, tiny_run: Path) -> None:
    manifest = read_manifest(tiny_package)
    assert spec_to_yaml(manifest.spec) == spec_to_yaml(read_spec(RunFolder(tiny_run)))
    assert manifest.package.training["seed"] == 3
    assert manifest.package.arrays["inputs"]["dna"]["shape"] == [60, 4]


def test_keras_alone_gives_the_same_predictions(tiny_package: Path) -> None:
    import keras

    from dlgenomics import get_model

    model = get_model(tiny_package)
    plain = keras.saving.load_model(tiny_package)
    x = model.stored_test.inputs["dna"]
    assert np.array_equal(plain.predict_on_batch(x), model.predict_on_batch(x))


def test_loading_leaves_the_random_states_of_its_user_alone(tiny_package: Path) -> None:
    from dlgenomics import get_model

    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    get_model(tiny_package)
    assert np.array_equal(np.random.random(3), expected)


def test_it_is_loaded_without_reading_keras_config(copy: Path) -> None:
    from dlgenomics.package.read import load_package

    _reseal(copy, lambda data: data["package"]["files"].pop("config.json"))
    (copy / "config.json").write_text('{"module": "os", "class_name": "system"}')
    assert load_package(copy).test().examples == 8


@pytest.mark.parametrize("name", [
    "model.weights.h5", "config.json", "README.md", "test/expected.npz", "training/history.csv"])
def test_any_changed_byte_is_refused(copy: Path, name: str) -> None:
    from dlgenomics.package.read import load_package

    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    with pytest.raises(HashMismatchError, match="sha256") as caught:
        load_package(copy)
    assert caught.value.path == str(copy / name)


@pytest.mark.parametrize("change", [
    lambda text: text.replace("rate: 0.1", "rate: 0.2"),
    lambda text: text + "# a remark\n",
    lambda text: text.rpartition("sha256")[0],
    lambda text: "",
    lambda text: text[:200],
])
def test_a_changed_manifest_is_refused(copy: Path, change) -> None:
    path = copy / "model.yaml"
    changed = change(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(HashMismatchError, match=r"model\.yaml must have sha256"):
        read_manifest(copy)


def test_a_missing_file_and_a_missing_manifest_are_said(copy: Path, tmp_path: Path) -> None:
    from dlgenomics.package.read import load_package

    (copy / "targets.txt").unlink()
    with pytest.raises(PackageError, match=r"Received: no targets\.txt"):
        load_package(copy)
    with pytest.raises(PackageError, match=r"must hold model\.yaml"):
        load_package(tmp_path)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd"])
def test_files_outside_the_folder_are_refused(copy: Path, name: str) -> None:
    from dlgenomics.package.read import load_package

    _reseal(copy, lambda data: data["package"]["files"].update({name: "0" * 64}))
    with pytest.raises(PackageError, match="must lie in its folder"):
        load_package(copy)


def test_a_sealed_manifest_is_still_checked(copy: Path) -> None:
    _reseal(copy, lambda data: data["package"].pop("versions"))
    with pytest.raises(PackageError, match="versions"):
        read_manifest(copy)
    _reseal(copy, lambda data: data["model"]["layers"].append({"Lambda": {"function": "os"}}))
    with pytest.raises(SpecError, match="Lambda runs code"):
        read_manifest(copy)


def test_weights_of_another_network_are_refused(copy: Path) -> None:
    from dlgenomics.package.read import load_package

    def widen(data: dict) -> None:
        data["model"]["layers"][0]["Conv1D"]["filters"] = 7

    _reseal(copy, widen)
    with pytest.raises(PackageError, match="weights must be those of the network"):
        load_package(copy)


def test_a_model_that_answers_otherwise_fails_its_test(copy: Path) -> None:
    from dlgenomics.files import sha256_of
    from dlgenomics.package.read import load_package

    with np.load(copy / "test" / "expected.npz") as stored:
        np.savez(copy / "test" / "expected.npz", bound=stored["bound"] + np.float32(0.01))
    digest = sha256_of(copy / "test" / "expected.npz")
    _reseal(copy, lambda data: data["package"]["files"].update({"test/expected.npz": digest}))
    with pytest.raises(ReplayError, match=r"largest difference of 0\.01"):
        load_package(copy).test()


def test_a_package_that_fails_its_own_test_never_appears(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlgenomics.package.write import package_run
    from dlgenomics.predict.model import Model

    def fail(self: Model) -> None:
        raise ReplayError("x", 1.0, 0, 0)

    monkeypatch.setattr(Model, "test", fail)
    with pytest.raises(ReplayError):
        package_run(tiny_run, tmp_path / "out" / "package")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_old_package_stays_until_the_new_one_is_whole(
    tiny_run: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from dlgenomics.errors import OutputError
    from dlgenomics.package.write import package_run

    before = (copy / "model.yaml").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        with pytest.raises(OutputError, match="no space left"):
            package_run(tiny_run, copy)
    assert (copy / "model.yaml").read_bytes() == before
    assert [p.name for p in copy.parent.iterdir() if "copy" in p.name] == ["copy"]
    package_run(tiny_run, copy)
    assert read_manifest(copy).package.created >= "2026"


def test_only_a_finished_run_is_packaged(tiny_run: Path, tmp_path: Path) -> None:
    from dlgenomics.package.write import package_run

    run = shutil.copytree(tiny_run, tmp_path / "run")
    record = run / "run.json"
    record.write_text(record.read_text().replace('"finished"', '"started"'))
    with pytest.raises(RunError, match="interrupted") as caught:
        package_run(run, tmp_path / "package")
    assert caught.value.next_step == f"dlg resume {run}"


def test_the_card_has_front_matter_that_yaml_reads(tiny_package: Path) -> None:
    text = (tiny_package / "README.md").read_text()
    _, front, body = text.split("---\n", 2)
    data = yaml.safe_load(front)
    assert data["library_name"] == "keras"
    assert data["license"] == "mit"
    assert {"genomics", "dlgenomics"} <= set(data["tags"])
    results = data["model-index"][0]["results"][0]
    assert {m["type"] for m in results["metrics"]} == {"auroc", "auprc", "accuracy"}
    assert "# test/tiny" in body
    assert 'get_model("test/tiny")' in body

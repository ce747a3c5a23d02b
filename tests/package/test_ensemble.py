"""Several packages as one: the mean of their outputs, whole by itself, with its members on record."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.errors import DlgError, PackageError
from dlgenomics.package.donors import packaged_in
from dlgenomics.package.manifest import read_manifest
from dlgenomics.spec import parse_spec, summarize
from dlgenomics.spec.packaged import Packaged
from tiny import TINY_SPEC


@pytest.fixture(scope="module")
def second(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with another seed, a batch normalization and a calibrated output."""
    from dlgenomics.package.write import package_run
    from dlgenomics.train.fit import train

    folder = tmp_path_factory.mktemp("second")
    text = TINY_SPEC.replace("seed: 3", "seed: 8\n  calibrate: isotonic").replace(
        "- Dropout: {rate: 0.1}", "- BatchNormalization")
    train(parse_spec(text), tiny_data, folder / "run")
    return package_run(folder / "run", folder / "package")


@pytest.fixture(scope="module")
def both(tiny_package: Path, second: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dlgenomics.package.ensemble import make_ensemble

    return make_ensemble([str(tiny_package), str(second)],
                         tmp_path_factory.mktemp("both") / "ensemble", command="dlg ensemble …")


def test_it_gives_the_mean_of_its_members(both: Path, tiny_package: Path, second: Path) -> None:
    from dlgenomics.package.read import load_package

    x = np.eye(4, dtype=np.float32)[np.random.default_rng(1).integers(0, 4, (50, 60))]
    found, *each = (load_package(one).predict_on_batch(x) for one in (both, tiny_package, second))
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-6)
    assert np.abs(each[0] - each[1]).max() > 1e-3


def test_it_stands_by_itself(both: Path, tiny_package: Path, tmp_path: Path) -> None:
    import keras

    from dlgenomics.package.read import load_package

    moved = shutil.copytree(both, tmp_path / "elsewhere")
    model = load_package(moved)
    assert model.test().examples == 8
    x = model.stored_test.inputs["dna"]  # type: ignore[union-attr]
    np.testing.assert_array_equal(
        keras.saving.load_model(moved).predict_on_batch(x), model.predict_on_batch(x))
    assert str(tiny_package.parent) not in (moved / "model.yaml").read_text()


def test_its_members_stand_in_record_and_card(both: Path, tiny_package: Path,
                                              second: Path) -> None:
    manifest = read_manifest(both)
    hashes = [packaged_in(one).sha256 for one in (tiny_package, second)]
    assert manifest.spec.name == "test/tiny-ensemble"
    assert manifest.package.training["members"] == [
        {"name": "test/tiny", "sha256": digest} for digest in hashes]
    card = (both / "README.md").read_text()
    assert "## The average of 2 models" in card
    assert all(digest in card for digest in hashes)
    # 229 and 229 + 24 of the normalization + 128 of the calibration
    assert summarize(manifest.spec).parameters == 229 + 229 + 24 + 128


def test_an_ensemble_can_be_a_member(both: Path, tiny_package: Path, tmp_path: Path) -> None:
    from dlgenomics.package.ensemble import make_ensemble
    from dlgenomics.package.read import load_package

    folder = make_ensemble([str(both), str(tiny_package)], tmp_path / "three", name="test/three")
    assert load_package(folder).name == "test/three"


TWO = TINY_SPEC.replace("    bound: {column: bound}", "    bound: {column: bound}\n"
                        "    zeta: {column: other}").replace(
    "- Dense: {units: 1}", "- Dense: {units: 1, name: zeta}\n"
    "    - Dense: {units: 1, from: global_max_pooling1d_1, name: bound}").replace(
    "training:", "  outputs: [zeta, bound]\ntraining:")


def test_each_output_is_averaged_with_its_like() -> None:
    from dlgenomics.package.ensemble import ensemble_spec

    packaged = Packaged(parse_spec(TWO), "ab" * 32)
    spec = ensemble_spec({"one": packaged, "two": packaged}, "test/many")
    by_name = {layer.name: layer for layer in spec.model.layers}
    assert spec.model.outputs == ("zeta", "bound")
    assert by_name["zeta"].inputs == ("member1_zeta", "member2_zeta")
    assert by_name["bound"].inputs == ("member1_bound", "member2_bound")


@pytest.mark.parametrize(("text", "message"), [
    (TINY_SPEC.replace("length: 60", "length: 61"),
     r"must have the same inputs\. Received: 'dna' with shape \(60, 4\) in '.*' and shape "
     r"\(61, 4\) in 'other'\. Leave one out\."),
    (TINY_SPEC.replace("length: 60", "length: 60, n: quarter"),
     "must have the same inputs.*n zeros in .* and n quarter in 'other'"),
    (TINY_SPEC.replace("dna:", "sequence:"), "inputs.*Received: dna of '.*' and sequence of"),
    (TINY_SPEC.replace("binary_classification", "regression").replace(", stratify: bound", ""),
     "must have the same targets.*task binary_classification in .* and task regression in 'other'"),
    (TINY_SPEC.replace("column: bound", "column: open").replace("stratify: bound", "seed: 1")
     .replace(", seed: 1", ""), "same targets.*'bound'.* and columns .*'open'"),
    (TINY_SPEC.replace("bound:", "open:").replace("stratify: bound", "stratify: open"),
     "same targets.*Received: bound of '.*' and open of 'other'"),
])
def test_models_that_do_not_fit_together_are_refused(
    tiny_package: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dlgenomics.package import ensemble

    def find(folder: Path) -> Packaged:
        other = str(folder) == "other"
        return Packaged(parse_spec(text), "ab" * 32) if other else packaged_in(folder)

    monkeypatch.setattr(ensemble, "packaged_in", find)
    with pytest.raises(DlgError, match=message):
        ensemble.make_ensemble([str(tiny_package), "other"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_model_or_the_same_twice_is_no_ensemble(tiny_package: Path, tmp_path: Path) -> None:
    from dlgenomics.package.ensemble import make_ensemble

    for models in ([str(tiny_package)], [str(tiny_package)] * 2):
        with pytest.raises(DlgError, match="at least two models, each once"):
            make_ensemble(models, tmp_path / "out")
    with pytest.raises(PackageError, match=r"must hold model\.yaml"):
        make_ensemble([str(tiny_package), str(tmp_path)], tmp_path / "out")


def test_the_command_puts_it_into_the_zoo(
    run_dlg: Callable[..., tuple[int, str, str]], tiny_package: Path, second: Path
) -> None:
    status, out, err = run_dlg("ensemble", tiny_package, second, "--name", "test/both")
    assert (status, "average of 2 models, verified" in out) == (0, True), err
    assert "dlg get-model test/both" in err
    assert run_dlg("test", "test/both")[0] == 0
    status, _, err = run_dlg("ensemble", tiny_package, "test/bth")
    assert (status, "Did you mean 'test/both'?" in err) == (1, True)

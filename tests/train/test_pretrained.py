"""Training that starts from other models: what is taken, what is left, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.errors import DlgError, HashMismatchError, PackageError, RunError
from dlgenomics.package.donors import packaged_in, read_donors
from dlgenomics.spec import Spec, parse_spec, summarize
from dlgenomics.train.run import RunFolder, read_record, read_spec
from tiny import TINY_SPEC

SHORT = TINY_SPEC.replace("epochs: 3", "epochs: 1")


def spec_with(lines: str, text: str = SHORT) -> Spec:
    return parse_spec(text.replace("  seed: 3\n", f"  seed: 9\n{lines}"),
                      packages=lambda name: packaged_in(Path(name)))


@pytest.fixture
def start(tiny_data: Path, tmp_path: Path) -> Callable[..., Path]:
    """Train a spec with the packages that it names by folder; return the run folder."""
    from dlgenomics.package.read import load_package
    from dlgenomics.train.fit import train

    def run(spec: Spec, **more: object) -> Path:
        donors = read_donors(spec, lambda name: load_package(Path(name)))
        folder = tmp_path / f"run{len(list(tmp_path.glob('run*')))}"
        return train(spec, tiny_data, folder, donors=donors, **more).folder  # type: ignore[arg-type]

    return run


def weights(folder: Path) -> Mapping[str, list[np.ndarray]]:
    """Return the weights of a run or package by layer."""
    from dlgenomics.build import assemble_model
    from dlgenomics.package.manifest import read_manifest
    from dlgenomics.train.pretrained import weights_of

    packaged = (folder / "model.yaml").exists()
    spec = read_manifest(folder).spec if packaged else read_spec(RunFolder(folder))
    model = assemble_model(spec)
    model.load_weights(folder / "model.weights.h5")
    return weights_of(model)


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_frozen_layers_keep_the_weights_they_took(
    start: Callable[..., Path], tiny_package: Path
) -> None:
    run = start(spec_with(f"  pretrained: {tiny_package}\n  freeze: [conv*]\n"))
    before, after = weights(tiny_package), weights(run)
    assert same(before["conv1d_1"], after["conv1d_1"])
    assert not same(before["bound"], after["bound"])


def test_what_was_taken_is_recorded_with_the_hash(
    start: Callable[..., Path], tiny_package: Path
) -> None:
    run = start(spec_with(f"  pretrained: {{from: {tiny_package}, except: [bound]}}\n"))
    sha256 = packaged_in(tiny_package).sha256
    assert read_record(RunFolder(run))["pretrained"] == [{
        "model": str(tiny_package), "location": str(tiny_package), "sha256": sha256,
        "layers": {"conv1d_1": "conv1d_1"}, "left": {"bound": "not asked for"}}]
    assert read_spec(RunFolder(run)).training.pretrained[0].sha256 == sha256
    assert not RunFolder(run).initial.exists()


def test_layers_of_other_names_take_what_is_mapped_to_them(
    start: Callable[..., Path], tiny_package: Path
) -> None:
    text = SHORT.replace("activation: relu}", "activation: relu, name: motifs}")
    run = start(spec_with(f"  pretrained: {{from: {tiny_package}, layers: {{motifs: conv1d_1}}}}\n"
                          "  freeze: [motifs]\n", text))
    assert same(weights(run)["motifs"], weights(tiny_package)["conv1d_1"])


def test_a_frozen_batch_normalization_keeps_its_statistics(start: Callable[..., Path]) -> None:
    text = SHORT.replace("    - Dropout: {rate: 0.1}", "    - BatchNormalization")
    frozen = weights(start(spec_with("  freeze: [batch_normalization_1]\n", text)))
    trained = weights(start(spec_with("", text)))
    fresh = [np.ones(6), np.zeros(6), np.zeros(6), np.ones(6)]
    assert same(frozen["batch_normalization_1"], fresh)
    assert not same(trained["batch_normalization_1"], fresh)


def test_the_summary_counts_what_keras_trains() -> None:
    from dlgenomics.build import build_model

    for text in (SHORT, SHORT.replace("    - Dropout: {rate: 0.1}", "    - BatchNormalization")):
        spec = spec_with("  freeze: ['conv*']\n", text)
        model, summary = build_model(spec), summarize(spec)
        trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
        assert (summary.trainable, summary.parameters) == (trained, model.count_params())


@pytest.mark.parametrize(("lines", "text", "message"), [
    ("  pretrained: {{from: {0}, sha256: {1}}}\n", SHORT,
     r"must have sha256 abababababab…\. .* packaged anew since its hash was written down"),
    ("  pretrained: {0}\n", SHORT.replace("kernel_size: 9", "kernel_size: 7"),
     r"must have the shapes that they have there\. Received: conv1d_1 \(7, 4, 6\) and \(6,\) here, "
     r"\(9, 4, 6\) and \(6,\) there\. Leave them out with except: \[conv1d_1\]"),
    ("  pretrained: {{from: {0}, layers: {{bound: dense_7}}}}\n", SHORT,
     r"must have their like there\. Received: dense_7\. It has: conv1d_1, bound"),
    ("  pretrained: {{from: {0}, except: [bound]}}\n",
     SHORT.replace("activation: relu}", "activation: relu, name: other}"),
     r"must have layers named as layers here\. Received: conv1d_1, bound there, other, bound here"),
])
def test_what_does_not_fit_is_refused_before_a_run_begins(
    start: Callable[..., Path], tiny_package: Path, tmp_path: Path, lines: str, text: str,
    message: str,
) -> None:
    with pytest.raises(PackageError, match=message):
        start(spec_with(lines.format(tiny_package, "ab" * 32), text))
    assert not list(tmp_path.glob("run*/run.json"))


def test_a_shape_that_differs_may_be_excepted(
    start: Callable[..., Path], tiny_package: Path
) -> None:
    run = start(spec_with(f"  pretrained: {{from: {tiny_package}, except: [conv1d_1]}}\n",
                          SHORT.replace("kernel_size: 9", "kernel_size: 7")))
    assert read_record(RunFolder(run))["pretrained"][0]["layers"] == {"bound": "bound"}


def test_training_without_the_models_says_so(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    with pytest.raises(DlgError, match="weights of 'lab/x', which must be at hand"):
        train(spec_with("  pretrained: lab/x\n"), tiny_data, tmp_path / "run")


class Killed(Exception):
    """Stands for a kill."""


def kill_in(epoch: int) -> Callable[..., None]:
    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        if stage.startswith(f"epoch {epoch}/") and done == 1:
            raise Killed
    return progress


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_killed_run_resumes_without_the_package(
    start: Callable[..., Path], tiny_package: Path, tmp_path: Path, epoch: int
) -> None:
    from dlgenomics.train.fit import resume

    package = shutil.copytree(tiny_package, tmp_path / "package")
    spec = spec_with(f"  pretrained: {package}\n", TINY_SPEC)
    whole = start(spec)
    with pytest.raises(Killed):
        start(spec, progress=kill_in(epoch))
    shutil.rmtree(package)
    resumed = resume(tmp_path / "run1").folder
    ours, theirs = weights(whole), weights(resumed)
    assert all(same(ours[name], theirs[name]) for name in ours)


def test_initial_weights_that_changed_or_are_gone_stop_a_resumed_run(
    start: Callable[..., Path], tiny_package: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import resume

    with pytest.raises(Killed):
        start(spec_with(f"  pretrained: {tiny_package}\n"), progress=kill_in(1))
    run = RunFolder(tmp_path / "run0")
    np.savez(run.initial, **{"bound/0": np.zeros((6, 1)), "bound/1": np.zeros(1)})
    with pytest.raises(RunError, match=r"weights it began with\. Received: initial\.npz changed"):
        resume(run.folder)
    run.initial.unlink()
    with pytest.raises(RunError, match=r"Received: initial\.npz missing"):
        resume(run.folder)


BLOCK = """    - Package: {{model: {0}, output: global_max_pooling1d_1, name: trunk}}
    - Dense: {{units: 3, activation: relu}}
    - Dense: {{units: 1}}
training:
  seed: 3
  epochs: 1
"""


def block_text(package: Path) -> str:
    return TINY_SPEC.partition("    - Conv1D")[0] + BLOCK.format(package)


def test_a_packaged_block_keeps_its_weights_and_needs_its_package_no_more(
    start: Callable[..., Path], tiny_package: Path, tmp_path: Path
) -> None:
    from dlgenomics.package.read import load_package
    from dlgenomics.package.write import package_run

    package = shutil.copytree(tiny_package, tmp_path / "tiny")
    run = start(spec_with("", block_text(package)))
    shutil.rmtree(package)
    made = package_run(run, tmp_path / "made")
    assert same(weights(made)["trunk_conv1d_1"], weights(tiny_package)["conv1d_1"])
    assert load_package(made).test().examples == 8
    text = (made / "model.yaml").read_text()
    assert str(tmp_path) not in text.partition("package:")[0]
    assert packaged_in(tiny_package).sha256 in text
    assert packaged_in(tiny_package).sha256 in (made / "README.md").read_text()


def test_a_package_made_anew_between_reading_and_training_is_noticed(
    start: Callable[..., Path], tiny_package: Path, tmp_path: Path
) -> None:
    package = shutil.copytree(tiny_package, tmp_path / "tiny")
    spec = spec_with("", block_text(package))
    from dlgenomics.package.write import package_run

    package_run(start(spec_with("")), package)
    with pytest.raises(HashMismatchError, match="packaged anew since"):
        start(spec)


def test_the_registry_takes_folders_by_themselves(
    tiny_package: Path, tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics import registry

    path = tmp_path / "mine.yaml"
    path.write_text(block_text(tiny_package))
    run = registry[str(path)].train(tiny_data, tmp_path / "run")
    assert read_record(RunFolder(run.folder))["pretrained"][0]["layers"] == {
        "trunk_conv1d_1": "conv1d_1"}


def test_the_commands_take_names_of_the_zoo(
    run_dlg: Callable[..., tuple[int, str, str]], tiny_package: Path, tiny_data: Path,
    tmp_path: Path,
) -> None:
    from dlgenomics_zoo.client import place_in_zoo

    shutil.copytree(tiny_package, place_in_zoo("test/tiny"))
    path = tmp_path / "mine.yaml"
    path.write_text(block_text(Path("test/tiny")))
    for command in ("validate", "show", "doctor"):
        assert run_dlg(command, path)[0] == 0, command
    assert "247 parameters, 25 trainable" in run_dlg("show", path)[1]
    status, out, _ = run_dlg("train", path, "--data", tiny_data, "-o", tmp_path / "run",
                             "--seed", 4)
    assert status == 0
    assert "weights of trunk_conv1d_1 from test/tiny (" in out
    assert "fresh: dense_1, bound" in out
    assert read_record(RunFolder(tmp_path / "run"))["seed"] == 4
    path.write_text(block_text(Path("test/tinny")))
    status, _, err = run_dlg("validate", path)
    assert (status, "Received: 'test/tinny'. Did you mean 'test/tiny'?" in err) == (1, True)

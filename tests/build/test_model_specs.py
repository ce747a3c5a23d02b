"""The built-in specs: parameters against published or hand-made counts, and one training step."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from dlgenomics import registry
from dlgenomics.spec import Spec, summarize
from dlgenomics.spec.parse import spec_warnings

TOO_HEAVY = 20_000_000

# Name: (parameters, of them trained). None of the numbers comes from this package.
PARAMETERS = {
    # The course's figure: (4*12+1)*32 + (9*32+1)*16 + (16+1)*2.
    "dragonn/primer": (6_226, 6_226),
    # Measured for the course: 2 * (4*10+1)*15 layers and a head of 13*15+1.
    "dragonn/tal1": (5_341, 5_341),
    # By hand: convolution 41, normalization 4 (2 statistics), head 42+1.
    "dragonn/tutorial1-1-filter": (88, 86),
    # Measured for the course: convolution 41*15, normalization 60 (30 statistics), head 42*15+1.
    "dragonn/tutorial1-15-filters": (1_306, 1_276),
    # The course's figure: 41*15 + 2 * 151*15 + 42*15+1.
    "dragonn/tutorial1-3-layers": (5_776, 5_776),
    # By hand: (4*15+1)*10 + 13*10+1.
    "dragonn/tutorial2": (741, 741),
    # DragoNN's own summary.
    "dragonn/tutorial4-spi1": (136_551, 136_151),
    # The published network: 32 tensors; 2 * (300+200+200+1000+1000) statistics.
    "basset": (4_140_464, 4_135_064),
    # By hand. Convolutions 29*256 + 769*60 + 301*60 + 181*120, dense 1801*256 + 257*256,
    # normalization 4 * (256+60+60+120+256+256) of which half are statistics, heads 2*257.
    "deepstarr": (624_738, 622_722),
    # By hand. Lengths 1001, 333, 110, 36: 21*128 + 641*256 + 1281*512 + (36*512+1)*64 + 65*64
    # + 65*2.
    "cpgenie": (2_006_658, 2_006_658),
    # By hand: (4*24+1)*128 + 129*32 + 33*2.
    "zeng2016": (16_610, 16_610),
    # By hand: 33*120 + 2 * 961*120 + (50*120+1)*40 + 41.
    "optimus-5-prime": (474_681, 474_681),
    # Its documentation says 4,100,000. By hand, lengths 1001, 247, 122: 45*128 + 385*256
    # + (122*256+1)*128 + 6*129.
    "deepcpg/dna": (4_102_918, 4_102_918),
}


@cache
def load(name: str) -> Spec:
    return registry[name].load()


def test_every_built_in_spec_has_a_count() -> None:
    assert set(registry) == set(PARAMETERS)


@pytest.mark.parametrize(("name", "counts"), PARAMETERS.items(), ids=PARAMETERS)
def test_parameters_are_those_published(name: str, counts: tuple[int, int]) -> None:
    summary = summarize(load(name))
    assert (summary.parameters, summary.trainable) == counts


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_spec_says_what_it_is(name: str) -> None:
    spec = load(name)
    assert spec.name == name
    assert spec.description
    assert spec.cite is not None
    assert spec.cite.startswith("https://")
    assert spec.data.train is not None
    assert spec_warnings(registry[name].path.read_text()) == []


def test_columns_of_basset_are_its_164_cell_types() -> None:
    columns = load("basset").data.targets["dhs"].names
    assert len(columns) == 164
    assert (columns[0], columns[2]) == ("8988T", "Chorion")


@pytest.mark.parametrize("name", [n for n, (all_, _) in PARAMETERS.items() if all_ <= TOO_HEAVY])
def test_keras_builds_it_and_one_step_changes_every_weight(name: str) -> None:
    import keras

    from dlgenomics.build import build_model
    from dlgenomics.build.objects import make_object
    from dlgenomics.train.rates import make_optimizer

    spec = load(name)
    model = build_model(spec)
    assert model.count_params() == PARAMETERS[name][0]
    x, y = random_batch(spec)
    before = [w.numpy() for w in model.trainable_variables]
    model.compile(
        optimizer=make_optimizer(spec.training.optimizer, batches=1),
        loss=bare({t: make_object(keras.losses, r) for t, r in spec.training.loss.items()}),
        run_eagerly=True,
    )
    assert np.isfinite(model.train_on_batch(bare(x), bare(y))).all()
    after = [w.numpy() for w in model.trainable_variables]
    kernels = [(a, b) for a, b in zip(after, before, strict=True) if b.ndim > 1]
    assert all((a != b).any() for a, b in kernels)


def bare(by_name: dict[str, Any]) -> Any:
    """Return the only value, as Keras takes it, or all by name."""
    return next(iter(by_name.values())) if len(by_name) == 1 else by_name


def random_batch(spec: Spec, size: int = 4) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return random one-hot inputs and labels that fit the spec's task, by name."""
    rng = np.random.default_rng(0)
    x = {name: np.eye(4, dtype=np.float32)[rng.integers(0, 4, (size, i.length))]
         for name, i in spec.data.inputs.items()}
    y = {}
    for name, target in spec.data.targets.items():
        width = len(target.names)
        if spec.task == "multiclass_classification":
            y[name] = np.eye(width, dtype=np.float32)[rng.integers(0, width, size)]
        elif spec.task == "regression":
            y[name] = rng.normal(size=(size, width)).astype(np.float32)
        else:
            y[name] = rng.integers(0, 2, (size, width)).astype(np.float32)
    return x, y

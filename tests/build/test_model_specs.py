"""The built-in specs: parameters against published or hand-made counts, and a step of training.

Each is trained on made-up files of the forms that its data section names. Networks that would take
long get shorter sequences or fewer outputs (`SMALLER`); what is trained has the same layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dlgenomics import registry
from dlgenomics.doctor import examine
from dlgenomics.registry import specs_folder
from dlgenomics.spec import Spec, parse_spec, summarize
from dlgenomics.spec.packaged import Packaged
from dlgenomics.spec.parse import spec_warnings
from dlgenomics.spec.point import apply_point
from made_up_data import write_data


def conv(before: int, width: int, filters: int) -> int:
    return (before * width + 1) * filters


def dense(before: int, units: int) -> int:
    return (before + 1) * units


# A residual unit of SpliceAI: twice a normalization of 32 channels and a convolution.
def splice_unit(width: int) -> int:
    return 2 * (4 * 32 + conv(32, width, 32))


# A block of Enformer, (trained, statistics): normalization and convolution of 5, normalization
# and convolution of 1, and the square matrix of its pooling.
def enformer_block(before: int, filters: int) -> tuple[int, int]:
    trained = 2 * before + conv(before, 5, filters) + 2 * filters + conv(filters, 1, filters)
    return trained + filters ** 2, 2 * before + 2 * filters


def enformer(filters: list[int], *heads: int) -> tuple[int, int]:
    """Add up Enformer: stem of half the channels, tower, 11 transformer blocks, pointwise, heads."""
    stem, channels = filters[-1] // 2, filters[-1]
    trained = conv(4, 15, stem) + 2 * stem + conv(stem, 1, stem) + stem ** 2
    statistics = 2 * stem
    for before, after in zip([stem, *filters], filters, strict=False):
        block = enformer_block(before, after)
        trained, statistics = trained + block[0], statistics + block[1]
    value = channels // 8
    attention = 2 * channels * 8 * 64 + channels ** 2      # queries and keys of 64 by 8 heads, values
    attention += value * 8 * 64 + 2 * 8 * 64               # of distances; two biases for all queries
    attention += dense(channels, channels)
    mlp = dense(channels, 2 * channels) + dense(2 * channels, channels)
    trained += 11 * (attention + mlp + 2 * 2 * channels)   # and two layer normalizations
    trained += 2 * channels + conv(channels, 1, 2 * channels)
    statistics += 2 * channels
    trained += sum(dense(2 * channels, units) for units in heads)
    return trained + statistics, trained


# Basenji2: convolutions without bias, each with a normalization (2 trained, 2 statistics).
_TOWER = [(4, 15, 288), (288, 5, 339), (339, 5, 399), (399, 5, 470), (470, 5, 554), (554, 5, 652),
          (652, 5, 768), *11 * [(768, 3, 384), (384, 1, 768)], (768, 1, 1536)]
_BASENJI2 = sum((i * w + 2) * o for i, w, o in _TOWER) + dense(1536, 5313)

# The convolutions of Factorized Basset, as MPRA-DragoNN has them.
_FACTORIZED = [(4, 3, 48), (48, 3, 64), (64, 3, 100), (100, 7, 150), (150, 7, 300), (300, 7, 200),
               (200, 3, 200), (200, 3, 200), (200, 7, 200)]
_FACTORIZED_SUM = sum(conv(*one) for one in _FACTORIZED) + dense(3 * 200, 100) + dense(100, 12)
_FACTORIZED_UNITS = sum(filters for *_, filters in _FACTORIZED) + 100

_CPG_MODULE = dense(100, 256) + 2 * 3 * 256 * (256 + 256 + 1)
_DNA_MODULE = conv(4, 11, 128) + conv(128, 3, 256) + dense(122 * 256, 128)

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
    # By hand: lengths 991, 99; 486 -> 48 of three outputs; 458 -> 13.
    "dragonn/tutorial3-localization": (701, conv(4, 10, 5) + dense(99 * 5, 1)),
    "dragonn/tutorial3-multi-motif": (4_503, conv(4, 20, 20) + dense(48 * 20, 3)),
    "dragonn/tutorial3-heterodimer": (7_891, conv(4, 15, 15) + 2 * conv(15, 15, 15)
                                      + dense(13 * 15, 1)),
    # DragoNN's own summary; the fifth tutorial has the same layers.
    "dragonn/tutorial4-spi1": (136_551, 136_151),
    "dragonn/tutorial5-regression": (136_551, 136_151),
    # The published network: 32 tensors; 2 * (300+200+200+1000+1000) statistics.
    "basset": (4_140_464, 4_135_064),
    # Both as DanQ's paper states them.
    "deepsea": (52_843_119, 52_843_119),
    "danq": (46_926_479, 46_926_479),
    # By hand, from the shapes of the published weights.
    "beluga": (149_536_251, conv(4, 8, 320) + conv(320, 8, 320) + conv(320, 8, 480)
               + conv(480, 8, 480) + conv(480, 8, 640) + conv(640, 8, 640) + dense(106 * 640, 2003)
               + dense(2003, 2002)),
    # By hand: DanQ's first layers; attention of 4 heads of 64 on 640 channels and its output; layer
    # normalization 1280; the cell 160; 672 -> 925 -> 4 and 1.
    "danq-attention": (2_959_923, 33_600 + 1_640_960 + 3 * dense(640, 256) + dense(256, 640) + 1280
                       + dense(4, 32) + dense(672, 925) + dense(925, 5)),
    # By hand: 16 detectors of 24 bp, 32 hidden units, one output.
    "deepbind": (2_129, conv(4, 24, 16) + dense(16, 32) + dense(32, 1)),
    # By hand. Convolutions 29*256 + 769*60 + 301*60 + 181*120, dense 1801*256 + 257*256,
    # normalization 4 * (256+60+60+120+256+256) of which half are statistics, heads 2*257.
    "deepstarr": (624_738, 622_722),
    # By hand: 133 positions are left; normalization 3 * 480, half of it statistics.
    "mpra-dragonn/conv": (339_732, conv(4, 5, 120) + 2 * conv(120, 5, 120) + dense(133 * 120, 12)
                          + 3 * 2 * 120),
    "mpra-dragonn/deep-factorized": (_FACTORIZED_SUM + 4 * _FACTORIZED_UNITS,
                                     _FACTORIZED_SUM + 2 * _FACTORIZED_UNITS),
    # By hand: stem and its skip 160 + 1056, units of four with a skip each, head 99.
    "spliceai/80nt": (93_763, 93_763 - 512),
    "spliceai/400nt": (186_211, 186_211 - 2 * 512),
    "spliceai/2k": (360_579, 360_579 - 3 * 512),
    "spliceai/10k": (conv(4, 1, 32) + 5 * conv(32, 1, 32) + 8 * splice_unit(11)
                     + 4 * splice_unit(21) + 4 * splice_unit(41) + conv(32, 1, 3), 696_739),
    # By hand: body, then for each of four factors two profiles, two counts, 4 + 2 for the control.
    "bpnet": (130_984, conv(4, 25, 64) + 9 * conv(64, 3, 64)
              + 4 * (25 * 64 * 2 + 2 + dense(64, 2) + 4 + 2)),
    # By hand: first convolution, dilated ones, profile, counts.
    "chrombpnet/bias": (217_730, conv(4, 21, 128) + 4 * conv(128, 3, 128) + conv(128, 75, 1)
                        + dense(128, 1)),
    "chrombpnet/nobias": (6_377_986, conv(4, 21, 512) + 8 * conv(512, 3, 512) + conv(512, 75, 1)
                          + dense(512, 1)),
    # By hand: DNA and two tracks; recurrent 2 * 4 * 32 * (32+32+1); 75 positions of 64 channels.
    "factornet": (654_913, conv(6, 26, 32) + dense(32, 32) + 2 * 4 * 32 * 65 + dense(75 * 64, 128)
                  + dense(136, 128) + dense(128, 1)),
    # By hand. Lengths 1001, 333, 110, 36: 21*128 + 641*256 + 1281*512 + (36*512+1)*64 + 65*64
    # + 65*2.
    "cpgenie": (2_006_658, 2_006_658),
    # By hand: (4*24+1)*128 + 129*32 + 33*2.
    "zeng2016": (16_610, 16_610),
    # By hand: 33*120 + 2 * 961*120 + (50*120+1)*40 + 41.
    "optimus-5-prime": (474_681, 474_681),
    # Its documentation says 4,100,000. By hand, lengths 1001, 247, 122: 45*128 + 385*256
    # + (122*256+1)*128 + 6*129.
    "deepcpg/dna": (4_102_918, _DNA_MODULE + dense(128, 6)),
    # Its documentation says 810,000 without outputs.
    "deepcpg/cpg": (816_902, _CPG_MODULE + dense(512, 6)),
    "deepcpg/joint": (5_509_894, _DNA_MODULE + _CPG_MODULE + dense(640, 512) + dense(512, 512)
                      + dense(512, 6)),
    "basenji2": (30_123_584, _BASENJI2),
    # Published as 251 million.
    "enformer/full": enformer([768, 896, 1024, 1152, 1280, 1536], 5313, 1643),
    "enformer/small": enformer([384, 384, 512, 640, 640, 768], 5313),
    # The paper's code: 112,485. By hand: 35 positions of 32 channels and 8 numbers.
    "xpresso": (112_485, conv(4, 6, 128) + conv(128, 9, 32) + dense(35 * 32 + 8, 64) + dense(64, 2)
                + dense(2, 1)),
    # By hand: 784-1000-500-250-30 and back.
    "autoencoder": (2_837_314, sum(dense(a, b) for a, b in (
        (784, 1000), (1000, 500), (500, 250), (250, 30), (30, 250), (250, 500), (500, 1000),
        (1000, 784)))),
    "dna-autoencoder": (218_052, conv(4, 9, 32) + dense(1600, 64) + dense(64, 1600)
                        + conv(32, 9, 32) + conv(32, 9, 4)),
    "xor": (33, dense(2, 8) + dense(8, 1)),
}

_FEW: dict[str, Any] = {"data.split.test": 4, "data.split.validation": 4}

# What is set for the step of training, by dotted path.
SMALLER: Mapping[str, dict[str, Any]] = {
    "basset": _FEW,
    "xpresso": {**_FEW, "data.inputs.promoter.length": 3000},
    "deepsea": {"data.inputs.dna.length": 300, "model.layers[*].Dense.units": 30},
    "danq": {"data.inputs.dna.length": 130, "model.layers[*].Dense.units": 30},
    "beluga": {"data.inputs.dna.length": 340, "model.layers[*].Dense.units": 30},
    "danq-attention": {"data.inputs.dna.length": 130},
    "dragonn/tutorial4-spi1": {"data.inputs.dna.length": 200},
    "dragonn/tutorial5-regression": {"data.inputs.dna.length": 200},
    "factornet": {"data.inputs.dna.length": 130, "data.inputs.signal.length": 130},
    "bpnet": {f"data.{where}.length": 100 for where in (
        "inputs.dna", "inputs.control", "inputs.control_counts",
        *(f"targets.{factor}_{what}" for factor in ("Oct4", "Sox2", "Nanog", "Klf4")
          for what in ("profile", "counts")))} | {"data.inputs.control_counts.bin": 100},
    "chrombpnet/bias": {"data.inputs.dna.length": 1174, "data.targets.profile.length": 60},
    "chrombpnet/nobias": {"data.inputs.dna.length": 1124, "data.targets.profile.length": 10,
                          "model.layers[*].Conv1D.filters": 8},
    "basenji2": {"data.inputs.dna.length": 512, "model.layers[crop].cropping": 1,
                 "model.layers[tracks].units": 20, "data.targets.tracks.shape": [2, 20]},
    "enformer/small": {"training.optimizer.Adam.learning_rate": 0.001,  # without a warm-up
                       "data.inputs.dna.length": 512, "model.layers[crop].cropping": 1,
                       "model.layers[tracks].units": 20, "data.targets.tracks.shape": [2, 20]},
    **{f"spliceai/{name}": {"data.inputs.dna.length": around + 20,
                            "data.targets.sites.shape": [20, 3]}
       for name, around in (("80nt", 80), ("400nt", 400), ("2k", 2000), ("10k", 10000))},
}

NOT_TRAINED = ("enformer/full",)           # 251 million parameters: enformer/small has its layers
SLOW = ("spliceai/10k", "enformer/small")
STEPS = {"enformer/small": 3}              # what its attention adds starts at 0


@cache
def load(name: str) -> Spec:
    return registry[name].load()


def smaller(name: str) -> Spec:
    document = yaml.safe_load(registry[name].path.read_text())
    small = apply_point(document, {"training.batch_size": 2, **SMALLER.get(name, {})})
    if name == "chrombpnet/nobias":        # the profile keeps its one track
        small = apply_point(small, {"model.layers[profile].filters": 1})
    if name == "chrombpnet/bias":
        small = apply_point(small, {"model.layers[profile].cropping": 480})
    return parse_spec(yaml.safe_dump(small, sort_keys=False, allow_unicode=True))


def test_every_built_in_spec_has_a_count() -> None:
    assert set(registry) == set(PARAMETERS)


@pytest.mark.parametrize(("name", "counts"), PARAMETERS.items(), ids=PARAMETERS)
def test_parameters_are_those_published(name: str, counts: tuple[int, int]) -> None:
    summary = summarize(load(name))
    assert (summary.parameters, summary.trainable) == counts


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_spec_says_what_it_is(name: str) -> None:
    spec, text = load(name), registry[name].path.read_text()
    assert spec.name == name
    assert spec.description
    assert spec.cite is not None
    assert spec.cite.startswith("https://")
    assert spec.data.train is not None
    assert spec_warnings(text) == []
    assert f"{PARAMETERS[name][0]:,} parameters" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_doctor_has_no_more_than_hints(name: str) -> None:
    findings = examine(registry[name].path.read_text())
    assert [f.what for f in findings if f.severity != "hint"] == []
    assert len(findings) <= 2


def test_the_bias_model_is_added_to_chrombpnet_as_its_comment_says() -> None:
    text = registry["chrombpnet/nobias"].path.read_text()
    added = "".join(f"  {line}\n" for line in re.findall(r"^#( {3}- .*)$", text, re.MULTILINE))
    for head in ("profile", "counts"):
        text = text.replace(f"name: {head}}}\n", f"name: own_{head}}}\n")
    text = text.replace("  outputs:", f"{added.replace('     -', '    -')}  outputs:")
    spec = parse_spec(text, packages=lambda name: Packaged(load(name), "0" * 64))
    summary = summarize(spec)
    assert summary.trainable == PARAMETERS["chrombpnet/nobias"][1]
    body = conv(4, 21, 128) + 4 * conv(128, 3, 128)  # once for each head that is taken
    assert summary.parameters - summary.trainable == 2 * body + conv(128, 75, 1) + dense(128, 1)


def test_the_table_names_each_spec_with_its_parameters() -> None:
    text = (specs_folder() / "README.md").read_text()
    rows = re.findall(r"^\| \[([^]]+)\]\(([^)]+)\) \|.*\| ([\d,]+) \|$", text, re.MULTILINE)
    assert {name: int(count.replace(",", "")) for name, _, count in rows} == {
        name: counts[0] for name, counts in PARAMETERS.items()}
    assert all(path == f"{name}.yaml" for name, path, _ in rows)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALLER, *NOT_TRAINED])
def test_keras_counts_the_same_at_full_size(name: str) -> None:
    from dlgenomics.build import assemble_model

    assert assemble_model(load(name)).count_params() == PARAMETERS[name][0]


def _trained() -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
            for name in PARAMETERS if name not in NOT_TRAINED]


@pytest.mark.parametrize("name", _trained())
def test_its_files_train_every_weight(name: str, tmp_path: Path) -> None:
    from dlgenomics.build import build_model
    from dlgenomics.data.examples import load_examples
    from dlgenomics.data.feed import TrainingFeed
    from dlgenomics.data.labels import resolve_columns
    from dlgenomics.data.scaling import fit_scaling
    from dlgenomics.train.compile import compile_model
    from dlgenomics.train.dataset import FeedDataset

    spec = smaller(name)
    write_data(spec, tmp_path)
    spec = resolve_columns(spec, tmp_path)
    examples = load_examples(spec, tmp_path)
    assert all(len(rows) for rows in examples.parts.by_name().values())
    spec = fit_scaling(spec, examples)
    model = build_model(spec)
    assert model.count_params() == summarize(spec).parameters
    feed = TrainingFeed(examples, examples.parts.train, spec.data, 2, seed=1)
    batches = FeedDataset(feed, spec.model.inputs)
    compile_model(model, spec, len(batches))
    model.run_eagerly = True
    before = [w.numpy() for w in model.trainable_variables]
    losses = [model.train_on_batch(*batches[i]) for i in range(STEPS.get(name, 2))]
    assert np.isfinite(np.concatenate([np.ravel(loss) for loss in losses])).all()
    kernels = [(w.path, old, w.numpy())
               for w, old in zip(model.trainable_variables, before, strict=True) if old.ndim > 1]
    assert [path for path, old, new in kernels if (old == new).all()] == []

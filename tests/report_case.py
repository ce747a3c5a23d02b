"""Fabricated run folders, one for each task and each thing that can be odd; a reader of pages."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np

from dlgenomics.spec import parse_spec
from dlgenomics.train.metrics import measure, measure_classes
from dlgenomics.train.run import (
    RunFolder,
    start_run,
    write_arrays,
    write_history,
    write_json,
    write_record,
)

VERSIONS = {"python": "3.11.7", "dlgenomics": "0.1.0", "keras": "3.15.1"}
DIGEST = "40bea86b2e57d1d6c69cb7de12e4cdce828590f24b7b6319b64acadec9f0004f"
GOOD = [(0.60, 0.50), (0.40, 0.30), (0.25, 0.22), (0.20, 0.20), (0.19, 0.205), (0.185, 0.21)]


@dataclass
class Case:
    """What a fabricated run is made of."""

    task: str = "binary_classification"
    target: str = "{column: bound}"
    loss: str = "BinaryCrossentropy"
    activation: str = "sigmoid"
    units: int = 1
    losses: list = field(default_factory=lambda: GOOD)
    kept: int = 4
    sizes: dict = field(default_factory=lambda: {"validation": 300, "test": 400})
    description: str = "Does a protein bind?"
    noise: float = 0.25
    one_class: bool = False
    callbacks: str = "[EarlyStopping: {monitor: val_loss, patience: 2}]"
    class_weight: str = "null"
    epochs: int = 20

    def spec(self):
        return parse_spec(f"""
spec: 1
name: tests/example
description: {json.dumps(self.description)}
cite: 10.1000/example
task: {self.task}
data:
  inputs: {{dna: {{kind: dna, length: 100}}}}
  targets: {{signal: {self.target}}}
  train: {{fasta: x.fa, labels: y.tsv}}
model:
  layers:
    - Conv1D: {{filters: 4, kernel_size: 5, activation: relu}}
    - Dropout: {{rate: 0.2}}
    - GlobalMaxPooling1D: {{}}
    - Dense: {{units: {self.units}, activation: {self.activation}}}
training: {{epochs: {self.epochs}, callbacks: {self.callbacks}, loss: {self.loss},
           class_weight: {self.class_weight}}}
""")

    def arrays(self):
        """Return labels and predictions that know a good part of the labels."""
        random = np.random.default_rng(3)
        found = {}
        for part, size in self.sizes.items():
            if self.task == "regression":
                labels = random.normal(2, 3, (size, self.units))
                scores = labels + random.normal(0, 1, labels.shape)
            elif self.task == "multiclass_classification":
                labels = np.eye(self.units)[random.integers(0, self.units, size)]
                scores = labels + random.normal(0, self.noise, labels.shape)
                scores = np.exp(3 * scores) / np.exp(3 * scores).sum(axis=1, keepdims=True)
            else:
                labels = (random.random((size, self.units)) < 0.4).astype(float)
                scores = np.clip(0.3 + 0.4 * labels + random.normal(0, self.noise, labels.shape),
                                 0, 1)
            if self.one_class and part == "test":
                labels = np.ones_like(labels)
            found[f"{part}/signal"] = scores.astype("float32")
            found[f"{part}/signal/labels"] = labels.astype("float32")
        return found

    def write(self, folder):
        """Write the run folder as `dlgenomics.train` does."""
        run, spec = RunFolder(folder), self.spec()
        record = {"name": spec.name, "seed": 1, "data_folder": "/secret/place",
                  "data": {"x.fa": DIGEST, "y.tsv": DIGEST[::-1]},
                  "split": {"train": 1000, "validation": 0, "test": 0, **self.sizes},
                  "versions": VERSIONS}
        arrays = self.arrays()
        record["positives"] = {
            "train": {"signal": [411] * self.units},
            **{part: {"signal": (arrays[f"{part}/signal/labels"] == 1).sum(axis=0).tolist()}
               for part in self.sizes}}
        start_run(run, spec, record, replace=False)
        arrays, metrics = self.arrays(), spec.training.metrics["signal"]
        each = measure_classes if self.task == "multiclass_classification" else measure
        measured = {
            part: {"signal": {m: each(m, arrays[f"{part}/signal/labels"], arrays[f"{part}/signal"])
                              for m in metrics}}
            for part in self.sizes
        }
        write_history(run, [
            {"loss": loss, **dict.fromkeys(metrics, 0.9), "val_loss": val,
             **{f"val_{m}": 0.8 for m in metrics}, "learning_rate": 0.001}
            for loss, val in self.losses
        ])
        write_arrays(run.predictions, arrays)
        write_json(run.metrics, measured)
        write_record(run, {**record, "status": "finished", "epochs": len(self.losses),
                           "best_epoch": self.kept})
        return folder


COLUMNS = "{columns: [liver, kidney, brain]}"
CASES = {
    "binary": Case(),
    "multilabel": Case("multilabel_classification", COLUMNS, units=3),
    "many": Case("multilabel_classification",
                 f"{{columns: [{', '.join(f'cell{i}' for i in range(12))}]}}", units=12),
    "multiclass": Case("multiclass_classification", COLUMNS, "CategoricalCrossentropy", "softmax",
                       units=3),
    "regression": Case("regression", "{column: level}", "MeanSquaredError", "linear"),
    "few_dots": Case("regression", "{columns: [a, b]}", "MeanSquaredError", "linear", 2,
                     sizes={"validation": 50, "test": 60}),
    "no_test": Case(sizes={"validation": 300}),
    "one_class": Case(one_class=True),
    "one_epoch": Case(losses=GOOD[:1], kept=1),
    "no_stopping": Case(callbacks="[]", kept=6, epochs=6),
    "hostile": Case("multilabel_classification",
                    r'''{columns: ["<script>alert(1)</script>", "$\\frac{", "_\" onload=\"x"]}''',
                    units=3, description='<script>alert("x")</script> & "<img src=//x>\'\x07'),
}


class Reader(HTMLParser):
    """Checks that tags are closed in order; collects attributes, text and tags."""

    VOID = ("meta", "br", "img", "link", "input", "hr")

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

"""Writes small graphs of TensorFlow 1 with checkpoints, in Kipoi's form, and what they say."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

LENGTH = 12
v1 = tf.compat.v1

MODEL = """\
type: tensorflow
args:
  input_nodes: {inputs}
  target_nodes: {outputs}
  checkpoint_path: {checkpoint}
{constants}default_dataloader:
  defined_as: kipoiseq.dataloaders.SeqIntervalDl
  default_args: {{auto_resize_len: 12, ignore_targets: true}}
info:
  authors: [{{name: Ada}}]
  doc: A graph.
schema:
  inputs: {{name: seq, shape: "(12, 4)", special_type: DNASeq}}
  targets: {{name: score, shape: "(3,)", column_labels: [a, b, c]}}
dependencies: {{conda: [tensorflow<2]}}
"""


def _variable(name: str, shape: tuple[int, ...]) -> Any:
    """Make a variable of the kind that TensorFlow 1 had."""
    return v1.get_variable(name, shape, use_resource=False)


def save_graph(folder: Path, *, batch: int | None = None, rate: bool = False) -> dict[str, Any]:
    """Save a convolution with batch normalisation and a dense layer, after a step of training.

    Args:
        folder: where the files ``net.*`` go.
        batch: a batch size that the graph insists on.
        rate: whether the output is multiplied by what is fed to ``rate``, of which 1.0 is no default.

    Returns:
        Some inputs, and what the graph's own session says of them: ``x``, ``score``, ``hidden``,
        ``slope`` (of the first score).
    """
    folder.mkdir(parents=True, exist_ok=True)
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        v1.set_random_seed(1)
        x = v1.placeholder(tf.float32, (batch, LENGTH, 4), name="inputs")
        training = v1.placeholder_with_default(False, (), name="is_training")
        kernel = _variable("kernel", (3, 4, 5))
        mean = _variable("mean", (5,))
        hidden = tf.nn.relu(tf.nn.conv1d(x, kernel, 1, "VALID") - mean, name="hidden")
        pooled = tf.reduce_max(hidden, axis=1)
        dense = _variable("dense", (5, 3))
        bias = _variable("bias", (3,))
        logits = tf.nn.bias_add(tf.matmul(pooled, dense), bias, name="logits")
        scaled = logits * v1.placeholder(tf.float32, (), name="rate") if rate else logits
        score = tf.nn.sigmoid(tf.where(training, 0 * scaled, scaled), name="preds")
        loss = tf.reduce_sum(tf.square(score))
        step = v1.train.RMSPropOptimizer(0.1).minimize(loss)
        slope = v1.gradients(score[:, 0], x)[0]
        session.run(v1.global_variables_initializer())
        given = np.random.default_rng(3).random((batch or 5, LENGTH, 4)).astype("float32")
        fed = {"inputs:0": given, **({"rate:0": 0.5} if rate else {})}
        session.run(step, {**fed, "is_training:0": False})
        found = dict(zip(("score", "hidden", "slope"),
                         session.run([score, hidden, slope], fed), strict=True))
        v1.train.Saver().save(session, str(folder / "net"))
    return {"x": given, **found}


def write_graph_model(folder: Path, *, inputs: str = "inputs", outputs: str = "preds",
                      checkpoint: str = "files/net", constants: object = None, **saved: Any) -> dict[str, Any]:
    """Write a model in Kipoi's form whose checkpoint lies beside it; return what `save_graph` does."""
    found = save_graph(folder / "files", **saved)
    line = ""
    if constants is not None:
        (folder / "files" / "constants.pkl").write_bytes(pickle.dumps(constants, protocol=2))
        line = "  const_feed_dict_pkl: files/constants.pkl\n"
    (folder / "model.yaml").write_text(MODEL.format(
        inputs=inputs, outputs=outputs, checkpoint=checkpoint, constants=line))
    return found

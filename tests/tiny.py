"""A spec whose network is small enough to be trained in a test."""

TINY_SPEC = """\
spec: 1
name: test/tiny
description: A network small enough to be trained in a test.
license: MIT
task: binary_classification
data:
  train: {fasta: sequences.fa.gz, labels: labels.tsv}
  inputs:
    dna: {kind: dna, length: 60}
  targets:
    bound: {column: bound}
  split: {by: random, test: 0.2, validation: 0.2, stratify: bound}
  augment:
    - reverse_complement: {probability: 0.5}
model:
  layers:
    - Conv1D: {filters: 6, kernel_size: 9, activation: relu}
    - Dropout: {rate: 0.1}
    - GlobalMaxPooling1D
    - Dense: {units: 1}
training:
  seed: 3
  optimizer: {Adam: {learning_rate: 0.02}}
  batch_size: 32
  epochs: 3
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 2}
"""

"""Specs of published networks: DragoNN's TAL1 task, Basset, and DanQ with attention."""

TAL1 = """
spec: 1
name: dragonn/tal1-localization
description: Is a TAL1 motif cluster in the central 150 bp, or anywhere?
task: binary_classification

data:
  train: {fasta: data/sequences.fa.gz, labels: data/labels.tsv}
  inputs:
    dna: {kind: dna, length: 500, encoding: one_hot, n: zeros}
  targets:
    bound: {column: bound}
  split: {by: random, test: 0.20, validation: 0.16, stratify: bound}
  augment:
    - reverse_complement: {probability: 0.5}

model:
  layers:
    - Conv1D: {filters: 15, kernel_size: 10, activation: relu}
    - Dropout: {rate: 0.2}
    - Conv1D: {filters: 15, kernel_size: 10, activation: relu}
    - Dropout: {rate: 0.2}
    - Conv1D: {filters: 15, kernel_size: 10, activation: relu}
    - Dropout: {rate: 0.2}
    - MaxPooling1D: {pool_size: 35}
    - Flatten
    - Dense: {units: 1, activation: sigmoid, name: bound}

training:
  seed: 1234
  optimizer: {Adam: {learning_rate: 0.003}}
  loss: binary_crossentropy
  metrics: [auroc, auprc, recall_at_5_fdr]
  class_weight: balanced
  batch_size: 128
  epochs: 150
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 7, restore_best_weights: true}
"""

BASSET = f"""
spec: 1
name: basset
description: DNase hypersensitivity in 164 cell types from 600 bp of sequence.
cite: https://doi.org/10.1101/gr.200535.115
license: MIT
task: multilabel_classification
data:
  reference: {{fasta: hg19.fa}}
  train: {{intervals: sites.bed.gz, labels: activity.tsv.gz}}
  inputs:
    dna: {{kind: dna, length: 600, encoding: one_hot, center: true}}
  targets:
    dhs: {{columns: [{", ".join(f"cell{i}" for i in range(164))}]}}
  split: {{by: random, test: 71886, validation: 70000}}
model:
  defaults: {{kernel_constraint: {{MaxNorm: {{max_value: 7, axis: per_unit}}}}}}
  layers:
    - Conv1D: {{filters: 300, kernel_size: 19}}
    - BatchNormalization
    - Activation: relu
    - MaxPooling1D: {{pool_size: 3}}
    - Conv1D: {{filters: 200, kernel_size: 11}}
    - BatchNormalization
    - Activation: relu
    - MaxPooling1D: {{pool_size: 4}}
    - Conv1D: {{filters: 200, kernel_size: 7}}
    - BatchNormalization
    - Activation: relu
    - MaxPooling1D: {{pool_size: 4}}
    - Flatten
    - Dense: {{units: 1000}}
    - BatchNormalization
    - Activation: relu
    - Dropout: {{rate: 0.3}}
    - Dense: {{units: 1000}}
    - BatchNormalization
    - Activation: relu
    - Dropout: {{rate: 0.3}}
    - Dense: {{units: 164, activation: sigmoid, name: dhs}}
training:
  seed: 1
  optimizer: {{RMSprop: {{learning_rate: 0.002, rho: 0.98}}}}
  loss: binary_crossentropy
  metrics: [auroc, auprc]
  batch_size: 128
  epochs: 100
  callbacks:
    - EarlyStopping: {{monitor: val_auroc, mode: max, patience: 12}}
    - ReduceLROnPlateau: {{monitor: val_loss, factor: 0.5, patience: 4}}
"""

# The second input stands in for numeric features: 1 bp of DNA has as many values, four.
DANQ = """
spec: 1
name: danq-attention
task: multilabel_classification
data:
  inputs:
    dna: {kind: dna, length: 1000}
    expression: {kind: dna, length: 1}
  targets:
    binding: {columns: [CTCF, SPI1, ZNF143, SIX5]}
    accessibility: {column: atac}
model:
  inputs: [dna, expression]
  defaults: {kernel_regularizer: {L2: {l2: 1.0e-6}}}
  layers:
    - Conv1D: {from: dna, filters: 320, kernel_size: 26, activation: relu}
    - MaxPooling1D: {pool_size: 13}
    - Dropout: {rate: 0.2}
    - Bidirectional: {layer: {LSTM: {units: 320, return_sequences: true}}, name: recurrent}
    - Dropout: {rate: 0.5, name: context}
    - MultiHeadAttention: {from: [context, context], num_heads: 4, key_dim: 64, name: attended}
    - Add: {from: [context, attended]}
    - LayerNormalization
    - GlobalAveragePooling1D: {name: sequence_summary}
    - Flatten: {from: expression}
    - Dense: {units: 32, activation: gelu, name: cell_summary}
    - Concatenate: {from: [sequence_summary, cell_summary]}
    - Dense: {units: 925, activation: relu, name: trunk}
    - Dense: {from: trunk, units: 4, name: binding}
    - Dense: {from: trunk, units: 1, name: accessibility}
  outputs: [binding, accessibility]
training:
  optimizer:
    AdamW:
      learning_rate:
        CosineDecay: {initial_learning_rate: 1.0e-3, decay_steps: 20000, warmup_steps: 500,
                      warmup_target: 1.0e-3}
      weight_decay: 1.0e-4
      clipnorm: 1.0
  metrics: {binding: [auroc, auprc, recall_at_10_fdr], accessibility: [auroc]}
  callbacks:
    - EarlyStopping: {monitor: val_binding_auprc, mode: max, patience: 5}
    - TerminateOnNaN
"""

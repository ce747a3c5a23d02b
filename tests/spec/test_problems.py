"""Every rule of a spec, broken: the message in full, at the line and column at fault (§).

Each row changes the small spec of conftest.py by one replacement.
"""

import pytest
from published import DANQ

from dlgenomics.errors import Problem, SpecError
from dlgenomics.spec import parse_spec
from dlgenomics.spec.problems import must_be, received

DATA = "\n  targets"
ACTIVATION = ("celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, "
              "leaky_relu, linear, log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, "
              "soft_shrink, softmax, softplus, softsign, sparse_plus, sparsemax, squareplus, swish, "
              "tanh, tanh_shrink, threshold, quick_gelu, hard_sigmoid_keras2")
METRIC = ("a metric for binary_classification must be one of auroc, auprc, accuracy, "
          "balanced_accuracy, precision, recall, f1, recall_at_N_fdr. Received: ")
NAME = "a text of letters, digits and underscores that starts with a letter"


HEAD = [
    ("spec: 1", "spec: §2", "spec must be 1, the version of the format. Received: 2. "
     "A later dlgenomics may read it."),
    ("spec: 1", "spec: §true", "spec must be 1, the version of the format. Received: true. "
     "A later dlgenomics may read it."),
    ("spec: 1", "spec: §'1'", "spec must be 1, the version of the format. Received: the text '1'. "
     "A later dlgenomics may read it."),
    ("spec: 1\nname: small", "§name: small", "a spec needs the key 'spec'. Received: none."),
    ("name: small", "name: §a b", "name must be a name of letters, digits, '.', '_' and '-', with "
     "'/' between groups. Received: the text 'a b'."),
    ("name: small", "name: §../x", "name must be a name of letters, digits, '.', '_' and '-', with "
     "'/' between groups. Received: the text '../x'."),
    ("name: small", "name: §5", "name must be a text. Received: 5."),
    ("name: small", "name: small\nlicense: §[MIT]", "license must be a text. Received: a list of 1."),
    ("task: binary_classification", "task: §binary", "task must be one of 'binary_classification', "
     "'multilabel_classification', 'multiclass_classification', 'regression', 'profile', "
     "'language_model' or 'multitask'. "
     "Received: the text 'binary'."),
    ("task: ", "§tusk: ", "a spec has no key 'tusk'. Did you mean 'task'?"),
    ("name: small", "name: small\n§zzz: 1", "a spec has no key 'zzz'. It has: spec, name, "
     "description, cite, license, task, info, data, model, training, search."),
    ("name: small", "name: small\ninfo: {§autors: []}", "info has no key 'autors'. "
     "Did you mean 'authors'?"),
    ("name: small", "name: small\ninfo: {authors: [§x]}", "info.authors.0 must be a mapping. "
     "Received: the text 'x'."),
    ("name: small", "name: small\ninfo: {authors: [{§nme: x}]}", "info.authors.0 has no key 'nme'. "
     "Did you mean 'name'?"),
    ("name: small", "name: small\ninfo: {authors: [§{}]}", "info.authors.0 needs the key 'name'. "
     "Received: none."),
    ("name: small", "name: small\ninfo: {tags: §dna}", "info.tags must be a list. "
     "Received: the text 'dna'."),
]

INPUTS = [
    ("length: 50", "§lenght: 50", "data.inputs.dna has no key 'lenght'. Did you mean 'length'?"),
    ("{kind: dna", "§{kind: dnq", "data.inputs.dna must be a mapping whose 'kind' is one of 'dna', "
     "'rna', 'protein', 'kmer', 'numeric', 'bigwig', 'array', 'tokens'. Received: a mapping with 'kind', "
     "'length'."),
    ("length: 50", "length: §0", "data.inputs.dna.length must be a number of at least 1. "
     "Received: 0."),
    ("length: 50", "length: §50.0", "data.inputs.dna.length must be a whole number. "
     "Received: 50.0."),
    ("length: 50", "length: §true", "data.inputs.dna.length must be a whole number. "
     "Received: true."),
    ("length: 50", "length: 50, n: §none", "data.inputs.dna.n must be one of 'zeros', 'quarter', "
     "'shares' or 'quarter_n'. "
     "Received: the text 'none'."),
    ("length: 50", "length: 50, center: §1", "data.inputs.dna.center must be true or false. "
     "Received: 1."),
    ("\n    dna: {kind: dna, length: 50}", " §{}", "data.inputs must name at least one input. "
     "Received: none."),
    ("\n    dna: {kind: dna, length: 50}", " §[dna]", "data.inputs must be a mapping. "
     "Received: a list of 1."),
    ("    dna: {", "    §my dna: {", f"a name must be {NAME}. Received: the text 'my dna'."),
    ("    bound: {", "    §a/b: {", f"a name must be {NAME}. Received: the text 'a/b'."),
    ("\n    bound: {column: bound}", " §{}", "data.targets must name at least one target. "
     "Received: none."),
    ("    bound: {column: bound}", "    §bound: {}", "target 'bound' needs one of 'column', "
     "'columns' and 'columns_from'. Received: none of them."),
    ("    bound: {column: bound}", "    §bound: {column: a, columns: [b]}", "target 'bound' needs "
     "one of 'column', 'columns' and 'columns_from'. Received: column and columns."),
    ("{column: bound}", "{columns: §[a, b]}", "binary_classification has one column a target. "
     "Received: 2. Use multilabel_classification."),
    ("    bound: {column: bound}", "    bound: {columns: §a}", "data.targets.bound.columns must be a "
     "list. Received: the text 'a'."),
]

SOURCES = [
    ("{fasta: a.fa}", "a FASTA of sequences needs 'labels', a table joined by name. "
     "Received: none."),
    ("{}", "data.train needs one of 'fasta' (sequences), 'intervals' (with data.reference), 'table' "
     "and 'arrays'. Received: none of them."),
    ("{fasta: a.fa, intervals: b.bed}", "data.train needs one of 'fasta' (sequences), "
     "'intervals' (with data.reference), 'table' and 'arrays'. Received: fasta and intervals."),
    ("{intervals: b.bed}", "intervals need the genome as data.reference: {fasta: ...}. "
     "Received: none."),
]

SPLITS = [
    ("§{by: rando}", "data.split must be a mapping whose 'by' is one of 'random', 'chromosome', "
     "'column', 'file'. Received: a mapping with 'by'."),
    ("§{test: 0.1}", "data.split must be a mapping with the key 'by'. "
     "Received: a mapping with 'test'."),
    ("§[1]", "data.split must be a mapping. Received: a list of 1."),
    ("{by: random, §tset: 0.1}", "data.split has no key 'tset'. Did you mean 'test'?"),
    ("{by: random, test: §1.5}", "test must be a share of at least 0 and below 1, or a whole number "
     "of examples. Received: 1.5."),
    ("{by: random, validation: §-3}", "validation must be a share of at least 0 and below 1, or a "
     "whole number of examples. Received: -3."),
    ("{by: random, test: §1e-1}", "data.split.test must be a number or a whole number. Received: the "
     "text '1e-1'. Write 1.0e-1, unquoted."),
    ("§{by: random, test: 0.5, validation: 0.5}", "test and validation must leave examples to train "
     "on. Received: shares that add to 1."),
    ("{by: chromosome, test: [chr1], validation: §[chr2, chr1]}", "a chromosome belongs to one part. "
     "Received: 'chr1' in test and validation."),
    ("{by: chromosome, test: §chr1, validation: [chr2]}", "data.split.test must be a list. "
     "Received: the text 'chr1'."),
]

AUGMENTS = [
    ("§null", "data.augment must be a list. Received: nothing."),
    ("§shift", "data.augment must be a list. Received: the text 'shift'."),
    ("[§shift]", "shift needs the argument 'max'. Received: none."),
    ("[{shift: {max: §0}}]", "max must be a whole number of at least 1. Received: 0."),
    ("[{reverse_complement: {probability: §2}}]", "probability must be a number of at least 0 and at "
     "most 1. Received: 2."),
    ("[§mirror_complement]", "augment must be an augmentation that specs may use. "
     "Received: 'mirror_complement'. Did you mean 'reverse_complement'?"),
    ("[{§mutate: {rate: 1}}]", "augment must be an augmentation that specs may use. "
     "Received: 'mutate'."),
    ("[§{shift: {max: 1}, x: 2}]", "augment must be the name of an augmentation, or {Name: "
     "{argument: value}}. Received: a mapping with 'shift', 'x'."),
]

LAYERS = [
    ("- Flatten", "- Flatten\n    - §Embedding: {input_dim: 5, output_dim: 2}\n    - Flatten",
     "Embedding must follow an input of whole numbers, such as k-mers. Received: 'flatten_1', a "
     "layer."),
    ("- Flatten", "- §Embedding: {input_dim: 5, output_dim: 2}", "Embedding cannot follow shape "
     "(None, 46, 3): it needs whole numbers, one a position: (positions)."),
    ("- Flatten", "- §ReversibleEmbedding", "a layer must be one that specs may use. Received: "
     "'ReversibleEmbedding'. ReversibleEmbedding turns vectors back into tokens, which no target "
     "is; write Embedding."),
    ("- Flatten", "- §flatten", "a layer must be one that specs may use. Received: 'flatten'. "
     "Did you mean 'Flatten'?"),
    ("- Conv1D: {", "- §Conv1d: {", "a layer must be one that specs may use. Received: 'Conv1d'. "
     "Did you mean 'Conv1D'?"),
    ("- Flatten", "- §Lambda: {function: x}", "a layer must be one that specs may use. "
     "Received: 'Lambda'. Lambda runs code and is not allowed."),
    ("- Flatten", "- §InputLayer", "a layer must be one that specs may use. Received: 'InputLayer'. "
     "Inputs are declared under data.inputs."),
    ("- Flatten", "- §{Flatten: {}, ReLU: {}}", "a layer is 'Name' or 'Name: {argument: value}'. "
     "Received: a mapping with 'Flatten', 'ReLU'."),
    ("- Flatten", "- §5", "a layer is 'Name' or 'Name: {argument: value}'. Received: 5."),
    ("- Flatten", "- Flatten: §[1]", "Flatten takes its arguments as a mapping. "
     "Received: a list of 1."),
    ("- Flatten", "- Dropout: §0.2\n    - Flatten", "Dropout takes its arguments as a mapping. "
     "Received: 0.2."),
    ("kernel_size", "§kernal_size", "Conv1D has no argument 'kernal_size'. "
     "Did you mean 'kernel_size'?"),
    ("- Flatten", "- Flatten: {§x: 1}", "Flatten has no argument 'x'. It has: none."),
    ("filters: 3", "filters: 3, §data_format: channels_first", "Conv1D has no argument "
     "'data_format'. Specs are always channels last."),
    ("filters: 3", "filters: 3, §seed: 1", "Conv1D has no argument 'seed'. "
     "Set training.seed; every layer follows it."),
    ("- Flatten", "- LeakyReLU: {§alpha: 0.1}\n    - Flatten", "LeakyReLU has no argument 'alpha'. "
     "In Keras 3 it is called 'negative_slope'."),
    ("- Conv1D: {filters: 3, ", "- §Conv1D: {", "Conv1D needs the argument 'filters'. "
     "Received: none."),
    ("- Flatten", "- §AveragePooling1D\n    - Flatten", "AveragePooling1D needs the argument "
     "'pool_size'. Received: none."),
    ("filters: 3", "filters: §3.5", "filters must be a whole number of at least 1. Received: 3.5."),
    ("filters: 3", "filters: §0", "filters must be a whole number of at least 1. Received: 0."),
    ("filters: 3", "filters: §true", "filters must be a whole number of at least 1. "
     "Received: true."),
    ("filters: 3", "filters: §9999999999", "filters must be a whole number of at most "
     "2,147,483,647. Received: 9999999999."),
    ("kernel_size: 5", "kernel_size: §[5, 5]", "kernel_size must be a whole number. "
     "Received: a list of 2."),
    ("kernel_size: 5", "kernel_size: [§x]", "kernel_size must be a whole number of at least 1. "
     "Received: the text 'x'."),
    ("filters: 3", "filters: 3, use_bias: §1", "use_bias must be true or false. Received: 1."),
    ("activation: relu", "activation: §rellu", "activation must be one that Keras knows. "
     "Received: the text 'rellu'. Did you mean 'relu'?"),
    ("activation: relu", "activation: §zzz", f"activation must be one of {ACTIVATION}. "
     "Received: the text 'zzz'."),
    ("activation: relu", "padding: §sam", "padding must be one of valid, same, causal. "
     "Received: the text 'sam'. Did you mean 'same'?"),
    ("activation: relu", "kernel_initializer: §he_norml", "kernel_initializer must be an "
     "initializer that specs may use. Received: 'he_norml'. Did you mean 'he_normal'?"),
    ("activation: relu", "kernel_initializer: {RandomNormal: {§stdev: 1}}", "RandomNormal has no "
     "argument 'stdev'. Did you mean 'stddev'?"),
    ("activation: relu", "kernel_initializer: {RandomNormal: §3}", "RandomNormal takes its arguments "
     "as a mapping. Received: 3. Write RandomNormal: {argument: value}."),
    ("activation: relu", "kernel_regularizer: {L2: {l2: §-1}}", "l2 must be a number of at least 0. "
     "Received: -1."),
    ("activation: relu", "kernel_constraint: {MaxNorm: {axis: §per_filter}}", "axis must be one of "
     "per_unit. Received: the text 'per_filter'. Did you mean 'per_unit'?"),
    ("activation: relu", "kernel_constraint: {MaxNorm: {axis: [0, §x]}}", "axis must be a whole "
     "number of at least 0. Received: the text 'x'."),
    ("- Flatten", "- Dropout: {rate: §1}\n    - Flatten", "rate must be a number of at least 0 and "
     "below 1. Received: 1."),
    ("- Flatten", "- Dropout: {rate: §1e-1}\n    - Flatten", "rate must be a number of at least 0 and "
     "below 1. Received: the text '1e-1'. Write 1.0e-1, unquoted."),
    ("- Flatten", "- Permute: {dims: §2}\n    - Flatten", "dims must be a list of whole numbers. "
     "Received: 2."),
    ("- Flatten", "- Flatten: {name: §a-b}", f"name must be {NAME}. Received: the text 'a-b'."),
    ("- Flatten", "- Flatten: {name: §1}", f"name must be {NAME}. Received: 1."),
    ("- Flatten", "- Flatten: {name: §dna}", "a layer's name must be its own. "
     "Received: 'dna' again."),
    ("- Flatten", "- Flatten: {from: §conv1d_2}", "'from' must name an input or a layer above. "
     "Received: 'conv1d_2'. Did you mean 'conv1d_1'?"),
    ("- Flatten", "- Flatten: {from: §bound}", "'from' must name an input or a layer above. "
     "Received: 'bound'."),
    ("- Flatten", "- Flatten: {from: §3}", "'from' must name an input or a layer above. "
     "Received: 3."),
    ("- Flatten", "- Add: {from: [dna, §dan]}\n    - Flatten", "'from' must name an input or a layer "
     "above. Received: 'dan'. Did you mean 'dna'?"),
    ("- Flatten", "- Flatten: {§from: [dna, dna]}", "Flatten needs 1 input as 'from: name'. "
     "Received: 2."),
    ("- Flatten", "- §Add\n    - Flatten", "Add needs at least 2 inputs as 'from: [...]'. "
     "Received: 1."),
    ("- Flatten", "- Subtract: {§from: [dna, dna, dna]}\n    - Flatten", "Subtract needs 2 inputs as "
     "'from: [...]'. Received: 3."),
    ("- Flatten", "- MultiHeadAttention: {§from: [dna], num_heads: 1, key_dim: 1}\n    - Flatten",
     "MultiHeadAttention needs 2 to 3 inputs as 'from: [...]'. Received: 1."),
    ("- Flatten", "- §Bidirectional\n    - Flatten", "Bidirectional needs the argument 'layer'. "
     "Received: none."),
    ("- Flatten", "- Bidirectional: {layer: §LSTN}\n    - Flatten", "a layer must be one that specs "
     "may use. Received: 'LSTN'. Did you mean 'LSTM'?"),
    ("- Flatten", "- Bidirectional: {layer: §Add}\n    - Flatten", "Bidirectional can wrap a layer "
     "with one input. Received: Add."),
    ("- Flatten", "- Bidirectional: {layer: {LSTM: §[]}}\n    - Flatten", "LSTM takes its arguments "
     "as a mapping. Received: a list of 0."),
    ("- Flatten", "- Bidirectional: {layer: {LSTM: {units: §0}}}\n    - Flatten", "units must be a "
     "whole number of at least 1. Received: 0."),
    ("- Flatten", "- §Bidirectional: {layer: {Dense: {units: 2}}}\n    - Flatten", "Bidirectional "
     "cannot follow shape (None, 46, 3): it can wrap LSTM, GRU or SimpleRNN, not Dense."),
    ("- Flatten", "- Flatten: {§layer: LSTM}", "Flatten has no argument 'layer'. It has: none."),
    ("- Conv1D: {filters: 3, kernel_size: 5", "- §Conv1D: {filters: 3, kernel_size: 51", "Conv1D "
     "cannot follow shape (None, 50, 4): its window of 51 is wider than the 50 positions there are."),
    ("- Flatten", "- §Add: {from: [dna, conv1d_1]}\n    - Flatten", "Add cannot follow shape "
     "(None, 50, 4) and (None, 46, 3): its inputs need equal shapes."),
    ("- Flatten", "- Flatten\n    - §MaxPooling1D", "MaxPooling1D cannot follow shape (None, 138): "
     "it needs (length, channels) behind the batch axis."),
]

MODEL = [
    ("- Flatten\n    - Dense", "- §Dense", "output 'bound' must have shape (None, 1), one value for "
     "each column of the target. Received: (None, 46, 1)."),
    ("- Dense: {units: 1", "- §Dense: {units: 2", "output 'bound' must have shape (None, 1), one "
     "value for each column of the target. Received: (None, 2)."),
    ("units: 1", "units: 1, activation: §tanh", "the output of binary_classification must have "
     "activation sigmoid. Received: tanh."),
    ("name: bound}", "name: §bond}", "the model's outputs must be the targets bound. Received: bond. "
     "Give each output layer its target's name."),
    ("  layers:", "  outputs: §bound\n  layers:", "model.outputs must be a list. "
     "Received: the text 'bound'."),
    ("  layers:", "  outputs: §[bound, bound]\n  layers:", "model.outputs must name each once. "
     "Received: bound, bound."),
    ("  layers:", "  inputs: [§dan]\n  layers:", "model.inputs names inputs of data.inputs. "
     "Received: 'dan'. Did you mean 'dna'?"),
    ("  layers:", "  inputs: §[]\n  layers:", "model.inputs must name at least one input of "
     "data.inputs: dna. Received: none."),
    ("  layers:", "  inputs: §[dna, dna]\n  layers:", "model.inputs must name each once. "
     "Received: dna, dna."),
    ("length: 50}", "length: 50}\n    §other: {kind: dna, length: 5}", "every input must be used. "
     "Received: 'other', which no layer follows. Name it in 'from', or leave it out of "
     "model.inputs."),
    ("- Flatten\n    - Dense: {", "- Flatten\n    - §Dropout: {rate: 0.1}\n    - Dense: {from: "
     "flatten_1, ", "every layer must lead to an output. Received: 'dropout_1', which nothing "
     "follows. Remove it, or name it in 'from' or 'outputs'."),
    ("  layers:", "  defaults: §[1]\n  layers:", "defaults must be a mapping. "
     "Received: a list of 1."),
    ("  layers:", "  defaults: {§kernel_regulariser: L2}\n  layers:", "model.defaults holds arguments "
     "of layers in the model. Received: 'kernel_regulariser', which none has. "
     "Did you mean 'kernel_regularizer'?"),
    ("  layers:", "  defaults: {kernel_regularizer: §L3}\n  layers:", "kernel_regularizer must be a "
     "regularizer that specs may use. Received: 'L3'."),
    ("  layers:", "  §layer:", "model has no key 'layer'. Did you mean 'layers'?"),
]

TRAINING = [
    ("§[1]", "training must be a mapping. Received: a list of 1."),
    ("{§epoch: 5}", "training has no key 'epoch'. Did you mean 'epochs'?"),
    ("{epochs: §true}", "training.epochs must be a whole number. Received: true."),
    ("{batch_size: §0}", "training.batch_size must be a number of at least 1. Received: 0."),
    ("{seed: §-1}", "training.seed must be a number of at least 0. Received: -1."),
    ("{seed: §4294967296}", "training.seed must be a number below 4294967296. "
     "Received: 4294967296."),
    ("{optimizer: §adm}", "optimizer must be an optimizer that specs may use. Received: 'adm'. "
     "Did you mean 'adam'?"),
    ("{optimizer: §null}", "optimizer must be the name of an optimizer, or {Name: {argument: "
     "value}}. Received: nothing."),
    ("{optimizer: {Adam: {learning_rate: §1e-3}}}", "learning_rate must be a number or a schedule. "
     "Received: the text '1e-3'. Write 1.0e-3, unquoted."),
    ("{optimizer: {Adam: {learning_rate: {§CosineDekay: {}}}}}", "learning_rate must be a schedule "
     "that specs may use. Received: 'CosineDekay'. Did you mean 'CosineDecay'?"),
    ("{loss: §mse}", "loss must be a loss that specs may use. Received: 'mse'."),
    ("{loss: §MeanSquaredError}", "the loss of binary_classification must be one of "
     "BinaryCrossentropy, BinaryFocalCrossentropy, Hinge. Received: MeanSquaredError."),
    ("{loss: {bound: hinge, §bond: hinge}}", "loss is keyed by target: bound. Received: 'bond'. "
     "Did you mean 'bound'?"),
    ("{loss: §{}}", "loss must be given for each target. Received: none for 'bound'."),
    ("{metrics: §auroc}", "metrics must be a list of metrics. Received: the text 'auroc'."),
    ("{metrics: [auroc, §auc]}", f"{METRIC}'auc'. Did you mean 'auroc'?"),
    ("{metrics: {bound: [§pearson]}}", f"{METRIC}'pearson'. Did you mean 'precision'?"),
    ("{metrics: [§recall_at_0_fdr]}", f"{METRIC}'recall_at_0_fdr'. "
     "Did you mean 'recall_at_5_fdr'?"),
    ("{metrics: [§3]}", f"{METRIC}3."),
    ("{metrics: {bound: §auroc}}", "training.metrics.bound must be a list. "
     "Received: the text 'auroc'."),
    ("{metrics: §{}}", "metrics must be given for each target. Received: none for 'bound'."),
    ("{class_weight: §even}", "training.class_weight must be one of 'balanced' or a mapping. "
     "Received: the text 'even'."),
    ("{class_weight: §{'0': 1}}", "class_weight must hold the classes \"0\" and \"1\". "
     "Received: a mapping with '0'."),
    ("{class_weight: {'0': §a, '1': 2}}", "training.class_weight.0 must be a number. "
     "Received: the text 'a'."),
    ("{callbacks: §EarlyStopping}", "training.callbacks must be a list. "
     "Received: the text 'EarlyStopping'."),
    ("{callbacks: [§EarlyStoping]}", "callbacks must be a callback that specs may use. "
     "Received: 'EarlyStoping'. Did you mean 'EarlyStopping'?"),
    ("{callbacks: [TerminateOnNaN, {EarlyStopping: {monitor: §val_auc}}]}", "monitor must be one of "
     "val_loss, val_data_loss, val_auroc, val_auprc, val_accuracy, loss, penalty, data_loss, auroc, "
     "auprc, accuracy. "
     "Received: 'val_auc'. Did you mean 'val_auroc'?"),
    ("{callbacks: [{EarlyStopping: {monitor: §5}}]}", "monitor must be a text. Received: 5."),
]


@pytest.mark.parametrize(("old", "new", "message"), [*HEAD, *INPUTS])
def test_head_and_data(refused_once, old, new, message):
    refused_once(old, new, message)


def test_a_missing_key_is_missed_at_its_section(refused_once):
    refused_once("dna: {kind: dna, length: 50}", "§dna: {kind: dna}",
                 "data.inputs.dna needs the key 'length'. Received: none.")


@pytest.mark.parametrize(("section", "message"), SOURCES)
def test_sources(refused_once, section, message):
    refused_once(DATA, f"\n  §train: {section}{DATA}", message)


@pytest.mark.parametrize(("section", "message"), SPLITS)
def test_splits(refused_once, section, message):
    refused_once(DATA, f"\n  split: {section}{DATA}", message)


@pytest.mark.parametrize(("section", "message"), AUGMENTS)
def test_augmentations(refused_once, section, message):
    refused_once(DATA, f"\n  augment: {section}{DATA}", message)


@pytest.mark.parametrize(("old", "new", "message"), [*LAYERS, *MODEL])
def test_layers_and_model(refused_once, old, new, message):
    refused_once(old, new, message)


@pytest.mark.parametrize("layers", ["[]", "{}", "5", "Flatten"])
def test_layers_are_a_list(small, refusals, places, layers):
    marked = small.split("  layers:")[0] + f"  layers: §{layers}\n"
    messages, at = refusals(marked)
    assert messages[0].startswith("layers must be a list of layers. Received: ")
    assert at == places(marked)


def test_a_model_needs_layers(small, refusals):
    before = small.split("model:")[0]
    assert refusals(before) == (["a spec needs the key 'model'. Received: none."], [(1, 1)])
    assert refusals(before + "model: {}\n") == (
        ["model needs the key 'layers'. Received: none."], [(9, 1)])


@pytest.mark.parametrize(("section", "message"), TRAINING)
def test_training(refused_once, section, message):
    refused_once("task:", f"training: {section}\ntask:", message)


def test_training_may_be_empty(small):
    assert parse_spec(small + "training:\n") == parse_spec(small)


@pytest.mark.parametrize(("old", "new", "messages"), [
    ("  metrics: {binding: [auroc, auprc, recall_at_10_fdr], accessibility: [auroc]}",
     "  metrics: §{binding: [auprc], binding2: []}", None),
    ("training:", "training:\n  class_weight: §balanced", ["class_weight is keyed by "
     "target where there are several: binding, accessibility. Received: the text 'balanced'."]),
    ("training:", "training:\n  loss: §{binding: hinge}", ["loss must be given for each target. "
     "Received: none for 'accessibility'."]),
    ("[binding, accessibility]", "§[binding]", ["the model's outputs must be the targets binding, "
     "accessibility. Received: binding. Give each output layer its target's name.",
     "every layer must lead to an output. Received: 'accessibility', which nothing follows. "
     "Remove it, or name it in 'from' or 'outputs'."]),
])
def test_several_targets(refusals, places, old, new, messages):
    marked = DANQ.replace(old, new)
    found, at = refusals(marked)
    assert places(marked)[0] in at
    if messages:
        assert sorted(found) == sorted(messages)
    else:
        assert "metrics must be given for each target. Received: none for 'accessibility'." in found
        assert "metrics is keyed by target: binding, accessibility. Received: 'binding2'." in (
            message.removesuffix(" Did you mean 'binding'?") for message in found)


def test_inputs_and_targets_have_names_of_their_own(small, refusals):
    messages, at = refusals(small.replace("dna:", "bound:"))
    assert messages == ["inputs and targets must have names of their own. "
                        "Received: 'bound' for both.",
                        "a layer's name must be its own. Received: 'bound' again."]
    assert at == [(8, 5), (13, 31)]


def test_one_class_is_not_many(small, refusals):
    messages, _ = refusals(small.replace("binary_class", "multiclass_class"))
    assert messages[0] == ("multiclass_classification has one column a class. Received: 1. "
                           "Use binary_classification for two classes, or kind: classes for a "
                           "column of words.")


def test_columns_differ(small, refusals, places):
    marked = small.replace("binary_", "multilabel_").replace("{column: bound}", "{columns: §[a, a]}")
    messages, at = refusals(marked.replace("units: 1", "units: 2"))
    assert (messages, at) == (["columns must differ. Received: 'a' twice."], places(marked))


def test_all_problems_come_at_once(small, refusals, places):
    marked = small.replace("length: 50", "length: 50, n: §one")
    marked = marked.replace(DATA, "\n  augment: [§mirror]\n  split: {by: random, test: §x}" + DATA)
    marked = marked.replace("kernel_size: 5", "kernel_size: §0").replace("- Flatten", "- §Flaten")
    marked += "training: {epochs: §0, optimizer: §sgdd, metrics: [§auc]}\n§infos: {}\n"
    messages, at = refusals(marked)
    assert at == places(marked)
    assert len(messages) == 9


def test_shapes_are_checked_even_if_other_sections_have_problems(small, refusals, places):
    marked = small.replace("- Conv1D: {filters: 3, kernel_size: 5",
                           "- §Conv1D: {filters: 3, kernel_size: 99")
    marked = marked.replace("name: small", "name: §5") + "training: {epochs: §0}\n"
    assert refusals(marked)[1] == places(marked)


def test_a_misspelt_layer_does_not_hide_its_name_from_others(refused_once, small, refusals, places):
    marked = small.replace("- Flatten", "- §Flaten: {name: flat}").replace(
        "{units: 1,", "{from: flat, units: 1,")
    assert refusals(marked)[1] == places(marked)


def test_long_texts_are_cut_in_messages(small):
    with pytest.raises(SpecError) as caught:
        parse_spec(small.replace("relu", "r" * 10_000).replace("filters", "f" * 10_000))
    assert all(len(p.message) < 900 for p in caught.value.problems)


def test_problems_are_sorted_and_each_stands_once():
    late, early = Problem(2, 1, "b", "x"), Problem(1, 9, "a", "x")
    assert SpecError([late, early, late]).problems == (early, late)
    assert str(SpecError([late, early])) == "x:1:9: a\nx:2:1: b"
    assert str(Problem(1, 2, "m")) == "<spec>:1:2: m"


@pytest.mark.parametrize(("value", "text"), [
    ("a", "the text 'a'"), (True, "true"), (False, "false"), (None, "nothing"), (3, "3"),
    ({"a": 1}, "a mapping with 'a'"), ({}, "a mapping with no keys"), ([1, 2], "a list of 2"),
])
def test_received(value, text):
    assert received(value) == text


def test_must_be_helps_with_numbers_that_are_texts():
    assert must_be("x", "a number", "2e5") == (
        "x must be a number. Received: the text '2e5'. Write 2.0e+5, unquoted.")
    assert must_be("x", "a text", "2e5") == "x must be a text. Received: the text '2e5'."

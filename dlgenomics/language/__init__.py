"""Language models over files of sequences: embeddings and scores of substitutions.

Importing `embed` and `score` is light; what they are given, a `Model`, brings TensorFlow.
"""

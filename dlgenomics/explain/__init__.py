"""Why a model says what it says: how much each base contributes to one of its numbers.

A method (one a file, its settings are its attributes) asks a `Case` for values, gradients or
DeepLIFT's multipliers of a network and returns an `Attribution`. `explain` runs a method over
arrays, `explain_loader` over files. Importing `explaining`, `quantity` or `rescale` starts
TensorFlow; the rest is light.
"""

"""Run a graph over arrays and files. Importing `model` starts TensorFlow; the rest is light."""

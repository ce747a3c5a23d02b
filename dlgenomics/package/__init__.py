"""A model ↔ a folder. `manifest` reads without TensorFlow; `read` and `write` need it."""

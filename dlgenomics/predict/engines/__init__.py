"""What can run a network besides TensorFlow; each is checked against it before it is used."""

from dlgenomics.predict.engines.opening import open_engine as open_engine

"""Spec + examples → a run folder. `fit` trains; `run` knows the folder; importing is light."""

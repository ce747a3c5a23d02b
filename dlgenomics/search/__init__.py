"""Many trainings of one spec, compared: trials in processes, state in a folder, no TensorFlow here.

``conduct`` makes a search and goes on with one; ``trial`` is what each process runs.
"""

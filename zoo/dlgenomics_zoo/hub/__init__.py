"""Models of the Hugging Face Hub: a plan first, then only the files that it needs, each verified.

    hf://org/name  →  address  →  commit (its files and their hashes)  →  plan  →  files  →  model

huggingface_hub is asked what a repository holds; bytes come through our own `fetch`, into our own
cache. huggingface_hub would place a file under the name of the right hash before anyone has hashed
it, and starts a download that was killed from its first byte again; `fetch` goes on with it and
places what has the right hash. What other programs have in the Hub's cache (``$HF_HOME/hub``) is
taken from there, hashed like all else, and not fetched again. Xet is not needed: the Hub gives
every file over plain HTTPS too.
"""

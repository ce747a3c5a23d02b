"""What only its own library opens: transformers on PyTorch, with trust at one commit."""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route, not_installed
from dlgenomics_zoo.language.shards import ORDER
from dlgenomics_zoo.trusted.statement import announce

CONFIG: Final = "config.json"
_ENDINGS: Final = (".json", ".txt", ".model", ".py", ".safetensors", ".bin")
_ELSEWHERE: Final = ("tf_model", "flax_model", "rust_model", "training_args", "optimizer",
                     "scheduler")


class TransformersModel:
    """A model of transformers with its tokenizer.

    Attributes:
        name: its repository.
        model, tokenizer: the library's own objects.
    """

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        self.name, self.model, self.tokenizer = name, model, tokenizer

    def predict_on_batch(self, x: Any) -> dict[str, NDArray[Any]]:
        """Return the model's outputs by name.

        Args:
            x: sequences as texts, or a dict of the model's own arguments.
        """
        torch = importlib.import_module("torch")
        given = x if isinstance(x, dict) else self.tokenizer(
            list(x), return_tensors="pt", padding=True)
        with torch.no_grad():
            found = self.model(**{key: torch.as_tensor(value) for key, value in given.items()})
        return {key: np.asarray(value) for key, value in found.items() if hasattr(value, "numpy")}


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a model of transformers."""
    config = {} if checkout.address.file else checkout.json(CONFIG)
    names = [name for name in checkout.names if "/" not in name]
    weights = [name for name in names if name in ORDER] or [
        name for name in names if name.endswith(".safetensors")]
    if ("model_type" not in config and "architectures" not in config) or not weights:
        return None
    files = [name for name in names
             if name.endswith(_ENDINGS) and not name.startswith(_ELSEWHERE)]
    if any(name.endswith(".safetensors") for name in files):
        files = [name for name in files if not name.endswith((".bin", ".bin.index.json"))]
    code = sorted(name for name in files if name.endswith(".py"))
    what = (f"the Python files {', '.join(code)} of its authors" if code
            else "transformers, which builds what its config names")
    kind = config.get("model_type") or "a network of its own"
    return Proposal(
        files, [name for name in files if name.endswith((".safetensors", ".bin"))],
        f"There is no port here for {kind}; transformers may know it.", f"{what}.",
        not_installed("transformers", "torch"), "dlgenomics[transformers]",
        {"config": CONFIG, **({"code": code[0]} if code else {})})


def open_(fetched: Fetched) -> Any:
    """Open a model with transformers; whoever calls has made sure of trust and commit."""
    library = importlib.import_module("transformers")
    plan, folder = fetched.plan, str(fetched.folder())
    announce(str(plan.address), plan.trust)
    settings = {"trust_remote_code": "code" in plan.parts, "local_files_only": True}
    kind = library.AutoModelForMaskedLM if _is_masked(fetched) else library.AutoModel
    model = kind.from_pretrained(folder, **settings)
    return TransformersModel(plan.commit.repository, model.eval(),
                             library.AutoTokenizer.from_pretrained(folder, **settings))


def _is_masked(fetched: Fetched) -> bool:
    return b"ForMaskedLM" in fetched.part("config").read_bytes()


TRANSFORMERS: Final = Route("transformers", propose, open_)

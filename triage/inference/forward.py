"""The encoder's forward pass: OpenVINO in bfloat16, or torch in float32 where OpenVINO is not.

sentence-transformers loads the weights; its own OpenVINO backend needs optimum-intel, which
refuses this transformers release, so the loaded module is handed to OpenVINO here, once on a
machine (`triage.inference.kept_graph`). 8-bit weights are faster still and out: their vectors
change with the batch, and a receipt could not be replayed.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from triage.inference.kept_graph import GraphFolder, load_or_make_graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tokens = NDArray[np.int64]
    States = NDArray[np.float32]

log = logging.getLogger(__name__)
PRECISIONS = {"bf16": "bfloat16", "f16": "float16", "f32": "float32"}


class Forward(Protocol):
    """Token ids and mask, both (texts, tokens), to hidden states (texts, tokens, 384)."""

    runtime: str
    precision: str

    def __call__(self, ids: Tokens, mask: Tokens) -> States: ...


def build_forward(
    load_module: Callable[[], Any], threads: int, kept: GraphFolder | None = None
) -> Forward:
    """The fastest pass this machine has for a torch module; a slower one is logged, and named.

    The module is loaded where no graph of it is ``kept``.
    """
    try:
        return OpenVinoForward(load_module, threads, kept)
    except (ImportError, RuntimeError) as error:
        log.warning("OpenVINO cannot run the encoder, torch does, and takes longer: %s", error)
        return TorchForward(load_module(), threads)


class TorchForward:
    precision = "float32"

    def __init__(self, module: Any, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._module = module
        self.runtime = f"torch {version('torch')}"

    def __call__(self, ids: Tokens, mask: Tokens) -> States:
        import torch

        with torch.inference_mode():
            answer = self._module(
                input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)
            )
        states: States = answer.last_hidden_state.numpy()
        return states


class OpenVinoForward:
    """Raises ImportError without the library and RuntimeError where it cannot run the module.

    A processor without bfloat16 is served float32: ``precision`` says what it came to.
    """

    def __init__(
        self, load_module: Callable[[], Any], threads: int, kept: GraphFolder | None = None
    ) -> None:
        openvino = _import_openvino()
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # workers side by side would be pinned to one core
        }
        graph = load_or_make_graph(openvino, kept, lambda: _convert_module(openvino, load_module()))
        compiled = openvino.Core().compile_model(graph, "CPU", settings)
        served = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        self.precision = PRECISIONS.get(served, served)
        self.runtime = f"openvino {version('openvino')}"
        self._request, self._lock = compiled.create_infer_request(), Lock()

    def __call__(self, ids: Tokens, mask: Tokens) -> States:
        with self._lock:  # one request serves one thread at a time
            states: States = self._request.infer({"input_ids": ids, "attention_mask": mask})[0]
        return states


def _import_openvino() -> Any:
    """The library without its telemetry, which reports to a web service at import, unasked.

    Where that package cannot be imported OpenVINO uses its own stub, which sends nothing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: not there
    import openvino

    return openvino


def _convert_module(openvino: Any, module: Any) -> Any:
    """The module as OpenVINO's graph, for any number of texts and tokens."""
    import torch

    example = torch.ones(2, 8, dtype=torch.long)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of shapes that stay open all the same
        return openvino.convert_model(
            _wrap_states_only(module),
            example_input={"input_ids": example, "attention_mask": example},
        )


def _wrap_states_only(module: Any) -> Any:
    import torch

    class StatesOnly(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.module(input_ids=input_ids, attention_mask=attention_mask)[0]

    return StatesOnly()

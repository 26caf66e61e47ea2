"""From a checkpoint to the GGUF that llama.cpp loads: ``python -m triage.training.writer.export``.

The matrices are Q8_0, the norms float32. Slot marks are user-defined tokens, so they
are printed; control tokens are not. The file is then read back and its tokenizer held
against the original: the same ids for every sample, or no file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from triage.generation.prompt import END, build_writer_prompt
from triage.inference.registry import pinned
from triage.training.writer.architecture import CONTEXT_TOKENS, SHAPES, Shape
from triage.training.writer.corpus.generate import iter_examples
from triage.training.writer.tokenizer import CONTROL, MARKS, PAD, get_token_id
from triage.training.writer.train import FOLDER, load_checkpoint

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter
    from tokenizers import Tokenizer

WEIGHTS: Final = Path(pinned.HERE) / "weights" / "focal.gguf"
TENSOR_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
TOKENIZER_SAMPLES: Final = 2000


def export_gguf(folder: Path = FOLDER, target: Path = WEIGHTS) -> str:
    """Write the GGUF of the folder's checkpoint to ``target``; its sha256.

    Raises SystemExit where llama.cpp tokenizes otherwise than the original.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    saved = load_checkpoint(folder / "checkpoint.pt")
    arrays = {name: tensor.float().numpy() for name, tensor in saved["model"].items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    write_gguf(part, tokenizer, SHAPES[saved["shape"]], arrays)
    wrong = find_tokenizer_differences(part, tokenizer)
    if wrong:
        part.unlink()
        raise SystemExit(f"llama.cpp tokenizes otherwise: {wrong[0]!r}")
    part.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def write_gguf(
    path: Path, tokenizer: Tokenizer, shape: Shape, arrays: Mapping[str, np.ndarray]
) -> None:
    """The file llama.cpp reads; ``arrays`` are named as transformers names a Llama's."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    _add_shape(writer, shape, tokenizer.get_vocab_size())
    _add_tokenizer(writer, tokenizer)
    for name, array in arrays.items():
        if name != "lm_head.weight":
            _add_tensor(writer, name, array, shape.heads)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: GGUFWriter, shape: Shape, vocabulary: int) -> None:
    from gguf import GGML_QUANT_VERSION, LlamaFileType

    writer.add_name("focal")
    writer.add_description("Support replies and summaries in which values are slots")
    writer.add_license("apache-2.0")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(vocabulary)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(GGML_QUANT_VERSION)


def _add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer) -> None:
    from gguf import TokenType

    kinds = dict.fromkeys(CONTROL, TokenType.CONTROL)
    kinds |= dict.fromkeys(MARKS, TokenType.USER_DEFINED)
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    merges: list[Any] = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([kinds.get(token, TokenType.NORMAL) for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(get_token_id(tokenizer, END))
    writer.add_pad_token_id(get_token_id(tokenizer, PAD))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def _add_tensor(writer: GGUFWriter, name: str, array: np.ndarray, heads: int) -> None:
    from gguf import GGMLQuantizationType, quants

    if "q_proj" in name or "k_proj" in name:
        array = _interleave_rows(array, heads)
    if array.ndim == 1:
        writer.add_tensor(_map_tensor_name(name), array)
        return
    kind = GGMLQuantizationType.Q8_0
    writer.add_tensor(_map_tensor_name(name), quants.quantize(array, kind), raw_dtype=kind)


def _interleave_rows(array: np.ndarray, heads: int) -> np.ndarray:
    """Rows as llama.cpp rotates them: pairs side by side instead of half a head
    apart, (heads, two, half, width) -> (heads, half, two, width)."""
    rows, width = array.shape
    halves = array.reshape(heads, 2, rows // heads // 2, width)
    return halves.swapaxes(1, 2).reshape(rows, width)


def _map_tensor_name(name: str) -> str:
    whole = {"model.embed_tokens.weight": "token_embd.weight"}
    whole["model.norm.weight"] = "output_norm.weight"
    if name in whole:
        return whole[name]
    layer, part = name.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{TENSOR_NAMES[part.removesuffix('.weight')]}.weight"


def find_tokenizer_differences(path: Path, tokenizer: Tokenizer) -> list[str]:
    """The sample texts which llama.cpp turns into other ids than the original."""
    from llama_cpp import Llama

    llama = Llama(str(path), vocab_only=True, verbose=False)
    return [
        text
        for text in _build_samples()
        if llama.tokenize(text.encode(), add_bos=False, special=True) != tokenizer.encode(text).ids
    ]


def _build_samples() -> list[str]:
    made = list(islice(iter_examples(seed=77, held_out=True), TOKENIZER_SAMPLES))
    texts = [build_writer_prompt(one.task) + one.text + END for one in made]
    odd = ["", " ", "  two  spaces ", "\n\n\n", "don't we'll", "naïve ß 你好 🙂 № ½"]
    return [*texts, *odd, "no. 1042 of 3,14 and (2)", "a⟦order⟧⟦clause2⟧ ⟦item3⟧.\n", "tab\tend "]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    chosen = parser.parse_args(arguments)
    sys.stdout.write(f"{export_gguf(chosen.folder, chosen.target)}  {chosen.target}\n")


if __name__ == "__main__":
    main()

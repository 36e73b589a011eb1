"""LlamaIndex's starter (from_documents, as_query_engine) over the same folder and the same two models. Knows nothing of ours.

    python -m eval.peers.llamaindex --documents DIR --reader FOLDER --embedder FOLDER --batch IN.jsonl > OUT.jsonl

One JSON object a line in (`id`, `question`), one out with `text` and `timings_ms`, so that both are scored by the same rules.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any


def engine(documents: Path, reader: Path, embedder: Path) -> Any:
    """The starter's query engine, every setting at its default but the two models, greedy decoding and no network."""
    import torch
    from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.llms.huggingface import HuggingFaceLLM

    Settings.embed_model = HuggingFaceEmbedding(model_name=str(embedder))
    Settings.llm = HuggingFaceLLM(
        model_name=str(reader), tokenizer_name=str(reader), context_window=2048, max_new_tokens=256,
        model_kwargs={"dtype": torch.bfloat16}, generate_kwargs={"do_sample": False}, device_map="cpu",
    )  # fmt: skip
    return VectorStoreIndex.from_documents(SimpleDirectoryReader(str(documents)).load_data()).as_query_engine()


def main() -> None:
    """Answers the batch."""
    parser = argparse.ArgumentParser(prog="python -m eval.peers.llamaindex", description=__doc__)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--embedder", type=Path, required=True)
    parser.add_argument("--batch", type=Path, required=True)
    options = parser.parse_args()
    ask = engine(options.documents, options.reader, options.embedder)
    for line in options.batch.read_text(encoding="utf-8").splitlines():
        row, began = json.loads(line), time.perf_counter()
        text = str(ask.query(row["question"]))
        total = round((time.perf_counter() - began) * 1000, 1)
        print(
            json.dumps({"id": row["id"], "question": row["question"], "text": text, "timings_ms": {"total": total}}),
            flush=True,
        )


if __name__ == "__main__":
    main()

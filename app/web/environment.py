"""The process's environment before any library that could call out is imported. Knows no such library.

Gradio and the model hub's client read these variables once, when they are imported.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from corpus.errors import SpinewiseError

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",  # its own statistics: not kept, and never worked out,
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",  # which would load pandas and run it at every event
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_HEARTBEAT_INTERVAL": "5",  # seconds until a closed tab is noticed, and its conversation forgotten
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
REFUSED = {
    "GRADIO_SHARE": "publishes the page on the internet",
    "GRADIO_SHARE_SERVER_ADDRESS": "publishes the page on the internet",
    "GRADIO_VIBE_MODE": "lets visitors run code",
    "GRADIO_MCP_SERVER": "opens a tool server",
    "GRADIO_SERVER_MODE_ENABLED": "opens routes that nothing guards",
    "GRADIO_WATCH_DIRS": "reloads code while visitors are served",
    "GRADIO_HOT_RELOAD": "reloads code while visitors are served",
    "GRADIO_LOCAL_DEV_MODE": "accepts requests from any page",
    "GRADIO_IS_E2E_TEST": "changes timings for Gradio's own tests",
    "GRADIO_PROFILING": "serves traces of visitors' requests",
    "GRADIO_DEBUG": "prints errors with visitors' words",
    "GRADIO_HISTORY_BUCKET": "uploads what visitors ask",
    "GRADIO_ALLOWED_PATHS": "serves files of this machine",
    "SPACE_ID": "is for a public hub",
}
OFF = ("", "0", "false", "no", "off")


def prepare(home: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Sets what keeps this process quiet and offline; refuses to start with a variable that would undo it."""
    for name, harm in REFUSED.items():
        if environment.get(name, "").lower() not in OFF:
            raise SpinewiseError(f"{name} is set, which {harm}", f"unset {name} and start again")
    environment.update(QUIET)
    environment["GRADIO_TEMP_DIR"] = str(home / "gradio")
    for name in REFUSED:
        environment.pop(name, None)  # "0" still counts as set for some of them

"""Asks a server that runs on this machine: never by way of a proxy that the environment names. Knows nothing of what is asked."""

from __future__ import annotations

from http.client import HTTPResponse
from urllib.request import ProxyHandler, Request, build_opener

_WITHOUT_PROXY = build_opener(ProxyHandler({}))  # urlopen takes http_proxy even to 127.0.0.1


def ask_here(request: str | Request, seconds: float) -> HTTPResponse:
    """The reply, to be closed; OSError where there is none in that time."""
    reply: HTTPResponse = _WITHOUT_PROXY.open(request, timeout=seconds)
    return reply

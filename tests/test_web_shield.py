"""What stands in front: hosts, origins, headers, paths; and Gradio's defaults that would hurt, each turned off."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from live import Live, live
from scripted_answers import assistant

from app.web import environment
from app.web.frontpage import page_policy
from app.web.shield import PAGE_PATHS
from corpus.errors import SpinewiseError

FRIEND = "https://clinic.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("home")
    with live(assistant(), home, allowed_hosts=["*.clinic.example"], cors_origins=[FRIEND]) as running:
        yield running


@pytest.fixture(scope="module")
def client(server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def blocks(server) -> Any:
    return next(
        route.app.get_blocks() for route in server.app.routes if hasattr(getattr(route, "app", 0), "get_blocks")
    )


@pytest.fixture(scope="module")
def config(client) -> dict[str, Any]:
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", client.get("/").text)
    assert found
    return json.loads(found[1])


# -- hosts, origins, headers


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "169.254.169.254", "[::1", "clinic.example"]
)
def test_unknown_hosts_are_refused(client, host) -> None:
    for path in ("/", "/health", "/api/ask", "/gradio_api/queue/data"):
        reply = client.get(path, headers={"Host": host})
        assert reply.status_code == 400
        assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1", "[::1]:80", "ask.clinic.example"])
def test_own_hosts_are_served(client, host) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/health", "/metrics", "/source/leaflet", "/nowhere", "/theme.css", "/page/page.js", "/gradio_api/upload"],
)
def test_every_response_has_the_security_headers(client, path) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"].startswith("camera=()")
    assert "server" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"https?:|\*", policy)  # no outside host, no wildcard


def test_scripts_run_by_hash_and_never_inline(client) -> None:
    reply = client.get("/", headers={"Accept-Encoding": "br, gzip"})
    policy = reply.headers["content-security-policy"]
    assert policy == page_policy(reply.text)
    scripts = next(line for line in policy.split("; ") if line.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert scripts.count("'sha256-") == len(re.findall(r"<script(?![^>]* src=)", reply.text)) > 0


def test_the_page_names_no_outside_address(client) -> None:
    for page in (client.get("/").text, client.get("/source/leaflet").text, client.get("/theme.css").text):
        assert not re.findall(r"""(?:src|href|content)=["']?(?:https?:)?//""", page)
        assert "url(http" not in page
        assert "@import" not in page


def test_answers_are_not_kept_in_the_browsers_cache(client) -> None:
    for reply in (client.get("/"), client.post("/api/ask", json={"question": "q"}), client.get("/source/leaflet")):
        assert reply.headers["cache-control"] == "no-store"


def test_the_language_is_set_on_the_page(client) -> None:
    assert '<html lang="en" dir="ltr"' in client.get("/").text


# -- web.md's table, line by line


def test_run_history_is_off(client, config) -> None:
    assert config["run_history"] is False
    for path in ("/gradio_api/runs", "/gradio_api/runs/", "/gradio_api/run-history/records"):
        assert client.get(path).status_code == 404


def test_nothing_flags_and_nothing_shares(config) -> None:
    kinds = {component["type"] for component in config["components"]}
    assert kinds == {"state", "row", "column", "form", "html", "button", "textbox"}  # no chatbot: no share, no flagging
    assert config["footer_links"] == []


def test_cors_is_off_but_for_named_origins(client) -> None:
    for path in ("/", "/api/ask", "/gradio_api/queue/join", "/theme.css"):
        preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        for host in ("localhost", "ask.clinic.example"):  # Gradio alone answers any origin on a host that isn't local
            replies = [
                client.options(path, headers=preflight | {"Host": host}),
                client.get(path, headers={"Origin": "https://evil.example", "Host": host}),
            ]
            assert not any("access-control-allow-origin" in reply.headers for reply in replies)
            assert not any("access-control-allow-credentials" in reply.headers for reply in replies)
    reply = client.post("/api/ask", json={"question": "q"}, headers={"Origin": FRIEND})
    assert reply.headers["access-control-allow-origin"] == FRIEND


def test_another_sites_post_is_refused(client, server) -> None:
    body = {"question": "q"}
    for origin in ("https://evil.example", "null", "http://localhost:1", "http://["):
        assert client.post("/api/ask", json=body, headers={"Origin": origin}).status_code == 403
        assert client.post("/gradio_api/queue/join", json={}, headers={"Origin": origin}).status_code == 403
    assert client.post("/api/ask", json=body, headers={"Origin": server.address}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/component_server",
        "/gradio_api/process_recording", "/gradio_api/mcp/sse", "/svelte/a",
        "/gradio_api/stream/a", "/gradio_api/deep_link", "/gradio_api/run/asked", "/gradio_api/api/asked",
        "/gradio_api/call/asked", "/gradio_api/call/v2/asked", "/gradio_api/info", "/gradio_api/openapi.json",
        "/gradio_api/file=/etc/passwd", "/gradio_api/file=http://127.0.0.1/", "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1/", "/gradio_api/custom_component/a/b/c/d",
        "/gradio_api/vibe-edit", "/gradio_api/dev/reload", "/gradio_api/token", "/gradio_api/app_id",
        "/gradio_api/user",
        "/monitoring", "/monitoring/summary", "/config", "/login", "/logout", "/manifest.json", "/pwa_icon",
        "/gradio_api/mcp", "/gradio_api//upload",
        "/GRADIO_API/upload", "/gradio_api/upload/", "/gradio_api/queue/join/../../upload", "/gradio_api/%75pload",
    ],
)  # fmt: skip
def test_gradios_other_routes_do_not_exist(client, path) -> None:
    for method in ("GET", "POST", "PUT", "HEAD"):
        assert client.request(method, path).status_code in (404, 405)


def test_only_these_paths_of_gradio_are_open() -> None:
    assert [path for _, path in PAGE_PATHS if "gradio_api" in path] == [
        r"/(gradio_api/)?theme\.css",
        r"/gradio_api/heartbeat/[A-Za-z0-9]+",
        r"/gradio_api/queue/data",
        r"/gradio_api/queue/join",
        r"/gradio_api/cancel",
        r"/gradio_api/reset/?",
    ]


def test_a_deep_link_is_not_looked_up(client) -> None:
    assert '"deep_link_state":"none"' in client.get("/?deep_link=abc").text


def test_errors_and_monitoring_stay_inside(blocks, config) -> None:
    assert config["show_error"] is False
    assert blocks.enable_monitoring is False


def test_analytics_are_off(blocks, config) -> None:
    assert config["analytics_enabled"] is False
    assert blocks.analytics_enabled is False
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] in ("1", "True")  # Gradio sets it once more, in its own way


def test_queue_sessions_and_state_are_bounded(blocks) -> None:
    assert blocks._queue.max_size == 64
    assert blocks.state_session_capacity == blocks.state_holder.capacity == 200
    assert blocks.delete_cache == (3600, 3600)
    states = [block for block in blocks.blocks.values() if block.get_block_name() == "state"]
    assert [state.time_to_live for state in states] == [1800]
    assert environment.QUIET["GRADIO_HEARTBEAT_INTERVAL"] == "5"


def test_no_files_are_served(blocks, server) -> None:
    assert blocks.allowed_paths == []
    assert blocks.max_file_size == 1
    assert os.environ["GRADIO_TEMP_DIR"].startswith(str(server.home.parent))


@pytest.mark.parametrize("name", sorted(environment.REFUSED))
def test_variables_that_would_open_the_page_stop_the_start(tmp_path, name) -> None:
    with pytest.raises(SpinewiseError, match=f"unset {name}"):
        environment.prepare(tmp_path, {name: "1"})
    off = {name: "False"}
    environment.prepare(tmp_path, off)
    assert name not in off


def outcome(client: httpx.Client, blocks: Any, handler: str, data: list[Any], **more: Any) -> bool:
    """Calls a handler of the page by its name, as its script does; whether it came to an end without an error."""
    number = next(each for each, one in blocks.fns.items() if one.name == handler)
    body = {"data": data, "fn_index": number, "session_hash": uuid.uuid4().hex, **more}
    sent = json.dumps(body)  # httpx's own leaves half a character as it is, and can't send it
    headers = {"Content-Type": "application/json"}
    assert client.post("/gradio_api/queue/join", content=sent, headers=headers).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": body["session_hash"]}) as events:
        for line in events.iter_lines():
            told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if told.get("msg") == "process_completed":
                return bool(told["success"])
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("handler", "data", "event"),
    [
        ("asked", [["canary"], None], None),
        ("asked", ["chest pain \ud83d", None], None),
        ("tapped", [None], [1]),
        ("tapped", [None], {"question": 7}),
        ("judged", [None], {"exchange": 7, "reason": "x"}),
        ("judged", [None], {"exchange": "0", "helpful": [1]}),
        ("told_in", [None], {"language": {}}),
    ],
)
def test_hidden_handlers_survive_anything(client, server, blocks, handler, data, event) -> None:
    """api_visibility="private" hides a handler but doesn't block it: each checks its own input."""
    assert outcome(client, blocks, handler, data, event_data=event)
    assert client.get("/health").status_code == 200
    assert not (server.home / "feedback.sqlite").exists()

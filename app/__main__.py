"""python -m app: models, ask, serve, kiosk, secret, doctor."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.command import Command, note, print_json
from corpus.errors import SpinewiseError
from corpus.home import home_folder

if TYPE_CHECKING:
    from app.answer import Turn


def models(options: argparse.Namespace) -> int:
    """Lists the models, or fetches what is missing."""
    from app.models import fetch, listing
    from app.settings import AppSettings

    home, settings = home_folder(), AppSettings.load("app")
    if options.what == "fetch":
        fetch(home, note)
    found = listing(home, settings)
    if options.json:
        print_json(found)
        return 0
    print(f"models in {found['folder']}")
    for model in found["models"]:
        missing = "missing: run python -m app models fetch" if model["used"] else "not here, and not used"
        state = "present" if model["present"] else missing
        print(f"  {model['name']} ({model['role']}; {model['licence']}; from {model['source']}): {state}")
        if model["sha256"]:
            print(f"    SHA-256 {model['sha256']}")
    return 0


def ask(options: argparse.Namespace) -> int:
    """One answer, or a batch with the models loaded once."""
    if bool(options.question) == bool(options.batch):
        raise SpinewiseError("ask takes a question or --batch FILE", 'try: python -m app ask "How long is recovery?"')
    from app.legible import whole_characters
    from app.site import open_assistant

    if options.batch:
        rows = batch(options.batch)
        assistant = open_assistant()
        with ExitStack() as stack:
            out = stack.enter_context(options.out.open("w", encoding="utf-8")) if options.out else sys.stdout
            for row, history in rows:
                named = {"id": row["id"]} if "id" in row else {}
                reply = {**named, **assistant.ask(row["question"], history).to_json()}
                print(json.dumps(reply, ensure_ascii=False), file=out, flush=True)
        return 0
    answer = open_assistant().ask(whole_characters(options.question))
    if options.json:
        print_json(answer.to_json())
        return 0
    print(answer.text)
    if answer.notice:
        print(f"\n{answer.notice}")
    for citation in answer.citations:
        print(f"\n[{citation.number}] {citation.title}, “{citation.section}” ({citation.tier})\n    {citation.quote}")
    return 0


def batch(path: Path) -> list[tuple[dict[str, Any], list[Turn]]]:
    """(row, history) of each line of a batch; every line is checked before the first is answered."""
    from app.answer import Turn
    from app.legible import whole_characters

    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a JSON text may hold U+2028
    except (OSError, UnicodeDecodeError) as problem:
        raise SpinewiseError(
            f"can't read {path}: {problem}", "name a UTF-8 file with one JSON object a line"
        ) from problem
    asked: list[tuple[dict[str, Any], list[Turn]]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row["question"], str):
                raise TypeError("question is not a text")
            row["question"] = whole_characters(row["question"])
            said = [(turn["role"], whole_characters(str(turn["content"]))) for turn in row.get("history") or ()]
            asked.append((row, [Turn(*one) for one in said]))
        except (ValueError, TypeError, KeyError) as problem:
            reason = f"no {problem}" if isinstance(problem, KeyError) else problem
            mend = 'write {"id": "q1", "question": "…"} on each line'
            raise SpinewiseError(f"{path}, line {number}: {reason}", mend) from None
    return asked


def serve(options: argparse.Namespace) -> int:
    """The web app."""
    if options.prepare:
        prepare()
    from app.web.server import serve as run

    run(host=options.host, port=port_of(options), stays=options.stay)
    return 0


def port_of(options: argparse.Namespace) -> int | None:
    """The port of the command line, if one is named there and can be one."""
    if options.port is not None and not 0 <= options.port <= 65535:
        raise SpinewiseError(
            f"{options.port} is no port", f"choose one from 0 to 65535: python -m app {options.action} --port 7860"
        )
    return options.port  # type: ignore[no-any-return]  # argparse made it an int


def prepare() -> None:
    """Fetches the models and builds the index where they are missing; leaves alone what is there."""
    from app.models import fetch
    from index.build import build_if_missing

    home = home_folder()
    fetch(home, note)
    build_if_missing(home, note)


def kiosk(options: argparse.Namespace) -> int:
    """The web app and a browser, kept running."""
    from app.kiosk import run
    from app.settings import AppSettings, KioskSettings
    from corpus.settings import check_environment

    check_environment()
    port = port_of(options)
    port = AppSettings.load("app").port if port is None else port
    run(home_folder(), port or 7860, KioskSettings.load("kiosk"), note)
    return 0


def secret(options: argparse.Namespace) -> int:
    """The line of settings.toml for a password or a PIN, which is asked for and never shown."""
    from getpass import getpass

    from app.web.secret import hashed
    from corpus.settings import settings_file

    least, table, key = {"staff": (12, "staff", "password_hash"), "kiosk": (6, "kiosk", "pin_hash")}[options.what]
    rule = "a PIN of six digits or more" if options.what == "kiosk" else "a password of twelve characters or more"
    typed, again = sys.stdin.isatty(), f"python -m app secret {options.what}"
    chosen = getpass(f"{rule}: ") if typed else sys.stdin.readline().rstrip("\r\n")
    if len(chosen) < least or (options.what == "kiosk" and not (chosen.isascii() and chosen.isdigit())):
        raise SpinewiseError(f"that is too easy to guess: take {rule}", again)
    if typed and getpass("the same once more: ") != chosen:  # unseen, a slip would lock everybody out
        raise SpinewiseError("the two are not the same", again)
    made = hashed(chosen)
    if options.json:
        print_json({"table": table, "key": key, "hash": made})
    else:
        note(f"put this into {settings_file()}:")
        print(f'[{table}]\n{key} = "{made}"')
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Checks what a site needs."""
    from app.doctor import examine

    findings = examine(home_folder())
    if options.json:
        print_json({"ok": all(one.ok for one in findings), "checks": [one.to_json() for one in findings]})
    else:
        for one in findings:
            print(f"{'ok  ' if one.ok else 'FAIL'} {one.name}: {one.detail}")
            if one.mend and not one.ok:
                print(f"       mend it: {one.mend}")
    return 0 if all(one.ok for one in findings) else 1


def command() -> Command:
    """All sub-commands."""
    made = Command("app", "Answers questions from the index: on the command line, and as a web app.")
    parser = made.add(
        "models", models, "which models are present; fetch gets what is missing", "python -m app models fetch"
    )
    parser.add_argument("what", nargs="?", choices=["list", "fetch"], default="list")
    parser = made.add(
        "ask", ask, "one answer, or one for each line of a file", 'python -m app ask "How long is recovery?"'
    )
    parser.add_argument("question", nargs="?")
    parser.add_argument(
        "--batch", type=Path, metavar="IN.jsonl", help="one JSON object a line: id, question, optional history"
    )
    parser.add_argument("--out", type=Path, metavar="OUT.jsonl", help="where the answers go; stdout if not given")
    parser = made.add("serve", serve, "the web app", "python -m app serve --port 7860", json_output=False)
    parser.add_argument("--host", help="the address to listen on (default: setting app.host)")
    parser.add_argument("--port", type=int, help="the port to listen on (default: setting app.port)")
    parser.add_argument(
        "--prepare", action="store_true", help="first fetch the models and build the index if they are missing"
    )
    parser.add_argument(
        "--stay", action="store_true", help="where a model or the index is missing, say so on the page and try again"
    )
    parser = made.add(
        "kiosk", kiosk, "the web app and a full-screen browser, each restarted when it dies or hangs",
        "python -m app kiosk", json_output=False,
    )  # fmt: skip
    parser.add_argument("--port", type=int, help="the port of the web app (default: setting app.port)")
    parser = made.add(
        "secret", secret, "asks for the staff page's password or the kiosk's PIN and prints the setting that holds its hash",
        "python -m app secret staff",
    )  # fmt: skip
    parser.add_argument("what", choices=["staff", "kiosk"])
    made.add("doctor", doctor, "checks everything a site needs and says how to mend what fails", "python -m app doctor")
    return made


if __name__ == "__main__":
    sys.exit(command().run())

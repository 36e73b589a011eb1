"""What all four commands share: --home, --json, --debug, exit codes, and errors in one line. Knows no command."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from corpus.errors import SpinewiseError

Handler = Callable[[argparse.Namespace], int | None]


class Command:
    """A command with sub-commands; each sub-command is a function of the parsed arguments."""

    def __init__(self, name: str, about: str) -> None:
        self.parser = argparse.ArgumentParser(prog=f"python -m {name}", description=about)
        self._actions = self.parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(
        self, name: str, handler: Handler, about: str, example: str, *, json_output: bool = True
    ) -> argparse.ArgumentParser:
        """Adds a sub-command; its --help shows `example`. Returns its parser, for its own arguments."""
        parser: argparse.ArgumentParser = self._actions.add_parser(
            name,
            help=about,
            description=about,
            epilog=f"example: {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--home", metavar="DIR", help="the folder that holds models, index and settings")
        parser.add_argument("--debug", action="store_true", help="show the traceback of a failure")
        if json_output:
            parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on stdout")
        parser.set_defaults(handler=handler, json_output=json_output)
        return parser

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Parses and runs; returns the exit code: 0 good, 1 a failure that is explained, 2 a usage error."""
        options = self.parser.parse_args(arguments)
        if options.home:
            os.environ["SPINEWISE_HOME"] = os.path.abspath(os.path.expanduser(options.home))
        try:
            return options.handler(options) or 0
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            return 130
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except Exception as problem:
            if options.debug:
                raise
            print(f"error: {explain(problem)}", file=sys.stderr)
            return 1


def explain(problem: Exception) -> str:
    """The problem in one line; an unforeseen one says how to see its traceback."""
    if isinstance(problem, SpinewiseError):
        return " ".join(str(problem).split())
    return (
        f"{type(problem).__name__}: {' '.join(str(problem).split())} (unforeseen: run again with --debug and report it)"
    )


def print_json(payload: Any) -> None:
    """One JSON object on stdout."""
    print(json.dumps(payload, ensure_ascii=False, default=str))


def note(message: str) -> None:
    """A line of progress on stderr, so that stdout stays clean for --json."""
    print(message, file=sys.stderr, flush=True)

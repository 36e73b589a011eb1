"""What each sub-command of `python -m eval` does that is a study of its own: an FAQ, the judges, retrieval at scale, speed.

Knows nothing of how arguments are parsed, nor of what a study measures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.command import note, print_json
from corpus.errors import SpinewiseError
from corpus.home import home_folder, make_folder, replacing
from eval.commands import bar, tenth

if TYPE_CHECKING:
    from eval.faq_file import Entry
    from index.search import Index

QUESTIONS = 500  # of a file's own, which has thousands


def faq(options: argparse.Namespace) -> int:
    """An FAQ as a test, with it and without it in the index."""
    from eval.baseline import read_baseline
    from eval.faq import MODES, faq_cases, figures, lines, only_there, read_reworded
    from eval.masking import leaks
    from eval.report import write
    from eval.run import Plan, default_folder, read_rows
    from eval.run import run as carry_out

    out = options.out or default_folder(home_folder(), "faq")
    before = {system: options.baseline and read_baseline(options.baseline / system) for system in MODES.values()}
    home, index, entries = faq_home(options.file, out)
    cases, found = faq_cases(entries, read_reworded(), options.split), {}
    note(f"{len(entries)} questions, {len(cases)} ways to ask them, into {out} (stopped early? --out {out} goes on)")
    for mode, system in MODES.items():
        note(mode)
        folder = out / system
        carry_out(Plan(cases, (), options.split, system, folder), home, bar(len(cases)))
        write(folder, before[system])
        found[mode] = figures(folder, index)
        if system != "assistant" and (leaked := leaks(read_rows(folder), index.documents)):
            raise SpinewiseError(
                f"masked replies cite the FAQ: {', '.join(leaked)}", "mend eval/masking.py: nothing may leak"
            )
    keep(found, out / "faq.json")
    alone = only_there(*(out / system for system in MODES.values()))
    if options.json:
        print_json({"folder": str(out), "figures": jsonable(found), "only_the_faq": [row["question"] for row in alone]})
    else:
        print("\n".join(lines(found)))
        print(f"\nAnswered by the FAQ alone, not by the other documents: {len(alone)} of {len(entries)}")
        print("".join(f"  {row['question']}\n" for row in alone))
        print("\n".join(f"{mode}: {out / system / 'report.html'}" for mode, system in MODES.items()))
    return 0


def faq_home(file: Path | None, out: Path) -> tuple[Path, Index, list[Entry]]:
    """The home to ask, its index, and the FAQ's entries with the documents that hold them.

    A file that isn't among the documents yet is put into an index of its own.
    """
    from eval.faq import entries_of, found_again, home_with, words
    from eval.faq_file import read_entries
    from index.search import Index
    from index.settings import IndexSettings

    entries = read_entries(file) if file else None
    home, settings = home_folder(), IndexSettings.load("index")
    index = Index.open(home, settings)
    own = entries_of(index)
    if entries is None and not own:
        raise SpinewiseError("the documents hold no FAQ", "name yours: python -m eval faq FILE")
    if entries is None:
        return home, index, own
    if not {words(one.question) for one in entries} <= {words(one.question) for one in own}:
        note("the FAQ is not among the documents: an index of both is made")
        home = home_with(entries, home, out)
        index = Index.open(home, settings)
    return home, index, found_again(entries, index)


def keep(found: Any, path: Path) -> None:
    """Figures as a JSON file."""
    make_folder(path.parent)
    with replacing(path) as stream:
        stream.write((json.dumps(jsonable(found), ensure_ascii=False, indent=1) + "\n").encode())


def jsonable(found: Any) -> Any:
    """Intervals as objects, however deep they lie."""
    if isinstance(found, dict):
        return {key: jsonable(value) for key, value in found.items()}
    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found


def meta(options: argparse.Namespace) -> int:
    """The judges against people."""
    from eval.judges import judges_of, measured, told

    found = measured(judges_of(home_folder()), options.physicians, options.split)
    if options.out:
        keep(found, options.out)
    if options.json:
        print_json(jsonable(found))
    else:
        print("\n".join(told(found)))
    return 0


def retrieval(options: argparse.Namespace) -> int:
    """Retrieval among thousands of pages."""
    from eval.at_scale import (
        compared,
        indexed,
        provenance,
        read_asked,
        read_entries,
        sampled,
        told,
        untaught,
        ways,
        with_patients,
    )

    entries, asked = read_entries(options.file), options.asked
    if asked is None:
        sample = sampled(entries, options.pages, options.questions or QUESTIONS)
    else:
        sample = with_patients(entries, read_asked(asked)[: options.questions], options.pages)
    work = options.work or home_folder() / "runs" / "retrieval"
    note(f"an index of {len(sample.pages)} pages in {work}")
    index = indexed(sample, work, building())
    note("the same passages by the embedder untaught")
    by = ways(index, *untaught(index, work, building()))
    ticks = bar(len(sample.questions), "question")
    found = compared(sample, by, lambda: next(ticks, None))
    found |= {"passages": len(index.passages), "embedder": index.embedder.name, **provenance(options.file)}
    found |= {"asked": asked.name if asked else "the file's own questions"}
    keep(found, options.out or work / "retrieval.json")
    if options.json:
        print_json(jsonable(found))
    else:
        print("\n".join(told(found)))
    return 0


def building() -> Callable[[int, int], None]:
    """A bar that moves while texts are embedded; where no terminal is, a line for each tenth."""
    from tqdm import tqdm

    shown, before = tqdm(unit="text", file=sys.stderr, disable=None), 0

    def step(done: int, total: int) -> None:
        nonlocal before
        shown.total = total
        shown.update(done - shown.n)
        if shown.disable:
            tenth(before, done, total, "text")
        before = done
        if done == total:
            shown.close()

    return step


def everything(options: argparse.Namespace) -> int:
    """All steps into one folder."""
    from eval.everything import Sources, carry_out, steps

    seeds, pairs, physicians = (there(one) for one in (options.seeds, options.pairs, options.physicians))
    bench, out = None if options.without_bench else tuple(options.bench), options.out.resolve()
    todo = list(steps(Sources(home_folder(), seeds, pairs, physicians, bench), make_folder(out)))
    carry_out(todo, out, note)
    if options.json:
        print_json({"folder": str(options.out), "steps": [one.name for one in todo]})
    else:
        print(f"{options.out}: all is there; now python -m eval readme {options.out}")
    return 0


def there(path: Path | None) -> Path | None:
    """A path that is named, wherever the steps run; one that isn't there is said before the first of them."""
    if path is not None and not path.exists():
        raise SpinewiseError(f"there is no {path}", "name a file or folder that is there, or leave it out")
    return path and path.resolve()


def readme(options: argparse.Namespace) -> int:
    """The README's figures."""
    from eval.figures import FIGURES, gathered, read_figures, written

    found = gathered(read_figures(), options.folder)
    keep(found, FIGURES)
    page = written(found)
    if options.json:
        print_json({"figures": str(FIGURES), "readme": str(page)})
    else:
        print(f"{FIGURES}\n{page}")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Speed and memory."""
    from eval.bench import Bench, lines
    from eval.bench import bench as measure

    home = home_folder()
    plan = Bench(
        tuple(options.sizes), options.rounds, tuple(options.peer), options.texts, options.llama_server, options.gguf
    )
    found = measure(plan, home, options.out or home / "runs" / "bench", note)
    if options.json:
        print_json(found)
    else:
        print("\n".join(lines(found)))
    return 0


def mutants(options: argparse.Namespace) -> int:
    """Ten deliberate defects."""
    os.environ["SPINEWISE_APP_READER"] = "none"
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # see eval.pool; numpy looks at it once, when it is loaded
    from app.site import open_assistant
    from eval.mutants import cases_for, check

    found = list(check(open_assistant(home_folder()), cases_for(), note))
    if options.json:
        print_json({"defects": [asdict(one) for one in found]})
    else:
        for one in found:
            print(f"{'caught' if one.findings else 'MISSED'}  {one.defect}")
            print("".join(f"          {line}\n" for line in one.findings[:3]), end="")
    return 0 if all(one.findings for one in found) else 1

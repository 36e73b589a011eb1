"""What each sub-command of `python -m eval` does with its parsed arguments. Knows nothing of how they are parsed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from corpus.command import note, print_json
from corpus.errors import SpinewiseError
from corpus.home import home_folder


def run(options: argparse.Namespace) -> int:
    """Answers every case and scores it."""
    from eval.cases import read_cases, shipped
    from eval.gate import baseline_rows
    from eval.report import write
    from eval.run import Plan, default_folder
    from eval.run import run as carry_out
    from eval.table import table

    files = tuple(options.cases or shipped())
    cases = read_cases(files, options.split)[: options.limit]
    home = home_folder()
    out = options.out or default_folder(home, options.system)
    plan = Plan(cases, files, options.split, options.system, out, options.seconds, options.real_time)
    note(f"{len(cases)} cases into {out} (stopped early? the same command with --out {out} goes on)")
    summary = carry_out(plan, home, bar(len(cases)))
    page = write(out, baseline_rows(options.baseline) if options.baseline else None)
    if options.json:
        print_json(summary | {"report": str(page)})
    else:
        print(table(summary))
        print(f"\n{page}")
    return 0


def report(options: argparse.Namespace) -> int:
    """Writes a run's page again, against another baseline if one is named."""
    from eval.gate import baseline_rows
    from eval.report import write

    page = write(options.run, baseline_rows(options.baseline) if options.baseline else None)
    if options.json:
        print_json({"report": str(page)})
    else:
        print(page)
    return 0


def bar(total: int) -> Iterator[None]:
    """A progress bar on stderr that moves with each next()."""
    from tqdm import tqdm

    with tqdm(total=total, unit="case", file=sys.stderr, disable=None) as shown:
        for _ in range(total):
            shown.update()
            yield


def compare(options: argparse.Namespace) -> int:
    """Two runs side by side."""
    from eval.compare import compare as compared
    from eval.compare import listing
    from eval.run import read_rows

    found = compared(read_rows(options.before), read_rows(options.after))
    if options.json:
        print_json(found.to_json())
    else:
        print("\n".join(listing(found)))
    return 0


def gate(options: argparse.Namespace) -> int:
    """Judges a run, made now if none is named."""
    from eval.gate import baseline_rows, judge, write_baseline
    from eval.run import SUMMARY, read_json, read_rows

    again = None
    if options.run is None:
        options.run, again = smoke_twice(options)
    rows = read_rows(options.run)
    if options.write_baseline:
        write_baseline(rows, options.write_baseline)
        note(f"wrote {options.write_baseline}")
        return 0
    baseline = baseline_rows(options.baseline)
    again_rows = read_rows(again) if again else None
    findings = judge(
        rows, read_json(options.run, SUMMARY), baseline, again_rows, times_of(options.baseline, options.run)
    )
    if options.json:
        print_json({"passed": not findings, "run": str(options.run), "findings": [asdict(one) for one in findings]})
    else:
        print("\n".join(str(one) for one in findings) or f"passed: {len(rows)} cases in {options.run}")
    return 1 if findings else 0


def times_of(baseline: Path | None, run: Path) -> Any:
    """The baseline run's times, if it was made on the same machine."""
    from eval.run import RUN, SUMMARY, read_json

    if baseline is None or not baseline.is_dir():
        return None
    same = read_json(baseline, RUN)["machine"] == read_json(run, RUN)["machine"]
    return read_json(baseline, SUMMARY)["times_ms"] if same else None


def mutants(options: argparse.Namespace) -> int:
    """Ten deliberate defects."""
    from app.site import open_assistant
    from eval.mutants import cases_for, check

    os.environ["SPINEWISE_APP_READER"] = "none"
    found = list(check(open_assistant(home_folder()), cases_for(), note))
    if options.json:
        print_json({"defects": [asdict(one) for one in found]})
    else:
        for one in found:
            print(f"{'caught' if one.findings else 'MISSED'}  {one.defect}")
            print("".join(f"          {line}\n" for line in one.findings[:3]), end="")
    return 0 if all(one.findings for one in found) else 1


def smoke_twice(options: argparse.Namespace) -> tuple[Path, Path]:
    """The cases of the gate (by default those chosen for it) run, and the first ten of them again."""
    from eval.cases import SMOKE, read_cases, shipped
    from eval.run import Plan, default_folder
    from eval.run import run as carry_out

    files = tuple(options.cases or shipped((SMOKE,)))
    cases, home = read_cases(files), home_folder()
    first = default_folder(home, "gate")
    second = first.with_name(f"{first.name}-again")
    for chosen, out in ((cases, first), (cases[:10], second)):
        carry_out(Plan(chosen, files, "dev", "assistant", out), home, bar(len(chosen)))
    return first, second


def calibrate(options: argparse.Namespace) -> int:
    """Fits when to abstain."""
    from app.answerability import FILE
    from eval.calibrate import calibrate as fit
    from eval.cases import read_cases, shipped

    files = tuple(options.cases or shipped(("answerable", "unanswerable", "followups", "adversarial")))
    homes = [home_folder(), *options.also]
    report = fit(read_cases(files, "dev"), files, homes, options.out or FILE, options.ridge)
    if options.json:
        print_json(report)
        return 0
    for name, value in (report | report["cross_validated"]).items():
        if not isinstance(value, dict):
            print(f"{name:<24}{value}")
    for name, weight in sorted(report["weights"].items(), key=lambda item: -abs(item[1])):
        print(f"  {name:<22}{weight:+.3f}")
    return 0


def faq(options: argparse.Namespace) -> int:
    """An FAQ as a test, with it and without it in the index."""
    from eval.faq import MODES, answers_by_case, entries_of, faq_cases, figures, lines, read_entries, read_reworded
    from eval.masking import leaks
    from eval.report import write
    from eval.run import Plan, default_folder, read_rows
    from eval.run import run as carry_out
    from index.search import Index
    from index.settings import IndexSettings

    home, reworded = home_folder(), read_reworded()
    index = Index.open(home, IndexSettings.load("index"))
    entries = read_entries(options.file) if options.file else entries_of(index)
    cases = faq_cases(entries, reworded, options.split)
    answers = answers_by_case(cases, entries, reworded)
    out, found = options.out or default_folder(home, "faq"), {}
    for mode, system in MODES.items():
        folder = out / system
        carry_out(Plan(cases, (), options.split, system, folder), home, bar(len(cases)))
        write(folder)
        found[mode] = figures(folder, answers, index)
        if system != "assistant" and (leaked := leaks(read_rows(folder), index.documents)):
            raise SpinewiseError(
                f"masked replies cite the FAQ: {', '.join(leaked)}", "mend eval/masking.py: nothing may leak"
            )
    if options.json:
        print_json({"folder": str(out), "figures": jsonable(found)})
    else:
        print("\n".join(lines(found)))
        print(out)
    return 0


def jsonable(found: Any) -> Any:
    """Intervals as objects, however deep they lie."""
    if isinstance(found, dict):
        return {key: jsonable(value) for key, value in found.items()}
    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found


def meta(options: argparse.Namespace) -> int:
    """The judge against people."""
    from eval.meta import agreement, paraphrases, physicians

    sets = [("sentences restated, marked by hand", list(paraphrases()))]
    if options.physicians:
        sets.append(("K-QA, marked by physicians", list(physicians(options.physicians))))
    found = [agreement(name, pairs) for name, pairs in sets]
    if options.json:
        print_json({"agreement": [one.to_json() for one in found]})
        return 0
    for one in found:
        print(f"{one.name}\n  kappa      {one.kappa}\n  precision  {one.precision}\n  recall     {one.recall}")
        for label, count in list(one.wrong.items())[:12]:
            print(f"    {count:>4} {label}")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Speed and memory."""
    from eval.bench import Bench, lines
    from eval.bench import bench as measure

    home = home_folder()
    plan = Bench(tuple(options.sizes), options.rounds, tuple(options.peer))
    found = measure(plan, home, options.out or home / "runs" / "bench", note)
    if options.json:
        print_json(found)
    else:
        print("\n".join(lines(found)))
    return 0


def freeze(options: argparse.Namespace) -> int:
    """Records the test halves."""
    from eval.cases import freeze as record

    made = record()
    if options.json:
        print_json(made)
    else:
        for name, one in made.items():
            print(f"{name}: {one['test_rows']} test rows, SHA-256 {one['sha256']}")
    return 0

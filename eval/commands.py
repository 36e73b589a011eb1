"""What each sub-command of `python -m eval` does with its parsed arguments. Knows nothing of how they are parsed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from corpus.command import note, print_json
from corpus.errors import SpinewiseError
from corpus.home import home_folder


def run(options: argparse.Namespace) -> int:
    """Answers every case and scores it."""
    from eval.baseline import read_baseline
    from eval.cases import read_cases, shipped
    from eval.gate import aims
    from eval.report import write
    from eval.run import Plan, default_folder, read_rows
    from eval.run import run as carry_out
    from eval.table import table

    files = tuple(options.cases or shipped())
    cases = read_cases(files, options.split)[: options.limit]
    baseline = read_baseline(options.baseline) if options.baseline else None
    home = home_folder()
    out = options.out or default_folder(home, options.system)
    plan = Plan(cases, files, options.split, options.system, out, options.seconds, options.real_time, options.workers)
    note(f"{len(cases)} cases into {out} (stopped early? the same command with --out {out} goes on)")
    summary = carry_out(plan, home, bar(len(cases)))
    page = write(out, baseline)
    rows = read_rows(out)
    if rows and all(row["reply"] is None for row in rows):
        raise SpinewiseError(
            f"{options.system} answered no case: {rows[0]['error']}", f"what was asked stands in {page}"
        )
    if options.json:
        print_json(summary | {"report": str(page)})
    else:
        print(table(summary))
        print("\nAims")
        print("\n".join(f"  {one}" for one in aims(summary["metrics"])))
        print(f"\n{page}")
    return 0


def report(options: argparse.Namespace) -> int:
    """Writes a run's page again, against another baseline if one is named."""
    from eval.baseline import read_baseline
    from eval.report import write

    page = write(options.run, read_baseline(options.baseline) if options.baseline else None)
    if options.json:
        print_json({"report": str(page)})
    else:
        print(page)
    return 0


def bar(total: int, unit: str = "case") -> Iterator[None]:
    """A progress bar on stderr that moves with each next(); where no terminal is, a line for each tenth."""
    from tqdm import tqdm

    with tqdm(total=total, unit=unit, file=sys.stderr, disable=None) as shown:
        for done in range(1, total + 1):
            shown.update()
            if shown.disable:
                tenth(done - 1, done, total, unit)
            yield


def tenth(before: int, done: int, total: int, unit: str) -> None:
    """Says how far it is when another tenth of the total is done."""
    if done * 10 // total > before * 10 // total:
        note(f"{done} of {total} {unit}s")


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
    from eval.baseline import read_baseline, write_baseline
    from eval.gate import Finding, aims, judge, known_faults, load, untouched
    from eval.report import write
    from eval.run import RUN, SUMMARY, read_json, read_rows

    own = (
        options.run is not None or options.cases
    )  # judged without the shipped baseline, which is of the gate's own choice
    baseline = read_baseline(options.baseline) if options.baseline or not own else None
    again: Path | None = None
    first: list[Finding] = []
    if options.run is None:
        options.run, again = subset_twice(options)
    rows, summary, rules = read_rows(options.run), read_json(options.run, SUMMARY), load()
    if not own:
        first += untouched(summary["metrics"])
        if baseline is not None and not baseline.covers(rows) and not options.write_baseline:
            why = "Cases were added or changed. Look at the run, then python -m eval gate --write-baseline eval/baseline.json"
            first.append(Finding("baseline", "is of other cases than the gate's choice", why))
    before = baseline.times_on(read_json(options.run, RUN).get("machine", "")) if baseline else None
    second = read_rows(again) if again else None
    if options.write_baseline:
        findings = first + judge(rows, summary, None, second, rules=rules)
    else:
        findings = first + judge(rows, summary, baseline, second, before, rules)
    known, reached = known_faults(rows, rules), aims(summary["metrics"], rules)
    page = write(options.run, baseline)
    if options.json:
        made = {"passed": not findings, "run": str(options.run), "report": str(page)}
        told = {"findings": [asdict(one) for one in findings], "known": [asdict(one) for one in known]}
        print_json(made | told | {"aims": [asdict(one) for one in reached]})
    else:
        for title, found in (("Known, not mended yet", known), ("Aims", [one for one in reached if not one.reached])):
            print("\n".join([f"{title}:", *(f"  {one}" for one in found)] if found else []))
        print("\n".join(str(one) for one in findings) or f"passed: {len(rows)} cases in {options.run}")
    if options.write_baseline and not findings:
        write_baseline(options.run, options.write_baseline)
        note(f"wrote {options.write_baseline}")
    elif options.write_baseline:
        note("no baseline was written: what breaks a rule or a limit is not a line to hold others to")
    return 1 if findings else 0


def subset_twice(options: argparse.Namespace) -> tuple[Path, Path]:
    """The gate's cases (by default a few of every kind, see `eval.subset`) run, and some of them again."""
    from eval.cases import read_cases, shipped
    from eval.run import Plan, default_folder
    from eval.run import run as carry_out
    from eval.subset import spread, subset

    files, home = tuple(options.cases or shipped()), home_folder()
    cases = read_cases(files) if options.cases else subset(read_cases(files))
    first = options.out or default_folder(home, "gate")
    second = first.with_name(f"{first.name}-again")
    for chosen, out in ((cases, first), (spread(cases), second)):
        carry_out(Plan(chosen, files, "dev", options.system, out), home, bar(len(chosen)))
    return first, second


def calibrate(options: argparse.Namespace) -> int:
    """Fits when to abstain."""
    from app.reader.practice import clinics
    from eval.provenance import UNHURRIED

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # see eval.pool; numpy looks at it once, when it is loaded
    os.environ.setdefault(*UNHURRIED)
    from app.answerability import FILE
    from eval.calibrate import calibrate as fit
    from eval.cases import read_cases, shipped

    files = tuple(options.cases or shipped(("answerable", "unanswerable", "followups", "adversarial")))
    homes = [home_folder(), *options.also]
    practice = clinics(options.practice), options.each
    probe = options.probe or (options.out.parent if options.out else None)
    report = fit(
        read_cases(files, "dev"), files, homes, practice, (options.out or FILE, probe), options.folds, options.ridge
    )
    if options.json:
        print_json(report)
        return 0
    for name, value in (report | report["cross_validated"]).items():
        if not isinstance(value, dict):
            print(f"{name:<24}{value}")
    for name, weight in sorted(report["weights"].items(), key=lambda item: -abs(item[1])):
        print(f"  {name:<22}{weight:+.3f}")
    return 0


def attend(options: argparse.Namespace) -> int:
    """Fits where the reader looks."""
    from app.reader.practice import clinics
    from eval.attend import attend as fit
    from eval.cases import read_cases, shipped

    cases = read_cases(tuple(options.cases or shipped(("answerable",))), "dev")
    folders = clinics(options.practice)
    read = 0

    def done() -> None:
        nonlocal read
        read += 1
        if read % 100 == 0:
            note(f"{read} prompts read")

    figures = fit(cases, [home_folder(), *options.also], folders, options.each, options.out, options.folds, done)
    if options.json:
        print_json(figures)
    else:
        print("\n".join(f"{name:<10}{value}" for name, value in figures.items()))
    return 0


def freeze(options: argparse.Namespace) -> int:
    """Records the test halves."""
    from eval.frozen import freeze as record

    made = record()
    if options.json:
        print_json(made)
    else:
        for name, one in made.items():
            print(f"{name}: {one['test_rows']} test rows, SHA-256 {one['sha256']}")
    return 0

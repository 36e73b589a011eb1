"""python -m eval: run, report, compare, gate, calibrate, meta, bench, freeze."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from corpus.command import Command, note, print_json
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
    from eval.run import read_json, read_rows

    again = None
    if options.run is None:
        options.run, again = smoke_twice(options)
    rows = read_rows(options.run)
    if options.write_baseline:
        write_baseline(rows, options.write_baseline)
        note(f"wrote {options.write_baseline}")
        return 0
    baseline = baseline_rows(options.baseline)
    findings = judge(
        rows, read_json(options.run, "summary.json")["metrics"], baseline, read_rows(again) if again else None
    )
    if options.json:
        print_json({"passed": not findings, "run": str(options.run), "findings": [asdict(one) for one in findings]})
    else:
        print("\n".join(str(one) for one in findings) or f"passed: {len(rows)} cases in {options.run}")
    return 1 if findings else 0


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


def command() -> Command:
    """All sub-commands."""
    made = Command("eval", "Judges answers: how good they are, how sure one can be of that, and what broke.")
    parser = made.add("run", run, "answers every case and scores it", "python -m eval run --split dev --out runs/today")
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE", help="cases to run (default: the shipped ones)"
    )
    parser.add_argument("--split", choices=["dev", "test", "all"], default="dev", help="which half (default: dev)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (default: runs/ in the home)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N cases")
    parser.add_argument(
        "--system", default="assistant", metavar="NAME",
        help="assistant, always-abstain, always-urgent, echo, top-passage, command:LINE, or a URL",
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, default=120, help="the most that one case may take (default: 120)")
    parser.add_argument(
        "--real-time", action="store_true",
        help="keep the site's time limit for the model; answers then hang on how busy the machine is",
    )  # fmt: skip
    parser.add_argument("--baseline", type=Path, metavar="DIR", help="an earlier run that the report compares with")
    parser = made.add(
        "report", report, "writes a run's report again", "python -m eval report runs/today --baseline runs/old"
    )
    parser.add_argument("run", type=Path, metavar="DIR", help="the folder of a finished run")
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="an earlier run, or a baseline file, to compare with"
    )
    parser = made.add(
        "compare", compare, "what changed between two runs, and how sure that is", "python -m eval compare A B"
    )
    parser.add_argument("before", type=Path, metavar="A", help="the folder of the earlier run")
    parser.add_argument("after", type=Path, metavar="B", help="the folder of the later run")
    parser = made.add(
        "gate", gate, "exit 1, and why, when a rule, a threshold or the baseline is not held", "python -m eval gate"
    )
    parser.add_argument("--run", type=Path, metavar="DIR", help="judge this run (default: run the smoke cases now)")
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE", help="run these cases instead of the smoke cases"
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="an earlier run, or a baseline file (default: the shipped one)"
    )
    parser.add_argument(
        "--write-baseline", type=Path, metavar="FILE", help="write the run as a baseline and judge nothing"
    )
    parser = made.add("calibrate", calibrate, "fits when to abstain, on development cases", "python -m eval calibrate")
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE", help="cases to fit on (default: the shipped ones)"
    )
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="another home whose index is fitted on alike",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where it is written (default: app/answerability.json)"
    )
    parser.add_argument("--ridge", type=float, default=1.0, help="how strongly weights are kept small (default: 1)")
    parser = made.add("meta", meta, "how far the judge of sentences agrees with people", "python -m eval meta")
    parser.add_argument("--physicians", type=Path, metavar="FILE", help="K-QA's support pairs, where you have them")
    parser = made.add("bench", bench, "speed and memory; takes minutes", "python -m eval bench --sizes 1000 10000")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="how many vectors to search"
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often each question is asked (default: 2)")
    parser.add_argument(
        "--peer", action="append", default=[], metavar="LINE", help="a command that takes --batch, beside ours"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where bench.json and bench.svg go (default: runs/bench)"
    )
    made.add("freeze", freeze, "records the SHA-256 of the test halves", "python -m eval freeze")
    return made


if __name__ == "__main__":
    sys.exit(command().run())

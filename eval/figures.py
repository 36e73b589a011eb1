"""The README's section "Is it any good?": figures of whole runs, kept in figures.json and written out as Markdown.

`python -m eval readme` gathers and writes; a test compares the README with what figures.json gives. Knows nothing of how
a run is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from corpus.home import replacing
from eval.gate import aims
from eval.provenance import ROOT
from eval.run import RUN, SUMMARY, read_json
from eval.summary import METRICS

FIGURES, README = Path(__file__).parent / "figures.json", ROOT / "README.md"
BEGIN, END = "<!-- figures: written by python -m eval readme -->", "<!-- figures end -->"
TITLE = "## Is it any good?"
CORPORA = {"shipped": "shipped corpus", "seeds": "raw sources"}
SHOWN = (
    "correct", "emergency", "same_day", "no_alarm", "withstands", "keeps_prompt", "nothing_forbidden", "answers", "abstains",
    "abstention_precision", "nuggets_vital", "citation_recall", "citation_precision", "verbatim", "numbers", "follow_up",
    "gives_approved", "approved_precision", "hit@5", "ndcg@10", "auc", "ece", "grade_written",
)  # fmt: skip
NUMBERS = {"auc", "ece", "ndcg@10", "grade_written", "brier", "aurc"}  # shown as they are, not as shares
OF_RUN = ("split", "cases", "documents", "passages", "commit", "code", "started", "machine")


# -- gathering ---------------------------------------------------------------------------------------------------------


def read_figures(path: Path = FIGURES) -> dict[str, Any]:
    """The figures that are kept; none yet is an empty table."""
    if not path.exists():
        return {"runs": {}}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def gathered(kept: Mapping[str, Any], folder: Path | None = None) -> dict[str, Any]:
    """What is kept, with every part that is in the folder (see `eval.everything`) put in its place."""
    found = {**kept, "runs": dict(kept["runs"])}
    if folder is None:
        return found
    if not folder.is_dir():
        raise SpinewiseError(f"{folder} is no folder of results", "make one: python -m eval all --out DIR")
    for name in CORPORA:
        if (folder / name / SUMMARY).exists():
            found["runs"][name] = of_run(folder / name)
        if (path := folder / f"faq-{name}" / "faq.json").exists():
            found["faq"] = {**found.get("faq", {}), name: read_part(path)}
    for name, file in (("meta", "meta.json"), ("retrieval", "retrieval.json"), ("bench", "bench/bench.json")):
        if (folder / file).exists():
            found[name] = read_part(folder / file)
    return found


def read_part(path: Path) -> Any:
    """A study's JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise SpinewiseError(f"can't read {path}: {problem}", "remove it, then python -m eval all again") from None


def of_run(folder: Path) -> dict[str, Any]:
    """What the README needs of a run."""
    summary, about = read_json(folder, SUMMARY), read_json(folder, RUN)
    return {
        "about": {name: about[name] for name in OF_RUN},
        "metrics": {name: summary["metrics"][name] for name in SHOWN},
        "trivial": {name: best_trivial(summary, name) for name in SHOWN},
        "stages": {
            stage: {name: values[name] for name in ("hit@5", "mrr@10", "ndcg@10")}
            for stage, values in summary["stages"].items()
        },
    }


def best_trivial(summary: Mapping[str, Any], name: str) -> float | None:
    """The best value of a metric that a system which knows nothing gets."""
    found = [values[name]["value"] for values in summary["trivial"].values() if values.get(name)]
    return (max(found) if METRICS[name].better == "higher" else min(found)) if found else None


# -- writing -----------------------------------------------------------------------------------------------------------


def written(found: Mapping[str, Any], page: Path = README) -> Path:
    """Puts the section into the page, in the place of the old one, or before "## The files"."""
    text = page.read_text(encoding="utf-8")
    with replacing(page) as stream:
        stream.write(placed(text, section(found)).encode())
    return page


def placed(text: str, made: str) -> str:
    """The page's text with the section in its place."""
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        return f"{before}{made}{rest.split(END, 1)[1]}"
    before, mark, after = text.partition("## The files\n")
    if not mark:
        raise SpinewiseError("the README has no place for the figures", f"put the lines {BEGIN} and {END} into it")
    return f"{before}{TITLE}\n\n{made}\n\n{mark}{after}"


def standing(text: str) -> str:
    """The section as it stands in a page; "" for none."""
    return BEGIN + text.split(BEGIN, 1)[1].split(END, 1)[0] + END if BEGIN in text and END in text else ""


def section(found: Mapping[str, Any]) -> str:
    """The whole section as Markdown, between its two marks."""
    parts = [
        table(found["runs"]),
        *unreached(found["runs"]),
        *faq(found.get("faq")),
        *judges(found.get("meta")),
        *scale(found.get("retrieval")),
        *speed(found.get("bench")),
    ]
    return "\n\n".join([BEGIN, *(part for part in parts if part), END])


def table(runs: Mapping[str, Any]) -> str:
    """The main figures, one column a corpus."""
    names = [name for name in CORPORA if name in runs]
    if not names:
        return "Nothing has been measured yet: `python -m eval run`, then `python -m eval readme`."
    about = runs[names[0]]["about"]
    half = {"dev": "development", "test": "test (frozen, never tuned on)", "all": "all"}[about["split"]]
    rows = [
        f"Cases of the {half} half, {about['started'][:10]}. Beside each figure the range that holds the true one 95 times "
        "in 100, and the number of cases. The last column is the best that a system gets which knows nothing (always abstain, "
        "always alarm, echo the question, quote the first passage): a figure that it reaches too proves little.",
        "",
        f"| | {' | '.join(CORPORA[name] for name in names)} | knows nothing |",
        f"|---|{'---|' * (len(names) + 1)}",
    ]
    for metric in SHOWN:
        cells = [spelt(metric, runs[name]["metrics"].get(metric)) for name in names]
        trivial = [one for name in names if (one := runs[name]["trivial"].get(metric)) is not None]
        lower = " (lower is better)" if METRICS[metric].better == "lower" else ""
        if any(cell != "–" for cell in cells):
            best = bare(metric, (min if lower else max)(trivial)) if trivial else "–"
            rows.append(f"| {METRICS[metric].title}{lower} | {' | '.join(cells)} | {best} |")
    return "\n".join(rows)


def unreached(runs: Mapping[str, Any]) -> Iterator[str]:
    """What has not got where it has to, over the corpora; nothing where all has."""
    short: dict[str, list[str]] = {}
    for corpus in (name for name in CORPORA if name in runs):
        for one in aims(runs[corpus]["metrics"]):
            if not one.reached:
                goal = f"{one.title} ({'at most' if one.lower else 'at least'} {bare(one.name, one.aim)})"
                short.setdefault(goal, []).append(CORPORA[corpus])
    if short:
        named = "; ".join(goal if len(where) == len(runs) else f"{goal}, {where[0]}" for goal, where in short.items())
        yield f"Not where it has to get yet: {named}."


def spelt(metric: str, value: Mapping[str, Any] | None) -> str:
    """A figure with its range and n."""
    if value is None:
        return "–"
    if metric in NUMBERS:
        return f"{value['value']:.2f} ({value['low']:.2f}–{value['high']:.2f}), n={value['n']}"
    return f"{percent(value['value'])} % ({percent(value['low'])}–{percent(value['high'])}), n={value['n']}"


def percent(share: float) -> str:
    """A share in whole hundredths; what isn't quite all or nothing never reads as all or nothing."""
    hundred = f"{share * 100:.0f}"
    return f"{share * 100:.1f}" if hundred in ("0", "100") and share not in (0, 1) else hundred


def bare(metric: str, value: float) -> str:
    """A figure alone."""
    return f"{value:.2f}" if metric in NUMBERS else f"{percent(value)} %"


def faq(found: Mapping[str, Any] | None) -> Iterator[str]:
    """The FAQ with and without itself in the index, for each corpus."""
    if not found:
        return
    columns = ("answered", "vital facts", "cites the FAQ")
    rows = [
        "The corpus's own FAQ as a test, each question as written, in other words written by hand, and as people type (in a "
        "story, as words alone, mistyped; made by rule). Masked, the answer has to come from the rest of the documents:",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for corpus in (name for name in CORPORA if name in found):
        for mode, groups in found[corpus].items():
            for group, values in groups.items():
                words = group.removeprefix("faq-").replace("-", " ")
                cells = " | ".join(spelt(name, values.get(name)) for name in columns)
                rows.append(f"| {CORPORA[corpus]}, {mode}, {words} | {cells} |")
    yield "\n".join(rows)


AGREEMENT = (("Kappa", "kappa", "auc"), ("AUC", "auc", "auc"), ("Refused though true", "false_alarms", ""))


def judges(found: Mapping[str, Any] | None) -> Iterator[str]:
    """How far the judge can be trusted."""
    if not found:
        return
    names = list(found["missed"])
    rows = [
        "How far these judgements can be trusted: agreement with people (Cohen's kappa; physicians agree with each other at 0.66 "
        f"to 0.75), and the share of {found['corruptions']} untrue sentences, made by rule from the documents, that is let "
        "through:",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for group, by_judge in found["agreement"].items():
        rows += [
            f"| {title}, {group} | {' | '.join(spelt(metric, by_judge[name][key]) for name in names)} |"
            for title, key, metric in AGREEMENT
        ]
    rows.append(f"| Untrue, let through | {' | '.join(spelt('', found['missed'][name]['all']) for name in names)} |")
    yield "\n".join(rows)


def scale(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Retrieval among thousands of pages."""
    if not found:
        return
    columns, gain = list(next(iter(found["rows"].values()))), "shipped search: nDCG@10 higher by"
    rows = [
        f"Finding the right page among {found['pages']:,} of {found['file']}, with {found['questions']} questions of "
        f"{found['asked']} (paired permutation test, p after Holm):",
        "",
        f"| | {' | '.join(columns)} | {gain} |",
        f"|---|{'---|' * (len(columns) + 1)}",
    ]
    for name, row in found["rows"].items():
        against = found["against"].get(name)
        last = f"{spelt('auc', against['difference'])}, p={against['p']:.4f}" if against else "–"
        rows.append(f"| {name} | {' | '.join(spelt('auc', value) for value in row.values())} | {last} |")
    yield "\n".join(rows)


ENGINES = {
    "ours": "The language model alone, as it runs here",
    "llama.cpp": "llama.cpp's server, the same prompts and threads",
    "ours_over_llama.cpp": "Ours beside llama.cpp's",
}


def speed(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Time and memory, and how many times as long others take."""
    if not found:
        return
    warm, build = found["answers_ms"]["warm"], found["build"]
    rows = [
        f"Time and memory on {found['machine']}, one question at a time:",
        "",
        "| | |",
        "|---|---|",
        f"| Start | {found['start_seconds']} s |",
        f"| Index build | {build['passages_per_second']} passages a second |",
        *(
            f"| {title}, of half / of 95 in 100 | {warm[step]['p50'] / 1000:.2f} s / {warm[step]['p95'] / 1000:.2f} s |"
            for step, title in (("first_sentence", "First sentence"), ("total", "Whole answer"))
            if step in warm
        ),
        f"| Memory at most | {found['peak_rss_mb']:.0f} MB |",
        *(
            f"| Search among {one['vectors']:,} vectors | exact {one['exact']['query_ms']['p50']:.1f} ms; graph "
            f"{one['hnsw']['query_ms']['p50']:.1f} ms with {one['hnsw']['recall@10']:.1%} of the true ten |"
            for one in found["search"]
        ),
        *(
            f"| {ENGINES[name]} | reads {one['prefill_tokens_per_second']:g}, writes {one['decode_tokens_per_second']:g} "
            f"{'times as fast' if 'over' in name else 'tokens a second'} |"
            for name, one in (found["engines"] or {}).items()
        ),
        *(
            f"| {name} | {one['times_ours']} times as long as ours |"
            for name, one in found["peers"].items()
            if "times_ours" in one
        ),
    ]
    yield "\n".join(rows)

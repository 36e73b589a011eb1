"""Work in processes of its own: in order, and its errors are those of the one who asked."""

from __future__ import annotations

import os

import pytest

from corpus.errors import SpinewiseError
from eval.pool import in_processes


def doubled(number: int) -> tuple[int, int]:
    """Twice the number, and the process that says so; stands here because a process has to find it by its name."""
    if number == 13:
        raise SpinewiseError("thirteen", "take another")
    if number == 99:
        os._exit(1)
    return 2 * number, os.getpid()


def test_what_the_work_makes_comes_in_the_order_of_the_tasks() -> None:
    made = in_processes(doubled, [3, 1, 2])
    assert [one for one, _ in made] == [6, 2, 4]
    assert os.getpid() not in {process for _, process in made}


def test_what_goes_wrong_in_a_process_is_said_here_with_its_mend() -> None:
    with pytest.raises(SpinewiseError, match="thirteen: take another") as raised:
        in_processes(doubled, [1, 13])
    assert raised.value.mend == "take another"
    with pytest.raises(SpinewiseError, match="ended before its work was done"):
        in_processes(doubled, [99])

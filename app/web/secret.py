"""Secrets that open a staff page: kept as scrypt hashes, and guessed at only slowly. Knows nothing of pages.

Covers neither strangers who only want to keep staff out (fifty wrong guesses from anywhere make everybody wait, an hour at most)
nor a guesser with many addresses and years of time: a PIN of four digits is for a screen that people stand
before, a password of twelve letters or more for a page that the network can reach.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from corpus.errors import SpinewiseError

COST, BLOCK, LANES = 2**14, 8, 1  # 16 MiB and some 50 ms a guess (RFC 7914's interactive setting)
FREE_TRIES, FIRST_WAIT, LONGEST_WAIT = 5, 30.0, 3600.0
MOST_REMEMBERED = 10_000


def hashed(secret: str) -> str:
    """`scrypt:N:r:p:salt:key`, as it stands in the settings; no `$`, so that a shell leaves it alone."""
    salt = secrets.token_bytes(16)
    parts = (str(COST), str(BLOCK), str(LANES), _encoded(salt), _encoded(_key(secret, salt, COST, BLOCK, LANES)))
    return ":".join(("scrypt", *parts))


def matches(secret: str, stored: str) -> bool:
    """Whether `secret` is the one that `stored` was made of. SpinewiseError where `stored` is no hash of ours."""
    try:
        name, cost, block, lanes, salt, key = stored.split(":")
        if name != "scrypt" or int(cost) > 2**20 or int(block) > 64 or int(lanes) > 16:
            raise ValueError(name)
        grain, wanted = base64.urlsafe_b64decode(salt), base64.urlsafe_b64decode(key)
        if len(grain) < 16 or len(wanted) != 32:
            raise ValueError("cut off")
        return hmac.compare_digest(_key(secret, grain, int(cost), int(block), int(lanes)), wanted)
    except (ValueError, TypeError) as problem:
        raise SpinewiseError("a secret's hash in the settings is damaged", "run python -m app secret") from problem


def _key(secret: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    limit = 256 * cost * block * lanes  # what scrypt needs is 128 bytes for each; OpenSSL's own limit is lower
    return hashlib.scrypt(secret.encode("utf-8"), salt=salt, n=cost, r=block, p=lanes, maxmem=limit, dklen=32)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")


class Tries:
    """Wrong guesses by who made them: five are free, then each doubles the wait, from 30 s up to an hour.

    Beside each guesser all guessers together have `everyone` guesses free, against many addresses at once.
    """

    def __init__(self, everyone: int = 50, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._everyone, self._lock = clock, everyone, threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # who -> wrong guesses, time of the last

    def wait(self, who: str) -> int:
        """Seconds until `who` may guess again; 0 is now."""
        with self._lock:
            return max(self._left(who, FREE_TRIES), self._left("", self._everyone))

    def wrong(self, who: str) -> None:
        """A wrong guess."""
        with self._lock:
            for name in (who, ""):
                count, _ = self._wrong.pop(name, (0, 0.0))
                self._wrong[name] = (count + 1, self._clock())
            while len(self._wrong) > MOST_REMEMBERED:
                self._wrong.popitem(last=False)

    def right(self, who: str) -> None:
        """The right one: all is forgiven."""
        with self._lock:
            self._wrong.pop(who, None)
            self._wrong.pop("", None)

    def _left(self, who: str, free: int) -> int:
        count, last = self._wrong.get(who, (0, 0.0))
        if count < free:
            return 0
        due = last + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(count - free, 20))
        return max(0, round(due - self._clock() + 0.5))

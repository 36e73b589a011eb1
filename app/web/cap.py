"""How many questions one address may ask in a minute. Knows addresses and times, no questions, and writes nothing.

This machine itself is never capped: it is the kiosk, or a proxy that hides its visitors' addresses (a proxy here that
sends X-Forwarded-For is believed, see uvicorn's `forwarded_allow_ips`). Not covered: a visitor with many addresses.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address

WINDOW = 60.0  # seconds
MOST_ADDRESSES = 10_000


class CappedError(Exception):
    """This address asked too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"come back in {retry_after} s")


class Cap:
    """At most `most` questions from one address in any 60 seconds; 0 is no cap. Lives in one event loop."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, address: str | None) -> None:
        """Counts one question from `address`; CappedError if that is one too many. None is a caller in this process."""
        if not self._most or address is None or local(address):
            return
        now = self._clock()
        times = self._asked.setdefault(address, deque(maxlen=self._most))
        self._asked.move_to_end(address)
        if len(times) == self._most and (left := times[0] + WINDOW - now) > 0:
            raise CappedError(math.ceil(left))
        times.append(now)
        while len(self._asked) > MOST_ADDRESSES:
            self._asked.popitem(last=False)


def local(address: str) -> bool:
    """Whether the address is this machine's own; a name that is no address is not."""
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback

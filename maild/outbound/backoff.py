"""When a mail that could not leave is tried again, and when it is given up (PRODUCT §4). Pure; dice are an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta

GIVE_UP = timedelta(days=2)
_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(minutes=66)
# A mail that waits for the relay's sake goes behind those that were not tried yet.
_BEHIND = timedelta(seconds=5)
# The answer to the final dot was lost: a second copy would be the same mail, so it waits, and comes at most thrice.
UNKNOWN_AFTER = timedelta(minutes=15)
UNKNOWN_TRIES = 3


@dataclass(frozen=True, slots=True)
class Next:
    """The new state of an outbox row and when it is due. `over`: nothing more will be tried."""

    state: str
    due: datetime
    over: bool = False


def after(kind: str, attempts: int, unknowns: int, created: datetime, now: datetime, dice: float) -> Next:
    """What follows a result of `smtp`. `dice` is 0–1 and spreads retries, so that they do not come all at once.

    sent and refused are final. A relay that is away counts against no mail, and no mail is given up for it alone. One
    whose answer was lost stays unknown for good after the last try: it may well have arrived, so it has not failed.
    """
    if kind == "sent":
        return Next("sent", now, over=True)
    if kind == "refused":
        return Next("failed", now, over=True)
    if kind == "unknown":
        return Next("unknown", now + UNKNOWN_AFTER, over=unknowns >= UNKNOWN_TRIES)
    if kind == "relay":
        return Next("queued", now + _BEHIND)
    if now - created >= GIVE_UP:
        # What got lost once may have arrived, whatever was said later.
        return Next("unknown" if unknowns > UNKNOWN_TRIES else "failed", now, over=True)
    wait = min(_FIRST * 2 ** min(max(attempts - 1, 0), 10), _LONGEST)
    return Next("queued", now + wait * (0.75 + 0.5 * dice))

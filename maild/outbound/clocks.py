"""The two clocks of a ticket in words: when a first contact and the solution are due, and how much time is left."""

from collections.abc import Callable, Sequence
from datetime import datetime

from maild.model import Words
from maild.model.when import lasting

_DUE = Words("due {at}, {left} left", "{at} 前，还剩{left}")
_DUE_WORKING = Words("due {at}, {left} of working time left", "{at} 前，还剩工作时间{left}")
_LATE = Words("overdue since {at}, by {left}", "已超时：应在 {at} 前，超{left}")
_LATE_WORKING = Words("overdue since {at}, by {left} of working time", "已超时：应在 {at} 前，超工作时间{left}")
_STANDS = Words("the clock stands, {left} left", "计时暂停，还剩{left}")
_STANDS_LATE = Words("the clock stands, overdue by {left}", "计时暂停，已超{left}")


def clock_rows(
    rows: object, say: Callable[[datetime], str], day_minutes: int, language: str
) -> tuple[tuple[str, str], ...]:
    """(key of the label, how it stands) for each clock that `workflow.clocks` shows; `say` words a moment."""
    if not isinstance(rows, Sequence):
        return ()
    return tuple((name, _worded(due, left, around, say, day_minutes, language)) for name, due, left, around in rows)


def _worded(
    due: datetime | None, left: int, around: bool, say: Callable[[datetime], str], day_minutes: int, language: str
) -> str:
    late = left < 0
    if due is None:
        words = _STANDS_LATE if late else _STANDS
    elif late:
        words = _LATE if around else _LATE_WORKING
    else:
        words = _DUE if around else _DUE_WORKING
    span = _span(abs(left), 24 * 60 if around else day_minutes, language)
    return words.for_(language).format(at=say(due) if due is not None else "", left=span)


def _span(minutes: int, day_minutes: int, language: str) -> str:
    """`130` → "2 h 10 min"; "2 小时 10 分"; days are as long as the clock's own."""
    chinese = language.startswith("zh")
    days, rest = divmod(minutes, day_minutes)
    hours, least = divmod(rest, 60)
    parts = [(days, "天" if chinese else "day" if days == 1 else "days"), (hours, "小时" if chinese else "h")]
    # Beside days nobody counts minutes.
    if not days:
        parts.append((least, "分钟" if chinese else "min"))
    told = [f"{count} {unit}" for count, unit in parts if count]
    return (" " if chinese else "") + (" ".join(told) or lasting(0, day_minutes, language))

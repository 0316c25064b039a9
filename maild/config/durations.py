"""Durations as people write them in config.toml: `15m`, `4h`, `1d12h`, `3d`."""

import re
from datetime import timedelta

_PART = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_HINT = "write it like 30s, 15m, 4h, 1d12h or 2w"


def parse_duration(value: object) -> timedelta:
    """`"1d12h"` → timedelta. A bare number is refused, because nobody remembers its unit."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        text = value.replace(" ", "").lower()
        parts = _PART.findall(text)
        if parts and "".join(number + unit for number, unit in parts) == text:
            return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
    raise ValueError(f"not a duration: {value!r}; {_HINT}")


def business_minutes(value: object, day_minutes: int) -> int:
    """A target's length in working minutes, where `d` is one standard working day (PRODUCT §3.3)."""
    if not isinstance(value, str):
        raise ValueError(f"not a duration: {value!r}; {_HINT}")
    text = value.replace(" ", "").lower()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {value!r}; {_HINT}")
    minutes = {"s": 1 / 60, "m": 1, "h": 60, "d": day_minutes, "w": 5 * day_minutes}
    return round(sum(int(number) * minutes[unit] for number, unit in parts))

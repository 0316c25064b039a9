"""What people see in a terminal. Text from mails is shown, never obeyed: no control character of it works."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Without a terminal nobody wraps lines for us, and a table cut to 80 columns would lose what a script looks for.
_PIPE_WIDTH = 200


def shown(text: str) -> str:
    """One line of anybody's text: control, direction-changing and invisible characters as escapes, blanks as blanks."""
    return "".join(_visible(c) for c in text)


def _visible(c: str) -> str:
    if c.isprintable() or c == "\u3000":
        return c
    if c in "\t\xa0" or (c.isspace() and c not in "\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"):
        return " "
    return c.encode("unicode_escape", "backslashreplace").decode()


def console() -> "Console":
    """Standard output as rich sees it, with every kind of markup off: our own styles are given as Text."""
    from rich.console import Console

    return Console(
        markup=False, emoji=False, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH
    )


def text(value: object, style: str = "") -> "Text":
    """A value as one visible line in a style; a moment on this machine's clock."""
    from rich.text import Text

    if isinstance(value, datetime):
        return Text(moment(value), style=style)
    return Text(shown(str(value)) if value is not None else "", style=style)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table; cells may be ready-made Text."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), show_header=any(heads))
    for head in heads:
        made.add_column(head, overflow="ellipsis", no_wrap=head in ("No", "Ticket", "State", "Fate"))
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in row))
    console().print(made)


def moment(value: datetime | None) -> str:
    """A moment on this machine's clock, to the minute."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value is not None else ""


def print_json(value: object) -> None:
    """One ASCII JSON value with ISO 8601 times, for scripts."""
    print(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")

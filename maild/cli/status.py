"""`maild status`: how the desk is doing, for people and for monitoring."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.config import Settings

OPEN_STATES = ("new", "open", "pending", "on_hold", "resolved")
# A mail that waits longer than this to be decided, or to leave, is not on its ordinary way.
_SLOW = timedelta(minutes=5)

Level = Literal["ok", "warn", "critical"]
_EXIT: Mapping[Level, int] = {"ok": 0, "warn": 1, "critical": 2}
_STYLES: Mapping[Level, str] = {"ok": "green", "warn": "yellow", "critical": "bold red"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not as it should be, with what to do about it."""

    level: Level
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the database says of the desk at one moment. `mailboxes`: when each last had a clean look, None never;
    `errors`: what last went wrong with a mailbox since then; `oldest_waiting` and `oldest_due`: since when the oldest
    mail waits for its decision, or could have left; `relay_said`: the relay's last words to a mail that waits for it.
    """

    mode: str
    tickets: Mapping[str, int]
    inbound: Mapping[str, int]
    outbox: Mapping[str, int]
    alarms: tuple[tuple[str, str, datetime], ...]
    mailboxes: Mapping[str, datetime | None]
    errors: Mapping[str, str] = field(default_factory=dict)
    oldest_waiting: datetime | None = None
    oldest_due: datetime | None = None
    relay_said: str = ""


def judge(picture: Picture, no_fetch: timedelta, now: datetime) -> list[Trouble]:
    """What a monitor should know; an empty list when all is well. `no_fetch`: how long a mailbox may be away."""
    found: list[Trouble] = []
    for kind, detail, since in picture.alarms:
        found.append(Trouble("critical", f"alarm since {since:%Y-%m-%d %H:%M} UTC: {kind}: {detail}"))
    for name, clean in picture.mailboxes.items():
        why = picture.errors.get(name) or "is `maild run` running?"
        if clean is None:
            found.append(Trouble("critical", f"mailbox {name} was never read: {why}"))
        elif now - clean > no_fetch:
            minutes = int((now - clean).total_seconds() // 60)
            found.append(Trouble("critical", f"mailbox {name} was last read {minutes} minutes ago: {why}"))
        elif name in picture.errors:
            found.append(Trouble("warn", f"mailbox {name} cannot be read just now: {why}"))
    if picture.oldest_waiting is not None and now - picture.oldest_waiting > _SLOW:
        found.append(
            Trouble(
                "critical", f"{picture.inbound.get('waiting', 0)} mails wait to be decided: is `maild run` running?"
            )
        )
    if picture.oldest_due is not None and now - picture.oldest_due > _SLOW:
        said = f"; the relay: {picture.relay_said}: `maild check`" if picture.relay_said else ""
        found.append(Trouble("critical", f"mail that is due does not leave{said}: `maild outbox list --state queued`"))
    if picture.outbox.get("failed"):
        found.append(
            Trouble(
                "warn", f"{picture.outbox['failed']} mails could not be delivered: `maild outbox list --state failed`"
            )
        )
    if picture.outbox.get("unknown"):
        found.append(
            Trouble(
                "warn",
                f"{picture.outbox['unknown']} mails may or may not have arrived: `maild outbox list --state unknown`",
            )
        )
    if picture.inbound.get("quarantined"):
        found.append(
            Trouble(
                "warn",
                f"{picture.inbound['quarantined']} mails are quarantined: `maild inbound list --fate quarantined`",
            )
        )
    return found


def worst(troubles: list[Trouble]) -> Level:
    """The level of the whole desk."""
    levels = {trouble.level for trouble in troubles}
    return "critical" if "critical" in levels else "warn" if "warn" in levels else "ok"


def status(
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """How the desk is doing: tickets, mail in and out, alarms. Exit code 0 all is well, 1 warning, 2 critical.

    Example:  maild status --json
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import print_json
    from maild.store.engine import reading

    settings, engine = opened(config)
    now = datetime.now(UTC)
    with reading(engine) as connection:
        picture = look(connection, settings, now)
    troubles = judge(picture, settings.alarm.no_fetch, now)
    level = worst(troubles)
    if as_json:
        print_json({"level": level, "troubles": [asdict(each) for each in troubles], **asdict(picture)})
    else:
        _show(picture, troubles, level)
    if level != "ok":
        raise typer.Exit(_EXIT[level])


def look(connection: "Connection", settings: "Settings", now: datetime) -> Picture:
    """Read the picture from the database."""
    from maild.store import ledger, ledger_lists, outbox, outbox_lists, tickets, upkeep

    waiting = ledger.waiting(connection, 1)
    oldest: Any = ledger_lists.get(connection, waiting[0].id) if waiting else None
    (due, said), counts = outbox.overdue(connection, now), tickets.counts(connection)
    rows = {box.name: upkeep.mailbox(connection, box.name) for box in settings.mailboxes}
    return Picture(
        mode=settings.policy.mode,
        tickets={state: counts.get(state, 0) for state in (*OPEN_STATES, "closed")},
        inbound=ledger_lists.counts(connection),
        outbox=outbox_lists.counts(connection),
        alarms=tuple((row.kind, row.detail, row.opened) for row in upkeep.open_alarms(connection)),
        mailboxes={name: row.last_clean if row is not None else None for name, row in rows.items()},
        errors={name: row.last_error for name, row in rows.items() if row is not None and row.last_error},
        # When it was fetched: the mail itself may be old where maild is new.
        oldest_waiting=oldest.fetched if oldest is not None else None,
        oldest_due=due,
        relay_said=said,
    )


def _show(picture: Picture, troubles: list[Trouble], level: Level) -> None:
    from maild.cli.terminal import console, moment, table, text

    out = console()
    out.print(text(f"{level.upper()}  mode {picture.mode}", _STYLES[level]))
    for trouble in troubles:
        out.print(text(f"  {trouble.what}", _STYLES[trouble.level]))
    out.print()
    table(
        ("", ""),
        (
            ("Tickets", _counts(picture.tickets)),
            ("Mail in", _counts(picture.inbound)),
            ("Mail out", _counts(picture.outbox)),
            *(
                (f"Mailbox {name}", f"last read {moment(clean) or 'never'}")
                for name, clean in picture.mailboxes.items()
            ),
        ),
    )


def _counts(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number) or "none"

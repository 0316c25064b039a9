"""What is told by the clock, once a period whichever daemon it is: mails put aside, and the digests of the morning."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from maild.apply import Writer, post
from maild.model import Mail, Policy, Words
from maild.model.aside import spoken
from maild.store import ledger, ledger_lists, upkeep
from maild.store.engine import reading
from maild.workflow import digest_time
from maild.workflow.blocking import why_not_blocked

# So many rows with their buttons make a letter that no mail program cuts short; the rest is counted.
_ROWS = 20
_AT_ONCE = 200
_ASIDE = Words("mails put aside", "被拦下的邮件")
_STILL = Words("mails that still lie there", "仍未处理的被拦邮件")
# What nobody has had a word on for so long is not told of again.
_LONGEST = timedelta(days=28)


def tell_set_aside(engine: Engine, writer: Writer, now: datetime) -> None:
    """Tell the admins what was quarantined or held since the last time, in one letter."""
    with reading(engine) as connection:
        rows = ledger_lists.set_aside(connection, _AT_ONCE)
    if not rows:
        return
    with engine.begin() as connection:
        news = ledger.mark_told(connection, [row.id for row in rows])
        mails = asides([row for row in rows if row.id in news], writer.policy)
        post(connection, mails, writer, now)


def still_aside(engine: Engine, writer: Writer, now: datetime) -> None:
    """Once a week, on its first working morning: what was told of before and still waits for somebody's word."""
    week = digest_time.week(now, writer.policy)
    if not week:
        return
    with engine.begin() as connection:
        if not upkeep.claim_chore(connection, "still aside", week, now):
            return
        rows = ledger_lists.still_aside(connection, now - _LONGEST, now - timedelta(days=1), _AT_ONCE)
        post(connection, asides(rows, writer.policy, again=True), writer, now)


def asides(rows: Sequence[Any], policy: Policy, again: bool = False) -> list[Mail]:
    """The letters to the admins about mails that were put aside; none where there are none."""
    if not rows:
        return []
    shown = tuple(
        (
            row.id, row.sender, row.subject, spoken(row.screening, row.reason), row.received,
            "@" in row.sender and why_not_blocked(row.sender, policy) is None,
        )
        for row in rows[:_ROWS]
    )  # fmt: skip
    mails = []
    for admin in policy.admins:
        language = policy.admin_languages.get(admin.key, "en")
        subject = (_STILL if again else _ASIDE).for_(language)
        mails.append(
            Mail(
                template="admin/quarantined",
                to=admin,
                audience="admin",
                language=language,
                reply="internal",
                values={"rows": shown, "more": len(rows) - len(shown), "again": again},
                subject=f"[maild] {subject}",
            )
        )
    return mails

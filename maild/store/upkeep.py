"""The desk's own memory: chores claimed once, alarms opened once, what the mailboxes looked like, tokens used up.

Writes chore, alarm, mailbox_state and token_use.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import alarm, chore, mailbox_state, token_use


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def claim_chore(connection: Connection, name: str, period: str, when: datetime) -> bool:
    """Whether this daemon is the one that does a chore for this period."""
    statement = _insert(connection)(chore).values(name=name, period=period, at=when).on_conflict_do_nothing()
    return _was_new(connection, statement.returning(chore.c.name))


def chore_done(connection: Connection, name: str, period: str) -> bool:
    """Whether a chore was claimed for this period, by whichever daemon."""
    return (
        connection.execute(select(chore.c.at).where(chore.c.name == name, chore.c.period == period)).scalar()
        is not None
    )


def _was_new(connection: Connection, statement: Any) -> bool:
    """Whether an INSERT … ON CONFLICT DO NOTHING RETURNING made a row; PostgreSQL's rowcount for it is -1 always."""
    return connection.execute(statement).scalar() is not None


def forget_chores(connection: Connection, before: datetime) -> None:
    connection.execute(delete(chore).where(chore.c.at < before))


def note_config(connection: Connection, fingerprint: str, when: datetime) -> bool:
    """Whether these settings are others than those that were in force."""
    if not claim_chore(connection, _CONFIG, fingerprint, when):
        return False
    connection.execute(delete(chore).where(chore.c.name == _CONFIG, chore.c.period != fingerprint))
    return True


_CONFIG = "config"
_SEEN = "daemon "


def note_daemon(connection: Connection, place: str, when: datetime) -> None:
    """Note that the daemon at this place lives."""
    statement = _insert(connection)(chore).values(name=f"{_SEEN}{place}", period="seen", at=when)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name", "period"], set_={"at": statement.excluded.at})
    )


def places_gone(connection: Connection, before: datetime) -> list[str]:
    """Where daemons ran that have not been seen since then (a container has a new name at each start)."""
    rows = connection.execute(
        select(chore.c.name).where(chore.c.period == "seen", chore.c.name.startswith(_SEEN), chore.c.at < before)
    )
    return [name.removeprefix(_SEEN) for name in rows.scalars()]


def open_alarm(connection: Connection, kind: str, detail: str, when: datetime) -> bool:
    """Whether this is news: an alarm of that kind that is open already stays silent."""
    statement = (
        _insert(connection)(alarm)
        .values(kind=kind, detail=detail[:500], opened=when)
        .on_conflict_do_nothing(index_elements=["kind"], index_where=alarm.c.closed.is_(None))
    )
    return _was_new(connection, statement.returning(alarm.c.id))


def close_alarm(connection: Connection, kind: str, when: datetime) -> bool:
    """Whether there was one to close."""
    done = connection.execute(update(alarm).where(alarm.c.kind == kind, alarm.c.closed.is_(None)).values(closed=when))
    return done.rowcount == 1


def note_event(connection: Connection, kind: str, detail: str, when: datetime) -> None:
    """Something worth knowing later that asks for nobody: an alarm that is over as it begins."""
    connection.execute(insert(alarm).values(kind=kind, detail=detail[:500], opened=when, closed=when))


def open_alarms(connection: Connection) -> Sequence[Any]:
    return connection.execute(select(alarm).where(alarm.c.closed.is_(None)).order_by(alarm.c.id)).all()


def mailbox(connection: Connection, name: str) -> Any:
    return connection.execute(select(mailbox_state).where(mailbox_state.c.mailbox == name)).one_or_none()


def first_look(connection: Connection, name: str, **values: Any) -> None:
    """Note what a mailbox was like when maild first saw it; where two daemons look at once, one's word holds.

    A row without UIDVALIDITY tells of logins that failed: nobody has seen the mailbox yet.
    """
    statement = _insert(connection)(mailbox_state).values(mailbox=name, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["mailbox"],
            set_={key: statement.excluded[key] for key in values},
            where=mailbox_state.c.uidvalidity.is_(None),
        )
    )


def put_mailbox(connection: Connection, name: str, **values: Any) -> None:
    statement = _insert(connection)(mailbox_state).values(mailbox=name, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["mailbox"], set_={key: statement.excluded[key] for key in values}
        )
    )


def note_mailbox_error(connection: Connection, name: str, error: str) -> None:
    """What went wrong with a mailbox, for `maild status`; the next clean look takes it away."""
    put_mailbox(connection, name, last_error=error[:500])


def token_used(connection: Connection, token: str) -> datetime | None:
    """When a single-use token was used up; None if it was not."""
    return connection.execute(_USED, {"token": token}).scalar()


_USED = select(token_use.c.at).where(token_use.c.token == bindparam("token"))


def forget_tokens(connection: Connection, before: datetime) -> None:
    """Used tokens that are too old to be believed anyway."""
    connection.execute(delete(token_use).where(token_use.c.at < before))


def use_token(connection: Connection, token: str, when: datetime) -> bool:
    """Use up a single-use token; False if it was used before."""
    statement = _insert(connection)(token_use).values(token=token, at=when).on_conflict_do_nothing()
    return _was_new(connection, statement.returning(token_use.c.token))


def note_used(connection: Connection, tokens: Sequence[str], when: datetime) -> None:
    """Use up several tokens, some of them perhaps used before; at most 1,000."""
    rows = [{"token": token, "at": when} for token in dict.fromkeys(tokens)]
    if rows:
        connection.execute(_insert(connection)(token_use).on_conflict_do_nothing(), rows)


def used(connection: Connection, tokens: Sequence[str]) -> frozenset[str]:
    """Which of these tokens, at most 1,000, are used up."""
    if not tokens:
        return frozenset()
    return frozenset(connection.execute(select(token_use.c.token).where(token_use.c.token.in_(list(tokens)))).scalars())

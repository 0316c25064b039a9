"""The directory as it was last read: who is there, with which addresses. Writes person and member, and of each address
whose it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Person
from maild.store.schema import address, member, person

_T = TypeVar("_T")

_SAID = ("name", "department", "phone", "location", "manager", "language", "zone", "vip", "shared")
# SQLite and PostgreSQL both take at least so many values in one statement.
_AT_ONCE = 5000

_OF_ADDRESS = (
    select(person, address.c.address.label("found"))
    .join(address, address.c.person == person.c.id)
    .where(address.c.address.in_(bindparam("whom", expanding=True)))
)
_ADDRESSES = select(address.c.address).where(address.c.person == bindparam("number")).order_by(address.c.place)
_other = address.alias("other")
_SAME = (
    select(_other.c.address)
    .join(address, address.c.person == _other.c.person)
    .where(address.c.address.in_(bindparam("whom", expanding=True)))
)
_MEMBERS = (
    select(member.c.address)
    .join(address, address.c.person == member.c.person)
    .where(address.c.address.in_(bindparam("whom", expanding=True)))
)


def person_of(connection: Connection, *addresses: str) -> tuple[Person, datetime | None] | None:
    """Whom the directory knows by the first of these lower-case addresses that it knows, and when what it says of them
    last changed; None: nobody."""
    rows = {row.found: row for row in connection.execute(_OF_ADDRESS, {"whom": [*dict.fromkeys(addresses)]})}
    row = next((rows[each] for each in addresses if each in rows), None)
    if row is None:
        return None
    mine = tuple(connection.execute(_ADDRESSES, {"number": row.id}).scalars())
    return _person(row, mine), row.changed


def called(connection: Connection, words: Sequence[str]) -> dict[str, tuple[Person, ...]]:
    """Whom the directory knows by each of these: an address, the part before its @, a name, or what the directory
    itself calls them by. Case does not matter; those that fit nobody are left out."""
    found: dict[str, tuple[Person, ...]] = {}
    for each in words:
        wanted = each.lower()
        if "@" in wanted:
            fits = address.c.address == wanted
        else:
            local = address.c.address.startswith(f"{wanted}@", autoescape=True)
            fits = local | (func.lower(person.c.name) == wanted) | (func.lower(person.c.key) == wanted)
        rows = connection.execute(
            select(person).join(address, address.c.person == person.c.id).where(fits).distinct().order_by(person.c.id)
        ).all()
        if rows:
            found[each] = tuple(
                _person(row, tuple(connection.execute(_ADDRESSES, {"number": row.id}).scalars())) for row in rows
            )
    return found


def same(connection: Connection, addresses: Collection[str]) -> frozenset[str]:
    """All addresses of the people with these addresses; the addresses themselves too."""
    return frozenset(addresses) | frozenset(connection.execute(_SAME, {"whom": [*addresses]}).scalars())


def members(connection: Connection, addresses: Collection[str]) -> frozenset[str]:
    """Who may write on the tickets of the shared mailbox with these addresses."""
    return frozenset(connection.execute(_MEMBERS, {"whom": [*addresses]}).scalars())


def add_member(connection: Connection, shared: str, who: str, when: datetime) -> None:
    """Somebody has written for a shared mailbox; nothing happens when there is none of that address, or known."""
    number = connection.execute(select(address.c.person).where(address.c.address == shared)).scalar()
    if number is not None:
        values = {"person": number, "address": who, "since": when}
        connection.execute(_insert(connection)(member).values(values).on_conflict_do_nothing())


def everybody(connection: Connection) -> dict[int, Person]:
    """The whole directory as it was last read, by row number."""
    mine: dict[int, list[str]] = {}
    for row in connection.execute(
        select(address.c.address, address.c.person).where(address.c.person.is_not(None)).order_by(address.c.place)
    ):
        mine.setdefault(row.person, []).append(row.address)
    return {row.id: _person(row, tuple(mine.get(row.id, ()))) for row in connection.execute(select(person))}


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(person)).scalar_one()


def add(connection: Connection, people: Sequence[Person], source: str, now: datetime) -> dict[str, int]:
    """New people; their row numbers by key. Their addresses are given by `give`."""
    if people:
        rows = [{**_said(each), "key": each.key, "source": source, "changed": now} for each in people]
        connection.execute(insert(person), rows)
    numbers: dict[str, int] = {}
    for some in _portions([each.key for each in people]):
        found = connection.execute(select(person.c.key, person.c.id).where(person.c.key.in_(some)))
        numbers.update((row.key, row.id) for row in found)
    return numbers


def change(connection: Connection, people: Mapping[int, Person], source: str, now: datetime) -> None:
    """What the directory says of these people has changed."""
    if people:
        connection.execute(
            update(person).where(person.c.id == bindparam("number")),
            [
                {**_said(each), "key": each.key, "source": source, "changed": now, "number": number}
                for number, each in people.items()
            ],
        )


def give(connection: Connection, owners: Mapping[str, tuple[int, int]]) -> None:
    """Whose these addresses are from now on: address → (row number of the person, its place among their addresses).

    What else is known of an address (that mail to it bounced, that somebody has answered it) stays.
    """
    if owners:
        statement = _insert(connection)(address)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["address"],
                set_={"person": statement.excluded.person, "place": statement.excluded.place},
            ),
            [{"address": each, "person": number, "place": at} for each, (number, at) in owners.items()],
        )


def take(connection: Connection, addresses: Iterable[str]) -> None:
    """These addresses are nobody's any more; those of which nothing else is known go."""
    for some in _portions([*addresses]):
        connection.execute(update(address).where(address.c.address.in_(some)).values(person=None))
        unknown = (address.c.bounced == "") & address.c.bounced_at.is_(None) & address.c.answered.is_(None)
        connection.execute(delete(address).where(address.c.address.in_(some), unknown))


def remove(connection: Connection, numbers: Iterable[int]) -> None:
    """These people have left; their addresses must have been taken from them."""
    for some in _portions([*numbers]):
        connection.execute(delete(member).where(member.c.person.in_(some)))
        connection.execute(delete(person).where(person.c.id.in_(some)))


def _person(row: Any, addresses: tuple[str, ...]) -> Person:
    return Person(key=row.key, addresses=addresses, **{name: getattr(row, name) for name in _SAID})


def _said(who: Person) -> dict[str, object]:
    return {name: getattr(who, name) for name in _SAID}


def _portions(values: list[_T]) -> Iterable[list[_T]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert

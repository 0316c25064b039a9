"""What was read of a directory: its people, made comparable, and what could not be used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from maild.model import Person

# Of each kind of trouble so many are named; how many there are is said besides.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Roll:
    """The people of a directory, and one line for each kind of thing in it that could not be used."""

    people: tuple[Person, ...]
    notes: tuple[str, ...] = ()


def called(people: Iterable[Person], troubles: Mapping[str, list[str]]) -> Roll:
    """The roll of what was read: each address is one person's, each manager an address, each key used once.

    troubles   what was wrong → where, gathered while reading
    """
    found = {kind: list(where) for kind, where in troubles.items()}
    owners: dict[str, str] = {}
    keys: set[str] = set()
    kept: list[Person] = []
    for person in people:
        if person.key in keys:
            found.setdefault("used for two people, the second one left out", []).append(person.key)
            continue
        mine = tuple(each for each in person.addresses if each not in owners)
        for each in set(person.addresses) - set(mine):
            found.setdefault("stands with two people, the first one keeps it", []).append(each)
        if not mine:
            continue
        keys.add(person.key)
        owners.update((each, person.key) for each in mine)
        kept.append(replace(person, addresses=mine))
    whole = tuple(_with_managers(kept, found))
    notes = tuple(
        f"{', '.join(where[:_NAMED])}{f' and {len(where) - _NAMED} more' if len(where) > _NAMED else ''}: {kind}"
        for kind, where in found.items()
    )
    return Roll(whole, notes)


def _with_managers(people: list[Person], found: dict[str, list[str]]) -> Iterable[Person]:
    """A manager is written as address, key, name or entry id; a name that two people bear names nobody."""
    known: dict[str, str | None] = {}
    for person in people:
        for word in {person.name.lower(), person.key.lower(), *person.addresses} - {""}:
            known[word] = person.address if word not in known else None
    for person in people:
        if not person.manager:
            yield person
            continue
        address = known.get(person.manager.lower()) or ""
        if not address:
            found.setdefault("is named as a manager and is nobody in the directory, or several", []).append(
                person.manager
            )
        yield replace(person, manager=address)

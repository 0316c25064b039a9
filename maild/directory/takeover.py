"""Taking a directory over: what was read becomes what the desk knows, in one transaction, or nothing of it does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from maild.directory.failure import DirectoryError
from maild.directory.roll import Roll
from maild.model import Person
from maild.store import people_directory


@dataclass(frozen=True, slots=True)
class Taken:
    """How many people came, changed, went, and are there now; and what could not be used."""

    came: int
    changed: int
    went: int
    there: int
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.there} people: {self.came} new, {self.changed} changed, {self.went} left"


def take_over(
    connection: Connection, roll: Roll, source: str, most_gone: float, now: datetime, sure: bool = False
) -> Taken:
    """Make the desk's people those of `roll`. People are known again by their key, else by an address.

    Whoever is not in it any more has left the directory; their tickets and what is known of their addresses stay. A
    directory that has lost everybody, or more than the share `most_gone` of its people (and more than one), is not
    taken over unless a person is `sure`: raises DirectoryError.
    """
    before = people_directory.everybody(connection)
    matched = _matched(before, roll.people)
    gone = sorted(before.keys() - matched.values())
    lost = len(gone) > 1 and len(gone) > most_gone * len(before)
    if before and not sure and (lost or not roll.people):
        raise DirectoryError(
            f"{len(gone)} of the {len(before)} people whom we know are not in the directory any more:"
            " it is not taken over",
            "look whether the source is whole; if they have really left: `maild directory sync --sure`",
        )
    people = {person.key: person for person in roll.people}
    changed = {number: people[key] for key, number in matched.items() if before[number] != people[key]}
    # New addresses alone are no news of the person: the moment of the last change stays.
    said_anew = {
        number: each for number, each in changed.items() if replace(before[number], addresses=each.addresses) != each
    }
    had = {each: (number, at) for number, was in before.items() for at, each in enumerate(was.addresses)}
    people_directory.take(connection, had.keys() - {each for person in roll.people for each in person.addresses})
    new = [each for key, each in people.items() if key not in matched]
    people_directory.change(connection, said_anew, source, now)
    numbers = {**matched, **people_directory.add(connection, new, source, now)}
    has = {each: (numbers[who.key], at) for who in roll.people for at, each in enumerate(who.addresses)}
    people_directory.give(connection, {each: owner for each, owner in has.items() if had.get(each) != owner})
    people_directory.remove(connection, gone)
    return Taken(len(new), len(changed), len(gone), len(people), roll.notes)


def _matched(before: Mapping[int, Person], people: tuple[Person, ...]) -> dict[str, int]:
    """Row number by key of everybody who was there before: by the same key, else by the first address that agrees."""
    by_key = {person.key: number for number, person in before.items()}
    matched = {person.key: by_key[person.key] for person in people if person.key in by_key}
    left = set(before) - set(matched.values())
    by_address = {each: number for number in left for each in before[number].addresses}
    for person in people:
        if person.key in matched:
            continue
        number = next((by_address[each] for each in person.addresses if by_address.get(each) in left), None)
        if number is not None:
            matched[person.key] = number
            left.discard(number)
    return matched

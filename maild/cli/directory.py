"""`maild directory`: read the company's directory now, and look up what it says of an address."""

from typing import Annotated

import typer

from maild.cli import ends
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile

app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    help="Read the company's directory now, and look up what the desk knows of somebody.",
)


@app.command("sync", cls=PlainCommand)
def sync(
    sure: Annotated[
        bool, typer.Option("--sure", metavar="", help="Take it over even if most people are not in it any more.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Read the directory that config.toml names, and take over who is in it, all or nothing.

    The daemon does the same every hour. Whoever is not in it any more is
    forgotten as a person; their tickets stay.

    Exit code 0: done. 65: it was not taken over. 69: it does not answer.
    78: config.toml or the file is to be mended.

    Example:  maild directory sync
    """
    from datetime import UTC, datetime

    from maild.cli.desk_open import opened
    from maild.cli.terminal import shown
    from maild.config import SecretMissing
    from maild.directory.failure import DirectoryError
    from maild.directory.source import read
    from maild.directory.takeover import take_over

    settings, engine = opened(config)
    section = settings.directory
    if not section.source:
        raise ends.end(ends.CONFIG, '[directory] names no source: set it to "csv" or "ldap"')
    try:
        roll = read(section)
    except SecretMissing as missing:
        raise ends.end(ends.CONFIG, str(missing)) from missing
    except DirectoryError as error:
        raise ends.end(ends.CONFIG if error.in_files else ends.UNAVAILABLE, f"{error}: {error.remedy}") from error
    try:
        with engine.begin() as connection:
            taken = take_over(connection, roll, section.source, section.most_gone, datetime.now(UTC), sure)
    except DirectoryError as error:
        raise ends.end(ends.DATA, f"{error}; {error.remedy}") from error
    for note in taken.notes:
        ends.say(shown(note))
    print(taken)


@app.command("show", cls=PlainCommand)
def show(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any address of theirs.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """What the desk knows of the person or shared mailbox with this address.

    Example:  maild directory show li.lei@corp.example
    """
    from dataclasses import asdict

    from maild.cli.desk_open import opened
    from maild.cli.terminal import print_json, table
    from maild.store import people_directory
    from maild.store.engine import reading

    settings, engine = opened(config)
    key = address.strip().lower()
    with reading(engine) as connection:
        found = people_directory.person_of(connection, key, settings.policy.plain(key))
        members = sorted(people_directory.members(connection, [key])) if found and found[0].shared else []
    if found is None:
        raise ends.end(ends.NO_INPUT, f"{address} is nobody in the directory; `maild directory sync` reads it anew")
    person, changed = found
    if as_json:
        print_json({**asdict(person), "changed": changed, "members": members})
        return
    rows = [
        ("Name", person.name), ("Addresses", ", ".join(person.addresses)), ("Department", person.department),
        ("Phone", person.phone), ("Place", person.location), ("Manager", person.manager),
        ("Language", person.language), ("Time zone", person.zone), ("VIP", "yes" if person.vip else ""),
        ("Shared mailbox", "yes" if person.shared else ""), ("Written for by", ", ".join(members)),
        ("Called there", person.key), ("Changed", changed),
    ]  # fmt: skip
    table(("", ""), (row for row in rows if row[1]))

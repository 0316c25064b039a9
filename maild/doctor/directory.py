"""The company's directory: can it be read, and is it sound."""

from collections.abc import Iterator

from maild.config import SecretMissing, Settings
from maild.directory.failure import DirectoryError
from maild.directory.source import read
from maild.doctor.finding import Finding
from maild.doctor.places import hidden


def directory(settings: Settings, doors: bool) -> Iterator[Finding]:
    """Read it as the daemon does; nothing is taken over. `doors` False leaves a server alone. Nothing without one."""
    section = settings.directory
    if not section.source or (section.source == "ldap" and not doors):
        return
    secret = section.ldap.password_from if section.source == "ldap" and section.ldap is not None else ""
    if hidden(secret):
        yield Finding("skip", "directory", f"its password {secret.partition(':')[2]}: there under systemd alone")
        return
    try:
        roll = read(section)
    except DirectoryError as error:
        yield Finding("fail", "directory", str(error), error.remedy, 78 if error.in_files else 69)
        return
    except SecretMissing as missing:
        yield Finding("fail", "directory", str(missing), "", 78)
        return
    people = roll.people
    if not people:
        yield Finding("fail", "directory", f"nobody is in it ({section.source})", "look at its source", 78)
        return
    aliases = sum(len(each.addresses) - 1 for each in people)
    shared, vips = sum(each.shared for each in people), sum(each.vip for each in people)
    yield Finding(
        "ok",
        "directory",
        f"{len(people)} entries by {section.source}: {aliases} aliases, {shared} shared mailboxes, {vips} VIPs",
    )
    for note in roll.notes:
        yield Finding("warn", "directory", note, "mend it in the directory; the rest of it is used")
    own = settings.policy.desk.own_addresses & {each for person in people for each in person.addresses}
    if own:
        yield Finding(
            "warn", "directory", f"{', '.join(sorted(own))} is the desk itself", "leave it out of the directory"
        )

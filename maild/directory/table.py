"""A directory in a CSV file, as Excel and HR systems write it, in Chinese or English."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from maild.directory import words
from maild.directory.address import addresses_in
from maild.directory.failure import DirectoryError
from maild.directory.roll import Roll, called
from maild.model import Person

# More than that is no list of a company's people: it is not read into memory.
_MOST_BYTES = 64_000_000
# Above the headings may stand a title, a date, a blank line.
_HEADINGS_WITHIN = 10
_REMEDY = "write it anew as CSV (UTF-8), with one column headed 邮箱 or email, or mend [directory] csv"


def read_table(path: Path) -> Roll:
    """The people of a CSV file: UTF-8 with or without BOM, GBK, or UTF-16 with BOM; commas, semicolons or tabs.

    Raises DirectoryError when there is no such table in it.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DirectoryError(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB", _REMEDY, in_files=True)
        raw = path.read_bytes()
    except OSError as error:
        raise DirectoryError(
            f"cannot read {path}: {error.strerror}", "name a file that the daemon's user may read", in_files=True
        ) from error
    text = _decoded(raw, path)
    lines = list(_rows(text, path))
    for at, row in enumerate(lines[:_HEADINGS_WITHIN]):
        columns = [words.heading(cell) for cell in row]
        if "addresses" in columns:
            return _roll(columns, lines[at + 1 :], at + 2)
    raise DirectoryError(f"{path} has no column of addresses", _REMEDY, in_files=True)


def _decoded(raw: bytes, path: Path) -> str:
    """Excel's "Unicode text" is UTF-16 with a BOM, its CSV in China GBK, its "CSV UTF-8" has a BOM."""
    kinds = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for kind in kinds:
        try:
            return raw.decode(kind)
        except UnicodeDecodeError:
            continue
    raise DirectoryError(f"{path} is neither UTF-8 nor GBK", _REMEDY, in_files=True)


def _rows(text: str, path: Path) -> Iterator[list[str]]:
    head = "\n".join(text.split("\n", _HEADINGS_WITHIN)[:_HEADINGS_WITHIN])
    # What separates columns is what stands there most; a semicolon may also stand between two addresses.
    delimiter = max(",\t;", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise DirectoryError(f"{path} is no CSV: {error}", _REMEDY, in_files=True) from error


def _roll(columns: list[str], rows: list[list[str]], first_line: int) -> Roll:
    people: list[Person] = []
    troubles: dict[str, list[str]] = {}
    for at, row in enumerate(rows, first_line):
        cells: dict[str, list[str]] = {}
        for name, value in zip(columns, row, strict=False):
            if name and value.strip():
                cells.setdefault(name, []).append(value)
        if not cells:
            continue
        addresses = addresses_in(" ".join([*cells.get("addresses", ()), *cells.get("aliases", ())]))
        if not addresses:
            troubles.setdefault("has no address that mail could come from", []).append(f"row {at}")
            continue
        one = {name: words.tidy(values[0]) for name, values in cells.items()}
        zone = words.zone(one.get("zone", ""))
        if one.get("zone") and not zone:
            troubles.setdefault("is no time zone; write it like Asia/Shanghai", []).append(one["zone"])
        people.append(
            Person(
                key=one.get("key") or addresses[0],
                addresses=addresses,
                name=one.get("name") or _name(one.get("first", ""), one.get("last", "")),
                department=one.get("department", ""),
                phone=one.get("phone", ""),
                location=one.get("location", ""),
                manager=_person_of(one.get("manager", "")),
                language=words.language(one.get("language", "")),
                zone=zone,
                vip=words.yes(one.get("vip", "")),
                shared=words.yes(one.get("shared", "")),
            )
        )
    return called(people, troubles)


def _name(first: str, last: str) -> str:
    if last[:1] > "⺀":
        return last + first
    return f"{first} {last}".strip()


def _person_of(manager: str) -> str:
    """Active Directory exports a manager as the path of the entry: CN=王伟,OU=财务部,DC=…"""
    if manager.upper().startswith("CN=") and "," in manager:
        return manager[3:].partition(",")[0].strip()
    named = addresses_in(manager)
    return named[0] if named else manager

"""How much of what people tell is read: reports in their own words, with the fields that are in them (reports.txt).

A block is a subject behind `===`, the text, and behind `---` the fields that a reader finds. Of name, department,
phone and version all are listed, so that a value where none is listed is a false alarm.
"""

import re
import unicodedata
from pathlib import Path

from maild.ingest.ticket_fields import extract
from maild.model import Address, Message, Sender
from maild.model.ticket import FIELD_NAMES

_WHOLE = ("name", "department", "phone", "version")
_BLOCKS = Path(__file__).with_name("reports.txt").read_text(encoding="utf-8").split("=== ")[1:]


def reports() -> list[tuple[str, str, dict[str, str]]]:
    """(subject, text, expected) of every block."""
    made = []
    for block in _BLOCKS:
        said, _, listed = block.partition("\n--- ")
        subject, _, text = said.partition("\n")
        expected = dict(part.strip().split("=", 1) for part in listed.strip().split(" | ") if part.strip())
        assert expected.keys() <= set(FIELD_NAMES), subject
        made.append((subject, text, expected))
    return made


def read(subject: str, text: str) -> dict[str, str]:
    """The fields found in a mail of somebody whose From says nothing."""
    signature = text.partition("\n-- \n")[2]
    writer = "someone@corp.example"
    message = Message(
        from_=Address(writer), sender=Sender(writer), subject=subject, text=text,
        new_text=text.partition("\n-- \n")[0], signature=signature,
    )  # fmt: skip
    return {each.name: each.value for each in extract(message)}


def plain(value: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", value)).lower().strip(".,;:，。；：")


def fits(name: str, wanted: str, found: str) -> bool:
    if name == "phone":
        digits = [re.sub(r"\D", "", each) for each in (wanted, found)]
        return digits[0] == digits[1] or (len(digits[1]) >= 3 and digits[0].endswith(digits[1]))
    one, other = plain(wanted), plain(found)
    return (
        one == other
        or (one in other and len(other) <= 3 * len(one) + 12)
        or (other in one and 2 * len(other) >= len(one))
    )


def measured() -> tuple[float, int, int, list[str]]:
    """Recall over all fields, false alarms and values given in the exhaustive ones, and what was missed."""
    wanted = hit = alarms = given = 0
    lines = []
    for subject, text, expected in reports():
        found = read(subject, text)
        for name, value in expected.items():
            wanted += 1
            if name in found and fits(name, value, found[name]):
                hit += 1
            else:
                lines.append(f"{subject}: {name} is {value!r}, found {found.get(name)!r}")
        for name in _WHOLE:
            given += name in found
            if name in found and name not in expected:
                alarms += 1
                lines.append(f"{subject}: false alarm, {name} {found[name]!r}")
    return hit / wanted, alarms, given, lines


def test_there_are_many_reports_in_both_languages() -> None:
    chinese = [text for _, text, _ in reports() if re.search(r"[\u4e00-\u9fff]{4}", text)]
    assert len(reports()) >= 60 and len(chinese) >= 30 and len(reports()) - len(chinese) >= 25


def test_most_of_what_people_tell_is_read_and_little_else() -> None:
    recall, alarms, given, lines = measured()
    assert recall >= 0.90, "\n".join([f"recall {recall:.3f}", *lines])
    assert alarms <= 0.05 * given, "\n".join([f"{alarms} of {given}", *lines])

"""Mails, each named for the wound it once was, run whole through `read`, and through a desk into its database."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from maild.ingest.prescan import prescan
from maild.ingest.read import read
from maild.model.message import Address, Message

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((HERE / "expected.toml").read_text("utf-8"))


def mails() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(HERE.glob("*.eml"))}


def shown(address: Address) -> str:
    return f"{address.name} <{address.address}>"


def described(message: Message) -> dict[str, Any]:
    """A message under the keys of expected.toml."""
    return {
        "subject": message.subject,
        "from": shown(message.from_),
        "identity": message.sender.identity or "",
        "to": [shown(address) for address in message.to],
        "cc": [shown(address) for address in message.cc],
        "text": message.text,
        "new_text": message.new_text,
        "names": [each.filename or "" for each in message.attachments],
        "types": [each.content_type for each in message.attachments],
        "sizes": [each.size for each in message.attachments],
        "inline": [each.inline for each in message.attachments],
        "decorations": [each.decoration for each in message.attachments],
        "encrypted": message.encrypted,
        "verdict": message.automatic.verdict,
        "language": message.language,
    }


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_wound_is_healed(name: str) -> None:
    raw = (HERE / f"{name}.eml").read_bytes()
    assert prescan(raw).ok
    found = described(read(raw))
    wanted = {key: value for key, value in EXPECTED[name].items() if key not in ("has", "lacks")}
    assert {key: found[key] for key in wanted} == wanted
    for piece in EXPECTED[name].get("has", ()):
        assert piece in found["text"]
    for piece in EXPECTED[name].get("lacks", ()):
        assert piece not in found["text"]


def test_every_mail_here_has_its_expectation_and_every_expectation_its_mail() -> None:
    assert set(mails()) == set(EXPECTED)
    assert all(EXPECTED.values())

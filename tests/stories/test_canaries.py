"""The canaries bite: whatever is internal is found in a requester's mail, however it is written there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from maild.store.engine import reading
from tests.security.conftest import ANNA, MARY, TOM, Desk, MakeDesk, _state, _template, make_desk  # noqa: F401 - fixtures
from tests.stories import invariants

NOTE = "he never listens, last time it took an hour"
INSIDE = {
    "a note": NOTE,
    "a note in Chinese": "这位用户每次都不配合，先晾一会儿",
    "the title of another ticket": "Salary list cannot be opened",
    "a reason of the history": "assigned by the team's rule",
    "a macro that nobody sent": "",
}
WAYS: dict[str, Callable[[EmailMessage, str], None]] = {
    "text": lambda mail, words: mail.set_content(f"Hello\n{words}\n"),
    "base64": lambda mail, words: mail.set_content(f"Hello\n{words}\n", cte="base64"),
    "broken over lines": lambda mail, words: mail.set_content("\n".join(words.replace("", " ").split("  "))),
    "HTML": lambda mail, words: mail.add_alternative(f"<p>{'</b><b>'.join(words.split(' '))}</p>", subtype="html"),
    "a header": lambda mail, words: mail.add_header("X-Reason", words),
    "the subject": lambda mail, words: mail.replace_header("Subject", words),
    "a file's name": lambda mail, words: mail.add_attachment(b"x", maintype="a", subtype="b", filename=f"{words}.txt"),
    "a text file": lambda mail, words: mail.add_attachment(words, filename="log.txt"),
}


@pytest.fixture
def told(make_desk: MakeDesk) -> Iterator[Desk]:  # noqa: F811 - the fixture of the security tests
    desk = make_desk()
    desk.write(TOM, "VPN keeps dropping", "Since 9 am my VPN connection drops every ten minutes.")
    desk.write(MARY, "Salary list cannot be opened", "The salary list cannot be opened since this morning.")
    notice = desk.letter("agent/new_ticket", ANNA)
    desk.reply(notice, f"#note {NOTE}")
    desk.reply(notice, "#note 这位用户每次都不配合，先晾一会儿")
    desk.check()
    yield desk


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("what", INSIDE)
def test_what_is_internal_is_found_however_it_is_written(told: Desk, what: str, how: str) -> None:
    words = INSIDE[what] or (Path("templates/_macros/vpn.en.txt").read_text("utf-8").strip().splitlines()[-1])
    own = next(out for out in told.outs if out.recipient == TOM)
    mail = invariants.parsed(own.raw)
    if how in ("text", "base64", "broken over lines", "HTML"):
        mail.clear_content()
    WAYS[how](mail, words)
    with reading(told.stage.engine) as connection:
        found = invariants.check([replace(own, raw=mail.as_bytes()), *told.outs], connection)
    assert any("holds what is internal" in line for line in found), found

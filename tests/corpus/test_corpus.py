"""Mails, each named for the wound it once was, run whole through `read`."""

from pathlib import Path

import pytest

from maild.ingest.prescan import prescan
from maild.ingest.read import read

HERE = Path(__file__).parent

# name: (subject, a piece of the text, verdict, names of the attachments)
EXPECTED: dict[str, tuple[str, str, str, list[str | None]]] = {
    "gb2312-label-with-gbk-character": ("报修", "朱镕基", "person", []),
    "utf8-body-labelled-latin1": ("Drucker", "größer", "person", []),
    "header-line-that-is-none": ("still here", "body", "person", []),
    "boundary-named-nowhere": ("lost boundary", "the text", "person", []),
    "attachment-name-in-raw-gbk": ("附件", "见附件", "person", ["报表.xls"]),
    "forwarded-as-attachment": ("Fwd", "----- attached message: 打印机 -----", "person", [None]),
    "out-of-office-exchange": ("Automatic reply: IT-12", "vacation", "out_of_office", []),
    "bounce-without-parts": ("failure notice", "no mailbox", "bounce", []),
    "quoted-printable-soft-break-in-utf8": ("换行", "打印机坏了", "person", []),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_wound_is_healed(name: str) -> None:
    raw = (HERE / f"{name}.eml").read_bytes()
    assert prescan(raw).ok
    message = read(raw)
    subject, piece, verdict, names = EXPECTED[name]
    assert message.subject == subject
    assert piece in message.text
    assert message.automatic.verdict == verdict
    assert [attachment.filename for attachment in message.attachments] == names


def test_every_mail_here_has_its_expectation() -> None:
    assert {path.stem for path in HERE.glob("*.eml")} == set(EXPECTED)

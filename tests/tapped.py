"""How mail programs open a button's link: what each keeps, drops, joins, adds and how it writes it (RFC 6068).

A link is one subject and one body in UTF-8, percent-encoded. What becomes of it is the program's affair: each model
does one or more of the things that are known of the program that it is named after.
"""

import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import Message
from email.mime.text import MIMEText
from email.utils import format_datetime
from html import escape, unescape
from re import finditer
from urllib.parse import unquote, urlsplit

# What Windows hands to a program when somebody clicks a link, and what Chrome lets through there.
WINDOWS_URI = 2_046
# When the first mail was tapped; no two leave in one second.
_FIRST = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Link:
    """A button's link, read as RFC 6068 says: nothing but percent signs is decoded, a plus sign is a plus sign."""

    to: str
    subject: str
    body: str


def links(html: str) -> list[str]:
    """The `mailto:` links of a letter, in their order."""
    return [unescape(each[1]) for each in finditer(r'href="(mailto:[^"]+)"', html)]


def link_of(html: str, command: str) -> str:
    """The link of the button with this command ("take", "use IT-87"). Raises LookupError for a letter without it."""
    for each in links(html):
        if f"#{command} " in read(each).subject:
            return each
    raise LookupError(f"the letter has no button {command}")


def read(link: str) -> Link:
    """What a link says."""
    parts = urlsplit(link)
    values = dict(pair.partition("=")[::2] for pair in parts.query.split("&"))
    return Link(unquote(parts.path), unquote(values.get("subject", "")), unquote(values.get("body", "")))


@dataclass(frozen=True, slots=True)
class Client:
    """One mail program: what it makes of the body before its user writes into it, and of the mail when it goes."""

    name: str
    body: Callable[[str], str]
    charset: str = "utf-8"
    html: bool = False
    signature: str = ""
    limit: int = 8_000
    flowed: bool = False

    def open(self, link: str, who: str, written: str = "", number: int = 1) -> bytes:
        """The mail that leaves when `who` taps the link, writes something behind what stands there, and sends it."""
        said = read(link[: self.limit])
        text = self.body(said.body) + written
        if self.signature:
            text = f"{text}\n\n{self.signature}"
        body: Message
        if self.html:
            page = "<br>".join(escape(line) for line in text.split("\n"))
            body = MIMEText(f"<div>{page}</div>\n", "html", self.charset)
        else:
            body = MIMEText(text.replace("\n", "\r\n") + "\r\n", "plain", self.charset)
            if self.flowed:
                body.set_param("format", "flowed")
        body["From"], body["To"] = who, said.to
        body["Date"] = format_datetime(_FIRST + timedelta(seconds=number))
        body["Subject"] = Header(said.subject, self.charset if not said.subject.isascii() else "us-ascii").encode()
        body["Date"] = f"Mon, 4 Mar 2024 {10 + number // 60 % 12:02}:{number % 60:02}:07 +0800"
        body["Message-ID"] = f"<tap{number}.{self.name.replace(' ', '-').lower()}@phone.example>"
        return body.as_bytes(policy=email.policy.SMTP)


def _kept(body: str) -> str:
    return body.replace("\r\n", "\n")


def _joined(body: str) -> str:
    return " ".join(body.split())


def _dropped(body: str) -> str:
    return ""


def _trimmed(body: str) -> str:
    return body.strip()


def _hard_blanks(body: str) -> str:
    return _kept(body).replace(" ", "\u00a0")


CLIENTS = (
    Client("Outlook for Windows", _kept, charset="gb2312", limit=WINDOWS_URI),
    Client("Outlook on the web", _trimmed, html=True),
    Client("Outlook that drops the body", _dropped, html=True),
    Client("Outlook mobile", _kept, html=True, signature="Get Outlook for iOS"),
    Client("Gmail web", _hard_blanks),
    Client("Gmail for Android", _joined),
    Client("Gmail for iOS", _trimmed, html=True),
    Client("Apple Mail", _kept, flowed=True, signature="Sent from my iPhone"),
    Client("iPhone in Chinese", _kept, signature="发自我的iPhone"),
    Client("QQ Mail web", _kept, charset="gb18030", html=True),
    Client("QQ Mail app", _joined, charset="gb18030", html=True, signature="发自我的QQ邮箱"),
    Client("Foxmail", _kept, charset="gbk", limit=WINDOWS_URI),
    Client("NetEase Mail Master", _dropped, charset="gbk", html=True, signature="发自我的网易邮箱大师"),
    Client("Thunderbird", _kept, flowed=True),
)

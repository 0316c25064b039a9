"""How people's mail programs write: a fresh mail, a reply in the manner of a client, a pressed button.

Each manner puts its own prefix before the subject and quotes our letter in its own way, in Chinese or English, as the
named client does; References and In-Reply-To by RFC 5322 §3.6.4.
"""

import email.policy
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import unescape
from re import finditer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.stories.script import Manner

DESK = "it@corp.example"
NAMES = {
    "li.lei@corp.example": "李雷",
    "han.meimei@corp.example": "韩梅梅",
    "sun.li@corp.example": "孙丽",
    "zhou.tao@corp.example": "周涛",
    "wang.wei@corp.example": "王伟",
    "zhao.min@corp.example": "赵敏",
    "chen.jing@corp.example": "陈静",
    "anna.berg@corp.example": "Anna Berg",
    "tom.reed@corp.example": "Tom Reed",
    "mary.jones@corp.example": "Mary Jones",
    "eve@stranger.example": "Eve Stone",
}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter of ours as it arrived at a person: what an answer needs of it."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    text: str
    html: str
    at: datetime


def chinese(address: str) -> bool:
    """Whether this person's programs speak Chinese."""
    return not NAMES.get(address, "x").isascii()


def usual_manner(address: str) -> Manner:
    """The client that somebody uses unless the script names another."""
    return "outlook" if chinese(address) else "gmail"


class Pen:
    """Writes mails with ids of its own, so that a story is the same every time."""

    def __init__(self, story: str) -> None:
        self._story, self._count = story, 0

    def fresh(self, who: str, subject: str, lines: Sequence[str], now: datetime) -> EmailMessage:
        """A mail from `who` to the desk."""
        self._count += 1
        message = EmailMessage(policy=email.policy.SMTP)
        name = NAMES.get(who.lower(), "")
        local, _, domain = who.rpartition("@")
        message["From"] = Address(name, local, domain) if name else who
        message["To"] = DESK
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{self._count}.{self._story}@{domain}>"
        message["Subject"] = subject
        message.set_content("\n".join(lines) + "\n", cte="base64")
        return message

    def reply(
        self,
        who: str,
        letter: Sent,
        lines: Sequence[str],
        now: datetime,
        *,
        manner: Manner,
        references: bool = True,
        quote: bool = True,
        subject: str = "",
        prefix: str = "",
        filled: Sequence[tuple[str, str]] = (),
    ) -> EmailMessage:
        """An answer to a letter of ours; `filled` writes behind the labels of its quoted form."""
        zh = chinese(who.lower())
        before, quoted = _MANNERS[manner](letter, who, zh)
        quoted = _fill(quoted, filled)
        body = [*lines, "", *quoted] if quote else list(lines)
        message = self.fresh(who, subject or (prefix or before) + letter.subject, body, now)
        if references:
            message["In-Reply-To"] = letter.message_id
            message["References"] = " ".join((*letter.references, letter.message_id))
        return message

    def press(
        self,
        who: str,
        letter: Sent,
        verb: str,
        now: datetime,
        retag: tuple[str, str] = ("", ""),
        lines: Sequence[str] = (),
    ) -> EmailMessage:
        """The mail that a button's `mailto:` link opens: its subject and body, no References; `lines` are written
        behind what stands there."""
        for match in finditer(r'href="(mailto:[^"]+)"', letter.html):
            parts = urlsplit(unescape(match[1]))
            values = {name: text[0] for name, text in parse_qs(parts.query, keep_blank_values=True).items()}
            subject = values.get("subject", "")
            if f"#{verb} " in subject:
                body = (values.get("body", "") + "\n".join(lines)).splitlines()
                message = self.fresh(who, subject.replace(*retag) if retag[0] else subject, body, now)
                message.replace_header("To", unquote(parts.path))
                return message
        raise LookupError(f"the letter has no button {verb}")


def attach(message: EmailMessage, names: Sequence[str]) -> None:
    """Attach small files of these names; pictures are real PNGs."""
    for name in names:
        if name.endswith(".png"):
            message.add_attachment(_png(), maintype="image", subtype="png", filename=name)
        else:
            message.add_attachment(
                f"{name}\n".encode() * 40, maintype="application", subtype="octet-stream", filename=name
            )


def _png() -> bytes:
    """A grey picture, large enough not to be taken for a signature's logo."""
    side = 320
    rows = b"".join(b"\0" + bytes((x * y * 7 + x) & 0xFF for x in range(side)) for y in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _fill(quoted: Sequence[str], filled: Sequence[tuple[str, str]]) -> list[str]:
    lines = list(quoted)
    for label, value in filled:
        at = next((n for n, line in enumerate(lines) if _label(line) == label), None)
        if at is None:
            raise LookupError(f"the quoted letter has no line for {label!r}")
        end = min(n for n in (lines[at].find(":"), lines[at].find("：")) if n >= 0)
        lines[at] = f"{lines[at][: end + 1]} {value}"
    return lines


def _label(line: str) -> str:
    """What stands before the colon of a line that nothing but a hint stands behind."""
    label, colon, rest = line.lstrip("> ").replace("：", ":").partition(":")
    return label.strip() if colon and (not rest.strip() or rest.strip()[0] in "(（") else ""


_Quoting = Callable[[Sent, str, bool], tuple[str, list[str]]]


def _outlook(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    if zh:
        head = [
            f"发件人: IT服务台 <{DESK}>",
            f"发送时间: {at.year}年{at.month}月{at.day}日 {at:%H:%M}",
            f"收件人: {NAMES.get(who.lower(), who)} <{who}>",
            f"主题: {letter.subject}",
        ]
    else:
        head = [
            f"From: IT Service Desk <{DESK}>",
            f"Sent: {at:%A, %B} {at.day}, {at.year} {at:%I:%M %p}",
            f"To: {NAMES.get(who.lower(), who)} <{who}>",
            f"Subject: {letter.subject}",
        ]
    return ("答复: " if zh else "RE: "), ["", *head, "", *letter.text.splitlines()]


def _gmail(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    if zh:
        said = [f"IT服务台 <{DESK}> 于{at.year}年{at.month}月{at.day}日周{_WEEKDAYS[at.weekday()]} {at:%H:%M}写道："]
    else:
        # Gmail breaks this line when it gets long.
        said = [f"On {at:%a, %b} {at.day}, {at.year} at {at:%I:%M %p} IT Service Desk <{DESK}>", "wrote:"]
    return ("回复：" if zh else "Re: "), [*said, "", *(f"> {line}".rstrip() for line in letter.text.splitlines())]


def _qq(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    head = [
        "------------------&nbsp;原始邮件&nbsp;------------------".replace("&nbsp;", " "),
        f'发件人: "IT服务台" <{DESK}>;',
        f"发送时间: {at.year}年{at.month}月{at.day}日(星期{_WEEKDAYS[at.weekday()]}) {at:%H:%M}",
        f'收件人: "{NAMES.get(who.lower(), who)}"<{who}>;',
        f"主题: {letter.subject}",
    ]
    return "回复：", ["", "", *head, "", "", *letter.text.splitlines()]


def _foxmail(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    head = [
        "发件人： IT服务台",
        f"发送时间： {letter.at:%Y-%m-%d %H:%M}",
        f"收件人： {NAMES.get(who.lower(), who)}",
        f"主题： {letter.subject}",
    ]
    return "回复: ", ["", "", *head, "", *letter.text.splitlines()]


def _apple(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    if zh:
        said = f"在 {at.year}年{at.month}月{at.day}日，{at:%H:%M}，IT服务台 <{DESK}> 写道："
    else:
        said = f"On {at.day} {at:%b %Y}, at {at:%H:%M}, IT Service Desk <{DESK}> wrote:"
    return ("回复：" if zh else "Re: "), [
        "",
        f"> {said}",
        "> ",
        *(f"> {line}".rstrip() for line in letter.text.splitlines()),
    ]


def _netease(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    head = (
        f'在 {at:%Y-%m-%d %H:%M:%S}，"IT服务台" <{DESK}> 写道：'
        if zh
        else f'At {at:%Y-%m-%d %H:%M:%S}, "IT Service Desk" <{DESK}> wrote:'
    )
    return ("回复:" if zh else "Re:"), ["", "", head, "", *letter.text.splitlines()]


def _thunderbird(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    said = f"在 {at:%Y/%m/%d %H:%M}, IT服务台 写道:" if zh else f"On {at:%m/%d/%Y %H:%M}, IT Service Desk wrote:"
    return "Re: ", [said, *(f"> {line}".rstrip() for line in letter.text.splitlines())]


def _outlook_web(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    before, quoted = _outlook(letter, who, zh)
    return before, ["________________________________", *quoted[1:]]


def _outlook_mac(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    if zh:
        head = [f"发件人: IT服务台 <{DESK}>",
                f"日期: 星期{_WEEKDAYS[at.weekday()]}, {at.year}年{at.month}月{at.day}日 {at:%H:%M}",
                f"收件人: {NAMES.get(who.lower(), who)} <{who}>", f"主题: {letter.subject}"]  # fmt: skip
    else:
        head = [f"From: IT Service Desk <{DESK}>", f"Date: {at:%A}, {at.day} {at:%B %Y} at {at:%H:%M}",
                f"To: {NAMES.get(who.lower(), who)} <{who}>", f"Subject: {letter.subject}"]  # fmt: skip
    return ("答复: " if zh else "Re: "), ["", *head, "", *letter.text.splitlines()]


def _outlook_ios(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    before, quoted = _outlook_web(letter, who, zh)
    return before, ["获取 Outlook for iOS" if zh else "Get Outlook for iOS<https://aka.ms/o0ukef>", *quoted]


def _iphone(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    at = letter.at
    if zh:
        half = "上午" if at.hour < 12 else "下午"
        said = f"在 {at.year}年{at.month}月{at.day}日，{half}{at.hour % 12 or 12}:{at:%M}，IT服务台 <{DESK}> 写道："
    else:
        said = f"On {at.day} {at:%b %Y}, at {at:%H:%M}, IT Service Desk <{DESK}> wrote:"
    return ("回复：" if zh else "Re: "), [
        "发自我的iPhone" if zh else "Sent from my iPhone", "", f"> {said}", ">",
        *(f"> {line}".rstrip() for line in letter.text.splitlines()),
    ]  # fmt: skip


def _android(letter: Sent, who: str, zh: bool) -> tuple[str, list[str]]:
    _, quoted = _foxmail(letter, who, True) if zh else _gmail(letter, who, False)
    return ("回复：" if zh else "Re: "), ["发自我的华为手机" if zh else "Sent from my Galaxy", "", *quoted]


_MANNERS: dict[Manner, _Quoting] = {
    "outlook": _outlook,
    "gmail": _gmail,
    "qq": _qq,
    "foxmail": _foxmail,
    "apple": _apple,
    "netease": _netease,
    "thunderbird": _thunderbird,
    "outlook-web": _outlook_web,
    "outlook-mac": _outlook_mac,
    "outlook-ios": _outlook_ios,
    "iphone": _iphone,
    "android": _android,
}

"""Writing and reading mail as the cast's mail programs do."""

import email
import email.policy
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as its reader sees it."""

    sender: str
    subject: str
    message_id: str
    references: str
    text: str


def opened(raw: bytes) -> Received:
    """A mail of the desk's, read."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return Received(
        str(mail["From"] or ""),
        str(mail["Subject"] or ""),
        str(mail["Message-ID"] or "").strip(),
        " ".join(str(mail["References"] or "").split()),
        body.get_content() if body is not None else "",
    )


def fresh(
    who: str, name: str, to: str, subject: str, text: str, headers: Iterable[tuple[str, str]] = ()
) -> EmailMessage:
    """A new mail."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = formataddr((name, who))
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=who.rpartition("@")[2])
    for key, value in headers:
        mail[key] = value
    mail.set_content(text + "\n")
    return mail


def reply(who: str, name: str, to: str, text: str, earlier: Received) -> EmailMessage:
    """An answer with the earlier mail quoted below, as mail programs write it."""
    chinese = any("\u4e00" <= c <= "\u9fff" for c in text)
    prefix = "回复：" if chinese else "Re: "
    bare = earlier.subject.removeprefix("Re: ")
    intro = (
        f"在 {datetime.now():%Y-%m-%d %H:%M}，{earlier.sender} 写道："
        if chinese
        else f"On {datetime.now():%d %b %Y, %H:%M}, {earlier.sender} wrote:"
    )
    quoted = "\n".join(f"> {line}".rstrip() for line in earlier.text.splitlines())
    mail = fresh(who, name, to, prefix + bare, f"{text}\n\n{intro}\n{quoted}")
    mail["In-Reply-To"] = earlier.message_id
    mail["References"] = f"{earlier.references} {earlier.message_id}".strip()
    return mail


def post(port: int, mail: EmailMessage, who: str, to: str) -> None:
    """Hand a mail to the demo's SMTP server."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as relay:
        relay.send_message(mail, from_addr=who, to_addrs=[to])

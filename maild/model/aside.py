"""A mail in the ledger as a person who has a word on it needs to know it, and what can become of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.model.words import Words

# What an admin may have done with a mail that was put aside, or with a sender.
Verb = Literal["release", "drop", "block", "unblock"]


@dataclass(frozen=True, slots=True)
class Aside:
    """One row of the ledger: `waits` until it is decided, `ticket` where it made or joined one, `screening` what kind
    of mail it was taken for."""

    number: int
    sender: str
    subject: str
    received: datetime
    waits: bool
    fate: str
    reason: str
    screening: str
    ticket: int | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """An admin's word that is to be carried out: on the mail of that number, or on a sender (an address, or a domain
    behind an @)."""

    verb: Verb
    number: int
    sender: str
    who: str
    why: str = ""


def why_not_released(mail: Aside, prefix: str) -> Words | None:
    """Why a mail cannot be let in; None when it can."""
    if mail.waits:
        return Words("it waits to be decided anyway", "正在等待处理，无需放行")
    if mail.fate == "ticketed":
        return Words(f"it made ticket {prefix}-{mail.ticket}", f"已经是工单 {prefix}-{mail.ticket}")
    if mail.fate == "handled":
        return Words(
            "it asked or told the desk itself something, and that was handled", "这是写给系统的指令，已经处理过"
        )
    if mail.screening == "own":
        return Words(
            "it came out of the desk itself: an answer to it would go round in circles",
            "它是服务台自己发出的邮件，放行会造成循环",
        )
    copied = _COPY.match(mail.reason)
    if mail.fate == "ignored" and copied is not None:
        return Words(
            f"it is a copy of inbound {copied[1]}: release that one", f"它与 {copied[1]} 号邮件相同，请放行那一封"
        )
    return None


def why_not_dropped(mail: Aside, prefix: str) -> Words | None:
    """Why a mail cannot be dropped; None when it can."""
    if mail.waits or mail.fate in ("held", "quarantined"):
        return None
    if mail.fate == "ticketed":
        return Words(f"it made ticket {prefix}-{mail.ticket}", f"已经是工单 {prefix}-{mail.ticket}")
    if mail.fate == "handled":
        return Words(
            "it asked or told the desk itself something, and that was handled", "这是写给系统的指令，已经处理过"
        )
    return Words(f"it is ignored already: {mail.reason}", f"已经忽略：{spoken(mail.screening, mail.reason).zh}")


_COPY = re.compile(r"a copy of inbound (\d+)")
_FOLDER = re.compile(r"it was put into the folder ([^;]{1,80})")
# Reasons of the ledger by their beginnings or pieces, as a colleague would say them. The first that fits counts.
_SPOKEN: tuple[tuple[str, Words], ...] = (
    ("disowned by the agent", Words("the colleague says that they did not write it", "同事本人说这封邮件不是自己写的")),
    (
        "nobody confirmed in time",
        Words(
            "we asked whether it is theirs, and nobody answered in 24 hours",
            "请发件人确认是否本人所写，24 小时无人确认",
        ),
    ),
    ("too large to be read", Words("it is too large to be read", "邮件太大，无法读取")),
    ("nobody to answer", Words("it says of nobody whom it comes from", "没有发件人")),
    (
        "the daemon ended",
        Words("maild ended several times with it in hand", "处理这封邮件时程序多次中断，已停止尝试"),
    ),
    ("failed ", Words("handling it failed three times; the log says more", "处理三次都失败，详情见日志")),
    ("no result within", Words("reading it took too long", "读取耗时过长")),
    ("of CPU", Words("reading it took too long", "读取耗时过长")),
    ("of memory", Words("reading it took too much memory", "读取占用内存过多")),
    ("the parsing process", Words("it could not be read", "无法读取")),
    ("at most", Words("it is built in a way that may do harm", "邮件结构异常，可能有害")),
    ("more than", Words("it is built in a way that may do harm", "邮件结构异常，可能有害")),
)


def spoken(screening: str, reason: str) -> Words:
    """Why a mail was put aside, in words of a person; the ledger's own where there are no others for it."""
    folder = _FOLDER.search(reason)
    if folder is not None:
        return Words(
            f"your mail system had put it into the folder {folder[1]}", f"邮件系统把它放进了文件夹 {folder[1]}"
        )
    if screening == "spam":
        return Words("the spam filter takes it for spam", "垃圾邮件过滤器判定为垃圾邮件")
    for piece, words in _SPOKEN:
        if piece in reason:
            return words
    if screening == "quarantine":
        return Words("it could not be read", "无法读取")
    return Words(reason, reason)


@dataclass(frozen=True, slots=True)
class AdminFacts:
    """What an admin's mail makes worth knowing.

    asides   the mails that it names, by number; one that is missing does not exist
    blocked  those of the senders it names that were blocked by an admin's word
    letter   the letter of ours that it answers; empty: none
    told     how many answers to plain words this admin got in the last 24 hours
    """

    asides: Mapping[int, Aside] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    letter: str = ""
    told: int = 0

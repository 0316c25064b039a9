"""A mail waits for its own writer's word (PRODUCT §2.5, §3.4): they were asked, and answer by a button or by a digit.

Is it yours? (no evidence) · was this command meant? (a mistyped one) · a colleague has answered: send it all the same?
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from maild.model import Address, Answer, Facts, Mail, Message, Words

# How long an unconfirmed mail of an agent waits, and how many questions they get a day (PRODUCT §2.5).
CONFIRM_FOR = timedelta(hours=24)
CONFIRMATIONS_A_DAY = 3

Said = Answer | Literal["drop"]

# What they get instead of a fourth question: one letter a day, with nothing in it of what came in their name, so that
# whoever floods the desk as them can neither fill their mailbox nor show them anything.
NO_MORE = "agent/no_more_questions"
_NO_MORE = Words("no more questions today", "今天不再逐封询问")

# The letters that ask, and the buttons under them.
CONFIRM, CORRECT, COLLISION = "agent/confirm_command", "agent/did_you_mean", "agent/collision"
BUTTONS: Mapping[str, Said] = {
    "confirm": "confirmed",
    "correct": "corrected",
    "as-text": "as_text",
    "anyway": "anyway",
    "discard": "drop",
}
_YES = "1 １ yes y ok 是 是的 确认"
_NO = "0 ０ no n 否 不是"
_WORDS: Mapping[str, tuple[tuple[str, Said], ...]] = {
    CONFIRM: ((_YES, "confirmed"), (f"{_NO} 2 ２", "drop")),
    CORRECT: ((f"{_YES} 执行", "corrected"), ("2 ２ text 正文", "as_text"), (_NO, "drop")),
    COLLISION: ((f"{_YES} anyway send 发送 仍然发送", "anyway"), (f"{_NO} 2 ２ drop 不发 不发了", "drop")),
}
DID: Mapping[Said, str] = {
    "confirmed": "confirms a mail of theirs: it is decided again",
    "corrected": "says what a mistyped command was meant to be: their mail is decided again",
    "as_text": "says that a line is text and no command: their mail is decided again",
    "anyway": "wants their answer sent beside the colleague's: it is decided again",
    "drop": "disowns a mail that came in their name, or wants it no more",
}
OVER = Words(
    "that mail waits no more: it was decided, or 24 hours have passed", "该邮件已不再等待：已处理，或已超过 24 小时"
)


def no_more_today(facts: Facts, who: Address, language: str, audience: Literal["agent", "admin"]) -> tuple[Mail, ...]:
    """The one letter a day about mails in somebody's name that wait without a question; none if they have had it."""
    if facts.asked_today < CONFIRMATIONS_A_DAY or facts.asked_no_more:
        return ()
    mail = Mail(
        template=NO_MORE,
        to=who,
        audience=audience,
        language=language,
        reply="internal",
        values={"asked": CONFIRMATIONS_A_DAY, "admin": audience == "admin"},
        subject=_NO_MORE.for_(language),
        desk=True,
    )
    return (mail,)


def said(facts: Facts, message: Message) -> Said | None:
    """What its writer says about the mail that waits, by button or by the plain digits; None: about something else."""
    pressed = BUTTONS.get(facts.button)
    if pressed is not None:
        return pressed
    if not facts.asked_about:
        return None
    text = "" if message.only_quoted else message.new_text
    word = text.strip().strip(".!。！").lower()
    return next((said for words, said in _WORDS.get(facts.asked_by, ()) if word in words.split()), None)

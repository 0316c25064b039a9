"""A mail waits for its own writer's word (PRODUCT §2.5): they were asked, and answer by the button or by a digit."""

from datetime import timedelta

from maild.model import Facts, Message

# How long an unconfirmed mail of an agent waits, and how many questions they get a day (PRODUCT §2.5).
CONFIRM_FOR = timedelta(hours=24)
CONFIRMATIONS_A_DAY = 3

_YES = frozenset({"1", "１", "yes", "y", "ok", "是", "是的", "确认"})
_NO = frozenset({"0", "０", "2", "２", "no", "n", "否", "不是"})


def said(facts: Facts, message: Message) -> bool | None:
    """Yes or no to "is this mail yours?", by button or by the plain digits; None: about something else."""
    if facts.button == "confirm":
        return True
    if not facts.asked_about:
        return None
    text = "" if message.only_quoted else message.new_text
    word = text.strip().strip(".!。！").lower()
    return True if word in _YES else False if word in _NO else None

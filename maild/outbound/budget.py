"""How much automatic mail may leave (PRODUCT §2.3): pure judgement over counts that the outbox gives."""

from dataclasses import dataclass

from maild.model import Budgets, Mail

# The ledger, the history and `maild outbox list` name these reasons; the summaries gather by them.
OVER_BUDGET = "over budget"
UNANSWERED = "over budget: nobody has answered this address yet"
COLLAPSED = "collapsed into one summary"


def mode_lets_out(mode: str, audience: str) -> bool:
    """Whether the desk's mode lets a mail to this audience leave (PRODUCT §3.3): observe only what is for the admins,
    agents only what is for the desk's own people, live everything."""
    own = {"observe": ("admin",), "agents": ("agent", "lead", "admin")}.get(mode)
    return own is None or audience in own


@dataclass(frozen=True, slots=True)
class Counts:
    """Automatic mails that went to one address in the last hour and day, to all strangers in the last hour, and to
    one agent in the last ten minutes. `answered`: a person of the desk has once written to this address."""

    hour: int = 0
    day: int = 0
    strangers_hour: int = 0
    ten_minutes: int = 0
    answered: bool = True


def judge(mail: Mail, internal: bool, fresh: bool, counts: Counts, budgets: Budgets) -> str:
    """Why a mail must be held back, or an empty string.

    Only automatic mail is ever held, and only to requesters and strangers; notices to agents, leads and admins are
    gathered into one mail above a number. `fresh`: it answers a mail that opened a ticket.
    """
    if not mail.automatic:
        return ""
    if mail.audience in ("agent", "lead"):
        return COLLAPSED if counts.ten_minutes >= budgets.notices_10min else ""
    if mail.audience == "admin":
        return ""
    if mail.audience == "stranger" or not internal:
        if counts.strangers_hour >= budgets.strangers_hour or counts.day >= budgets.stranger_day:
            return OVER_BUDGET
    elif counts.hour >= budgets.internal_hour or counts.day >= budgets.internal_day:
        return OVER_BUDGET
    # A robot may also ask how it stands, within the conversation, each time that it is told.
    asked_for = fresh or mail.template == "requester/progress"
    if asked_for and not counts.answered and counts.day >= budgets.unanswered:
        return UNANSWERED
    return ""

"""Which buttons a letter offers its reader: those of its kind, without the ones that make no sense now.

A button that takes something beside its verb is written as its command: "ask phone,location", "use IT-87".
"""

from collections.abc import Sequence

from maild.model import Mail, Policy, Ticket
from maild.outbound.actions import OF_THE_DESK
from maild.outbound.letters import RATED_CLOSINGS, Letter

# Nothing is to be done before an approver has answered, nor when they disagreed.
_WAITING = frozenset({"take", "ask", "resolve", "escalate"})
# So many details are asked for by one tap: a longer list is a form, and nobody fills it in.
_FIELDS = 4
# Of the similar tickets so many are sent by one tap.
_USED = 2


def offered(mail: Mail, letter: Letter, ticket: Ticket | None, policy: Policy) -> tuple[str, ...]:
    """The commands of a letter's buttons, in their order. None in a notice to a team's address: a token is bound to one
    person, and a list is none (PRODUCT §3.4)."""
    if not letter.verbs or "+" in policy.desk.address:
        return ()
    verbs = letter.verbs if ticket is not None else tuple(verb for verb in letter.verbs if verb in OF_THE_DESK)
    if mail.audience == "agent":
        agent = policy.agent(mail.to.address)
        if agent is None:
            return ()
        if ticket is not None and ticket.responded is not None and ticket.assignee == agent.address:
            verbs = tuple(verb for verb in verbs if verb != "take")
    if mail.template == "requester/closed" and mail.values.get("by", "confirmed") not in RATED_CLOSINGS:
        return ()
    left_out = _senseless(mail)
    return tuple(whole for verb in verbs if verb not in left_out for whole in _whole(verb, mail, ticket, policy))


def _senseless(mail: Mail) -> frozenset[str]:
    """The buttons of a letter that make no sense with what it says."""
    if mail.template == "agent/approval":
        if mail.values.get("how") != "disagreed":
            return frozenset({"not-approved"}) | (_WAITING if mail.values.get("how") != "agreed" else frozenset())
        return _WAITING
    if mail.template == "requester/corrected" and (mail.values.get("how") != "resolved" or not mail.values.get("own")):
        return frozenset(("solved", "unsolved"))
    if mail.template == "agent/registered" and mail.values.get("how"):
        return _WAITING
    if mail.template == "agent/new_ticket" and not mail.values.get("second"):
        return frozenset({"split"})
    return frozenset()


def _whole(verb: str, mail: Mail, ticket: Ticket | None, policy: Policy) -> tuple[str, ...]:
    """The commands that stand for a verb: none where there is nothing to ask for or to use, else one or more."""
    if verb == "ask":
        fields = _to_ask(ticket, policy)
        return (f"ask {','.join(fields)}",) if fields else ()
    if verb == "use":
        rows = mail.values.get("similar")
        tags = [row[0] for row in rows[:_USED]] if isinstance(rows, Sequence) else []
        return tuple(f"use {policy.desk.prefix}-{each}" if isinstance(each, int) else f"use {each}" for each in tags)
    return (verb,)


def _to_ask(ticket: Ticket | None, policy: Policy) -> tuple[str, ...]:
    """What the ticket's kind of problem wants to know and nobody has told."""
    if ticket is None or ticket.kind == "incident" or ticket.state in ("pending", "resolved", "closed"):
        return ()
    category = policy.categories.get(ticket.category)
    wanted = ticket.asked or (category.required if category is not None else ())
    known = {name for name, field in ticket.fields.items() if field.value.strip()}
    return tuple(name for name in wanted if name not in known)[:_FIELDS]

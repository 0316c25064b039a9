"""Questions of people who are no agents: #status, #mine and #help, about what is their own (PRODUCT §3.4).

Whoever the mail server says is somebody else, or who is of another house, asks in vain: their mail is what it would be
without the question.
"""

import re
from dataclasses import replace
from datetime import datetime

from maild.model import Facts, MailArrived, Outcome, Policy, Query, Ticket
from maild.workflow.answers import understand
from maild.workflow.commands.grammar import Command, Parsed, from_subject, only_signed, parse
from maild.workflow.commands.spread import leading
from maild.workflow.commands.verbs import BY_NAME
from maild.workflow.errand import Errand
from maild.workflow.questions import asks, help, own

_TAG = re.compile(r"[\[【]([^\]】]{1,40})[\]】]")


def questions(event: MailArrived, policy: Policy) -> Parsed | None:
    """What a mail asks, with the words under it; None for a mail that is no question, or of somebody who has none."""
    if event.trust.verdict in ("failed", "stranger", "unverified") or not event.trust.internal or event.asked:
        return None
    message = event.message
    text = "" if message.only_quoted else message.new_text
    first = from_subject(message, policy)
    parsed = parse(f"{first}\n{text}" if first else text)
    asked = tuple(each for each in parsed.commands if BY_NAME[each.verb].who == "anybody")
    if not asked or len(asked) < len(parsed.commands) or parsed.problems:
        return None
    return parsed


def queries(event: MailArrived, on: int | None, policy: Policy) -> tuple[Query, ...]:
    parsed = questions(event, policy)
    if parsed is None:
        return ()
    who = policy.plain(event.message.from_.address)
    return tuple(
        query
        for each in parsed.commands
        if each.verb != "help"
        for query in asks.of_requester(who, _numbers(each, event, on, policy))
    )


def _numbers(command: Command, event: MailArrived, on: int | None, policy: Policy) -> tuple[int, ...]:
    """The tickets that are meant: named in the question, else the one that the mail is on or whose tag it bears."""
    numbers = asks.numbers_in(command.argument, policy)
    if numbers or command.verb == "mine":
        return numbers
    if on is not None:
        return (on,)
    tags = (leading(found[1], policy)[0] for found in _TAG.finditer(event.message.subject[:500]))
    return tuple(dict.fromkeys(number for found in tags for number in found))


def asked(ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome | None:
    """The answer to somebody's question about what is theirs; None where there is none, or where they also tell
    something about the ticket: then see `besides`."""
    parsed = questions(event, policy)
    if parsed is None or (ticket is not None and not only_signed(parsed.text)):
        return None
    errand = _answered(ticket, event, facts, now, policy, parsed)
    if parsed.text and not only_signed(parsed.text):
        errand.unsent = parsed.text
    verbs = ", ".join(f"#{each.verb}" for each in parsed.commands)
    return errand.finish(Outcome(reason=f"a question about their own tickets: {verbs}", fate="handled", ticket=ticket))


def thanked(event: MailArrived) -> Outcome | None:
    """Thanks for an answer is no report."""
    if event.thread.by != "desk" or event.trust.verdict not in ("none", "requester") or event.message.attachments:
        return None
    text = "" if event.message.only_quoted else event.message.new_text
    if not text.strip() or understand(text, "closed").kind in ("thanks", "noted"):
        return Outcome(reason="thanks for an answer of the desk", fate="handled")
    return None


def besides(
    ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy
) -> tuple[MailArrived, Errand | None]:
    """A question with more words under it on somebody's ticket: the mail without its question, and the answer."""
    parsed = questions(event, policy)
    if parsed is None:
        return event, None
    said = replace(event, message=replace(event.message, new_text=parsed.text))
    return said, _answered(ticket, event, facts, now, policy, parsed)


def _answered(
    ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy, parsed: Parsed
) -> Errand:
    errand = Errand(event, facts, now, policy, ticket)
    errand.agent = None
    on = ticket.key if ticket is not None else None
    for command in parsed.commands:
        if command.verb == "help":
            help.for_requester(errand)
        else:
            own.answer(errand, policy.plain(event.message.from_.address), _numbers(command, event, on, policy))
    return errand

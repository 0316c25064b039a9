"""One message → event → facts → outcome, in one transaction, with nothing carried out yet.

`receive` applies the outcome; `maild inspect` shows it. Both go through the same verdicts.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from maild import entered, evidence, gather, presses
from maild.ingest import thread, trust
from maild.ingest.language import language_of
from maild.ingest.screen import screen, senders_of
from maild.ingest.sent_by import sent_by
from maild.ingest.ticket_fields import extract
from maild.model import (
    NOT_PRESSED,
    Behalf,
    MailArrived,
    Message,
    Outcome,
    Person,
    Policy,
    Screening,
    Thread,
    Ticket,
    Trust,
    Wish,
)
from maild.store import blocked, ledger_lists, people_directory, tickets
from maild.tokens import Tokens
from maild.workflow import admin_mail, approval, desk_mail, lifecycle, reported_for
from maild.workflow.decide import decide
from maild.workflow.needs import needs


@dataclass(frozen=True, slots=True)
class Considered:
    """The event, the ticket that the mail joins (None: a new one or none), what is to be done, and the keys by which
    the mail was found."""

    event: MailArrived
    ticket: Ticket | None
    outcome: Outcome
    keys: thread.Keys


def event_of(
    message: Message,
    screening: Screening,
    claim: Thread,
    verdict: Trust,
    ticket: Ticket | None,
    received: datetime,
    inbound: int = 0,
    mailbox: str = "",
    backlog: bool = False,
    too_large: int = 0,
    let_in: str = "",
    quiet: Literal["no", "writer", "all"] = "no",
) -> MailArrived:
    """The event that a read mail is, with the fields found in it."""
    return MailArrived(
        message=message,
        screening=screening,
        thread=claim,
        trust=verdict,
        received=received,
        inbound=inbound,
        mailbox=mailbox,
        backlog=backlog,
        too_large=too_large,
        # Beside what was asked, what was shown for correction may have been corrected in the quoted form.
        fields=(
            extract(message, (*ticket.asked, *ticket.fields), ticket.fields) if ticket is not None else extract(message)
        ),
        let_in=let_in,
        quiet=quiet,
        sent_by=sent_by(message),
    )


def consider(
    connection: Connection,
    message: Message,
    policy: Policy,
    tokens: Tokens,
    *,
    received: datetime,
    now: datetime,
    inbound: int = 0,
    mailbox: str = "",
    backlog: bool = False,
    answers: frozenset[str] = frozenset(),
    too_large: int = 0,
    let_in: str = "",
    quiet: Literal["no", "writer", "all"] = "no",
    by_hand: bool = False,
) -> Considered:
    """Screen, thread, judge, gather, decide. The claimed ticket's row is locked first, before anything else.

    `answers`: what its writer has said about this mail, with evidence, since it waited. `let_in`: which admin has let
    the mail in, and why: what the screening has against it counts no more, and nobody asks whether a listed agent
    wrote it.
    `by_hand`: it was entered at the terminal, by somebody who may, so that it is what its head says.
    Neither makes anybody of a mail whose authentication failed. `quiet`: see MailArrived.
    """
    message = desk_mail.as_answered(message, answers)
    keys = thread.keys(message, tokens, policy)
    claim, screening = _screened(connection, message, keys, mailbox, policy, by_hand)
    if let_in and screening.verdict not in ("person", "own"):
        if screening.verdict not in ("spam", "blocked") and quiet == "no":
            quiet = "writer"
        screening = Screening("person", f"an admin let it in; it counted as {screening.verdict}: {screening.reason}")
    if screening.verdict == "bounce" and message.bounce is not None:
        number = gather.bounced_ticket(connection, message.bounce.message_id)
        claim = gather.led(connection, Thread(number, "references" if number is not None else "none"))
    claimed = tickets.load(connection, claim.ticket, lock=True) if claim.ticket is not None else None
    wish = reported_for.wish(message, policy) if claimed is None and screening.verdict == "person" else None
    button = _button(connection, keys, message, claim, claimed, answers, policy, tokens, now)
    asked = _asked(connection, message, claimed, claim.via, button.proof, policy, now)
    verdict = _judged(connection, message, keys, claim, claimed, button.proof, asked, policy, tokens, now, inbound)
    verdict = _proved(message, claimed, verdict, wish, answers, let_in, by_hand, policy)
    if by_hand:
        verdict, wish = _entered(message, policy)
    if verdict.verdict == "agent" and claimed is not None and not trust.went_to(claim.signed, message, policy, tokens):
        # What the agent answers is somebody else's letter, so nothing says whom their words are for.
        claim = replace(claim, signed=None)
    if not asked and claimed is not None and verdict.verdict == "none" and claimed.approver == message.from_.key:
        # The approver, perhaps: no letter of ours is answered, so it is no answer, but no report of their own either.
        asked = claimed.approver
    joined = joins(screening, verdict, asked) or _notes(screening, verdict, claimed, received, policy)
    ticket = claimed if joined else None
    event = event_of(
        message, screening, claim, verdict, ticket, received, inbound, mailbox, backlog, too_large, let_in, quiet
    )
    pressed, press = button.proof, button.pressed.press
    if verdict.authenticated or verdict.verdict == "agent":
        # What somebody else has seen proves nothing; who is known anyway may press it all the same.
        pressed = button.pressed.verb
    elif not pressed and not press.denied:
        press = NOT_PRESSED
    event = replace(event, answers=answers, asked=asked if ticket is not None else "", press=press)
    if wish is not None and (by_hand or verdict.verdict == "agent"):
        event = replace(event, behalf=_behalf(connection, message, wish, policy, by_hand))
    wanted = needs(event, ticket, policy)
    others = claimed if ticket is None else None
    valid = pressed if ticket is not None or claimed is None or verdict.admin else ""
    about = button.pressed.about if valid else 0
    facts = gather.facts(connection, event, ticket, others, wanted, now, policy, valid, about)
    return Considered(event, ticket, decide(ticket, event, facts, now, policy), keys)


def _screened(
    connection: Connection, message: Message, keys: thread.Keys, mailbox: str, policy: Policy, by_hand: bool
) -> tuple[Thread, Screening]:
    """Which ticket a mail claims, and whether a person wrote it."""
    if by_hand:
        return Thread(), Screening("person", "entered at the terminal")
    claim = thread.choose(keys, gather.known(connection, keys))
    screening = screen(message, policy, blocked.among(connection, senders_of(message)))
    watched = mailbox.partition("/")[2]
    if watched and screening.verdict == "person":
        # A folder of `also_watch`: the site's filter put it there, so it is held for people to look at.
        screening = Screening("spam", f"it was put into the folder {watched}")
    if claim.late and policy.agent(message.sender.identity or "") is not None:
        # An agent's own report: on the ticket of whoever answered it, it would be an agent's word to that person.
        claim = Thread(note=claim.note)
    return claim, screening


@dataclass(frozen=True, slots=True)
class _Button:
    """The button that a mail presses, and its verb where it proves who writes ("" where others may know it)."""

    pressed: presses.Pressed
    proof: str


def _button(
    connection: Connection,
    keys: thread.Keys,
    message: Message,
    claim: Thread,
    claimed: Ticket | None,
    answers: frozenset[str],
    policy: Policy,
    tokens: Tokens,
    now: datetime,
) -> _Button:
    identity, made_for = message.sender.identity, claimed.key if claimed is not None else 0
    found = presses.judge(connection, keys, identity, made_for, tokens, now, policy)
    if claim.via and not found.verb:
        # Perhaps in a letter of the ticket that was merged into this one.
        made_for = claim.via
        found = presses.judge(connection, keys, identity, made_for, tokens, now, policy)
    made, writer = found.press.made, (identity or "").lower()
    may_be_anybodys = found.verb not in ("", "confirm") and not answers
    if may_be_anybodys and made is not None and evidence.button_was_seen(connection, made, writer, made_for, now):
        return _Button(found, "")
    return _Button(found, found.verb)


def _judged(
    connection: Connection,
    message: Message,
    keys: thread.Keys,
    claim: Thread,
    claimed: Ticket | None,
    pressed: str,
    asked: str,
    policy: Policy,
    tokens: Tokens,
    now: datetime,
    inbound: int,
) -> Trust:
    """The verdict on whoever writes, by what the mail itself brings."""
    speakers: Set[str] = gather.speakers(connection, claimed, policy) if claimed is not None else frozenset()
    unseen = evidence.unseen(connection, keys)
    verdict = trust.judge(message, claim, unseen, speakers, policy, tokens, now, bool(pressed), asked)
    rights = verdict.verdict == "agent" or verdict.admin
    if rights and inbound and ledger_lists.sent_before(connection, inbound):
        # Its bytes came before under another Message-ID: whoever has them sends them again (RFC 6376 §8.6).
        again = "unverified" if verdict.verdict == "agent" else verdict.verdict
        why = "the same mail came before, under another Message-ID"
        verdict = replace(verdict, verdict=again, admin=False, reason=why)
    if verdict.colleague and claimed is not None and gather.taken_off(connection, claimed, message, policy):
        # Whom an agent has taken off the ticket has no more to do with it than anybody else.
        verdict = replace(verdict, colleague=False)
    return verdict


def _proved(
    message: Message,
    claimed: Ticket | None,
    verdict: Trust,
    wish: Wish | None,
    answers: frozenset[str],
    let_in: str,
    by_hand: bool,
    policy: Policy,
) -> Trust:
    """The verdict, where a mail wants what takes evidence, and where somebody who may has given their word for it."""
    unproved = claimed is None and verdict.verdict == "none" and not verdict.authenticated
    if unproved and (wish is not None or desk_mail.wanted(message, policy, answers)):
        # What an agent wants of the desk takes the evidence that it takes on a ticket.
        what = "commands" if wish is None or wish.how == "command" else "a mail that was forwarded by"
        verdict = replace(verdict, verdict="unverified", reason=f"{what} of a {verdict.reason}")
    ruled = claimed is None and not by_hand and admin_mail.wanted(message, policy)
    if ruled and not verdict.admin and verdict.verdict in ("none", "stranger"):
        # So does what an admin rules on mails that were put aside.
        verdict = replace(verdict, verdict="unverified", reason=f"words of a listed admin, unproved: {verdict.reason}")
    if answers and verdict.verdict == "unverified":
        return replace(_on_word(verdict, "confirmed by themselves", "own word", message, policy), admin=ruled)
    if let_in and verdict.verdict == "unverified":
        return replace(_on_word(verdict, "an admin let the mail in", "admin's word", message, policy), admin=ruled)
    return verdict


def _on_word(verdict: Trust, reason: str, word: str, message: Message, policy: Policy) -> Trust:
    """The verdict on the mail of an agent or an admin for which somebody has answered who may."""
    found = "+".join(filter(None, (verdict.evidence, word)))
    listed = policy.agent(message.sender.identity or "") is not None
    return replace(
        verdict,
        verdict="agent" if listed else "none",
        reason=f"listed {'agent' if listed else 'admin'}: {reason}",
        evidence=found,
    )


def _entered(message: Message, policy: Policy) -> tuple[Trust, Wish]:
    """The verdict on what was entered at the terminal, and for whom it is."""
    told = entered.told(message)
    verdict: Literal["agent", "none"] = "agent" if policy.agent(message.from_.address) is not None else "none"
    reason = f"entered at the terminal by {told.by}"
    return Trust(verdict, reason, True, True), reported_for.read(f"{told.address} {told.channel}")


def _behalf(connection: Connection, message: Message, wish: Wish, policy: Policy, by_hand: bool) -> Behalf:
    """An agent's mail as the report of somebody else, with what is read in it."""
    made = behalf_of(message, wish, people_directory.called(connection, reported_for.names(wish)), policy)
    return replace(made, by_hand=entered.told(message).by) if by_hand else made


def behalf_of(message: Message, wish: Wish, known: Mapping[str, Iterable[Person]], policy: Policy) -> Behalf:
    """The same; `known` is whom the directory knows by what is written."""
    made = reported_for.behalf(message, wish, known, policy)
    report = replace(made.report, language=language_of(f"{made.report.new_text}\n{made.report.subject}"))
    return replace(made, report=report, fields=extract(report))


def awaits(event: MailArrived) -> bool:
    """Whether the mails that this one answers belong on its ticket when they come after it (PRODUCT §2.4).

    Mails of ours are on record; and what a stranger says to have answered gathers nobody's mail.
    """
    return event.thread.by != "token" and event.trust.verdict in ("agent", "requester", "none")


def expected(message: Message) -> tuple[str, ...]:
    """The mails that belong where this one is when they come after it, newest first: those that it answers, and the one
    that it forwards as an attachment."""
    inside = message.forwarded.message_id if message.forwarded is not None else ""
    return (*message.answered, inside) if inside else message.answered


def _notes(screening: Screening, verdict: Trust, claimed: Ticket | None, received: datetime, policy: Policy) -> bool:
    """Whether a colleague's words are noted on a ticket that they are not on; on a closed one nobody would see them."""
    if claimed is None or not verdict.colleague or screening.verdict != "person":
        return False
    return lifecycle.act("colleague", lifecycle.stage(claimed, received, policy)) == "note_inside"


def joins(screening: Screening, verdict: Trust, asked: str = "") -> bool:
    """Whether a mail may join the ticket that it claims. A delivery report belongs to the mail it speaks of; what a
    colleague answers to a question that somebody else was asked (`asked`) is noted there, and does nothing."""
    if screening.verdict == "bounce" or verdict.verdict in ("agent", "requester", "unverified", "approver"):
        return True
    return bool(asked) and verdict.verdict == "none" and verdict.internal


def _asked(
    connection: Connection,
    message: Message,
    claimed: Ticket | None,
    via: int,
    pressed: str,
    policy: Policy,
    now: datetime,
) -> str:
    """Who was asked for an approval by the letter that a mail answers, or whose button it presses."""
    if claimed is None:
        return ""
    if pressed in approval.VERBS:
        return (message.sender.identity or "").lower()
    days = trust.SIGNED_DAYS if policy.authserv_id else trust.SIGNED_DAYS_ALONE
    return gather.asked_for_approval(connection, message, via or claimed.key, now - timedelta(days=days))

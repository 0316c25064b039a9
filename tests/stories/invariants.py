"""What must hold after every story, over all bytes that left and all that stands on record."""

import email
import email.policy
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, select

from maild.store.schema import address as addresses
from maild.store.schema import entry, history, inbound, ticket, timer
from maild.workflow import lifecycle
from tests.stories import canaries
from tests.stories.clients import DESK
from tests.stories.stage import Out

# Scripts put this word into every text that must stay inside.
CANARY = "CANARY"
# Words shorter than this may stand in two letters by chance.
_TELLING = 12
_REQUESTERS_VERBS = frozenset(
    {"solved", "unsolved", "withdraw", "different", "agree", "disagree", *(f"rate{n}" for n in range(1, 6))}
)
_EDGES = frozenset((was, becomes) for was, becomes, _ in lifecycle.transitions())
# How the id of a mail begins whose answer goes to the requester.
_PUBLIC_ID = re.compile("<[mr]p")
_BUTTON = re.compile(r"subject=[^\"&]*%23([a-z0-9-]+)%20")


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The text or HTML body of a mail, decoded, with plain line ends."""
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def check(outs: Sequence[Out], connection: Connection) -> list[str]:
    """Every rule that is broken, one line each; an empty list is good."""
    left = [out for out in outs if out.state == "sent"]
    mails = [(out, parsed(out.raw)) for out in outs]
    return [
        *_secrets(mails, connection),
        *_addresses(mails, connection),
        *(mistake for out, mail in mails for mistake in _marks(out, mail)),
        *_unique(outs),
        *_once(mails, connection),
        *_threads(mails, connection),
        *_records(connection),
        *(f"mail {out.number} has no sent mark though it is in {out.state}" for out in left if not out.raw),
    ]


def _secrets(mails: Iterable[tuple[Out, EmailMessage]], connection: Connection) -> list[str]:
    """Nothing internal in any mail to a requester or a stranger, nor a button that is not theirs; and nothing internal
    in a notice whose answer goes to the requester, who may be copied in it."""
    inside = canaries.internal(connection)
    noted = canaries.marked(connection, CANARY)
    found = []
    for out, mail in mails:
        outside = out.audience in ("requester", "stranger", "approver")
        if not outside and not _PUBLIC_ID.match(out.message_id):
            continue
        everything = canaries.shown(mail)
        # In a notice the word may stand where a requester wrote it; what agents write for each other may not.
        looked_for = ((CANARY, "the canary"), *inside.for_(out)) if outside else noted
        for word, what in looked_for:
            if word in everything:
                found.append(f"{out.template} to {out.recipient} holds what is internal, {what}: {word!r}")
        for verb in _BUTTON.findall(everything) if outside else ():
            if verb not in _REQUESTERS_VERBS:
                found.append(f"{out.template} to {out.recipient} has the button {verb} of an agent")
    return found


def _addresses(mails: Iterable[tuple[Out, EmailMessage]], connection: Connection) -> list[str]:
    """No address of one reporter in a mail to another, nor in one to an approver but the reporter's whom it is about,
    unless somebody wrote it into the ticket's public words."""
    tickets = {row.id: row for row in connection.execute(select(ticket.c.id, ticket.c.requester))}
    said: dict[int, str] = defaultdict(str)
    for row in connection.execute(select(entry.c.ticket, entry.c.text).where(entry.c.visibility == "public")):
        said[row.ticket] += row.text.lower()
    reporters = {row.requester.lower() for row in tickets.values() if row.requester}
    # Who is asked is told by name, and where nobody knows it by address.
    approvers: dict[int | None, set[str]] = defaultdict(set)
    for row in connection.execute(select(history.c.ticket, history.c.becomes).where(history.c.what == "approver")):
        approvers[row.ticket].add(row.becomes)
    found = []
    for out, mail in mails:
        if out.audience not in ("requester", "stranger", "approver"):
            continue
        mine = {out.recipient, DESK}
        if out.audience == "approver" and out.ticket is not None:
            mine.add(tickets[out.ticket].requester.lower())
        mine |= approvers[out.ticket]
        shown = "\n".join((text_of(mail), text_of(mail, "html"), *(str(value) for value in mail.values()))).lower()
        for address in reporters - mine:
            if _stands_in(address, shown) and not _stands_in(address, said[out.ticket or 0]):
                found.append(f"{out.template} to {out.recipient} holds the address of another reporter: {address}")
    return found


def _stands_in(address: str, text: str) -> bool:
    return re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", text) is not None


def _marks(out: Out, mail: EmailMessage) -> list[str]:
    """Automatic mail says so (RFC 3834 §5); a person's relayed words don't; everything has the loop header."""
    found = []
    name = f"{out.template} to {out.recipient}"
    if out.automatic != bool(mail["Auto-Submitted"]):
        found.append(f"{name}: Auto-Submitted is {mail['Auto-Submitted']!r}, automatic is {out.automatic}")
    if out.automatic and mail["X-Auto-Response-Suppress"] != "All":
        found.append(f"{name}: X-Auto-Response-Suppress is {mail['X-Auto-Response-Suppress']!r}")
    if not str(mail["X-Maild-Loop"] or "").startswith(DESK):
        found.append(f"{name}: no X-Maild-Loop")
    recipients = [each.addr_spec.lower() for each in mail["To"].addresses]
    if recipients != [out.recipient] or mail["Cc"] or mail["Bcc"]:
        found.append(f"{name}: written to {recipients}, Cc {mail['Cc']}")
    if [each.addr_spec for each in mail["From"].addresses] != [DESK]:
        found.append(f"{name}: comes from {mail['From']}")
    if out.envelope_sender is not None and out.envelope_sender != ("" if out.automatic else DESK):
        found.append(f"{name}: the envelope names {out.envelope_sender!r} as its sender")
    return found


def _unique(outs: Sequence[Out]) -> list[str]:
    counted = Counter(out.message_id for out in outs)
    return [f"the Message-ID {one} was used {count} times" for one, count in counted.items() if count > 1]


def _once(mails: Iterable[tuple[Out, EmailMessage]], connection: Connection) -> list[str]:
    """What somebody has said on a ticket reaches each other person once: at one of their addresses, in one letter."""
    owners = {row.address: f"person {row.person}" for row in connection.execute(select(addresses)) if row.person}
    letters: dict[tuple[int | None, datetime], list[tuple[Out, str]]] = defaultdict(list)
    for out, mail in mails:
        letters[out.ticket, out.at].append((out, text_of(mail)))
    found = []
    for row in connection.execute(select(entry.c.ticket, entry.c.at, entry.c.new_text)):
        words = next((line.strip() for line in row.new_text.splitlines() if line.strip()), "")
        had: dict[str, list[str]] = defaultdict(list)
        for out, text in letters[row.ticket, row.at] if len(words) >= _TELLING else ():
            if words in text and out.template != "agent/transcript":
                local, _, domain = out.recipient.rpartition("@")
                plain = f"{local.partition('+')[0]}@{domain}"
                had[owners.get(out.recipient) or owners.get(plain) or plain].append(
                    f"{out.template} to {out.recipient}"
                )
        found += [f"{words[:40]!r} went twice to {who}: {', '.join(at)}" for who, at in had.items() if len(at) > 1]
    return found


def _threads(mails: Iterable[tuple[Out, EmailMessage]], connection: Connection) -> list[str]:
    """Each person's mails about one ticket have one subject and hang on one another (RFC 5322 §3.6.4)."""
    written = defaultdict(set)
    for row in connection.execute(select(entry.c.ticket, entry.c.author, entry.c.message_id)):
        written[row.ticket, row.author.lower()].add(row.message_id)
    # A mail that waits for its writer's confirmation is on no ticket yet, but the question about it answers it.
    for row in connection.execute(select(inbound.c.ticket, inbound.c.sender, inbound.c.message_id)):
        written[row.ticket, row.sender.lower()].add(row.message_id)
    # One that waited while its ticket was merged is on the ticket where that leads, once it was confirmed.
    merged = select(ticket.c.id, ticket.c.merged_into).where(ticket.c.merged_into.is_not(None))
    for source, into in connection.execute(merged):
        for (number, who), ids in list(written.items()):
            if number == into:
                written[source, who] |= ids
    had: dict[tuple[int, str], list[str]] = defaultdict(list)
    subjects: dict[tuple[int, str], str] = {}
    found = []
    for out, mail in mails:
        if out.ticket is None or out.state in ("held", "cancelled"):
            continue
        key = (out.ticket, out.recipient)
        name = f"{out.template} to {out.recipient}"
        subject = str(mail["Subject"])
        if out.template == "agent/restricted":
            # Who may not see the ticket does not get its subject either.
            continue
        if subjects.setdefault(key, subject) != subject:
            found.append(f"{name}: the subject was {subjects[key]!r} and is {subject!r}")
        if f"[IT-{out.ticket}]" not in subject:
            found.append(f"{name}: no tag in the subject {subject!r}")
        parent = str(mail["In-Reply-To"] or "")
        chain = str(mail["References"] or "").split()
        if parent and (not chain or chain[-1] != parent):
            found.append(f"{name}: answers {parent}, but its References end in {chain[-1:]}")
        if had[key] and parent not in (*had[key], *written[key]):
            found.append(f"{name}: hangs on {parent or 'nothing'}, not on the conversation of this person")
        had[key].append(out.message_id)
    return found


def _records(connection: Connection) -> list[str]:
    """Every mail has its fate and reason; every transition its who and why, in an unbroken line of states."""
    found = [
        f"inbound {row.id}: fate {row.fate!r}, reason {row.reason!r}"
        for row in connection.execute(select(inbound))
        if row.state != "done" or not row.fate or not row.reason or row.reason.startswith("failed ")
    ]
    found += [
        f"the timer {row.kind} of {row.ticket} failed" for row in connection.execute(select(timer)) if row.failures
    ]
    waits = defaultdict(set)
    for row in connection.execute(select(timer)):
        waits[row.ticket].add(row.kind)
    for one in connection.execute(select(ticket)).all():
        wrong = [kind for kind in waits[one.id] if lifecycle.WAITING.get(kind, one.state) != one.state]
        if wrong:
            found.append(f"ticket {one.id} is {one.state}, and {wrong} are still to fire")
        state = "new"
        lines = connection.execute(select(history).where(history.c.ticket == one.id).order_by(history.c.id)).all()
        if not lines or lines[0].what not in ("category", "registered"):
            found.append(f"ticket {one.id}: its history does not begin with its registration")
        for line in (line for line in lines if line.what == "state"):
            if line.was != state or not line.who or not line.why:
                found.append(f"ticket {one.id}: {line.was} → {line.becomes} by {line.who!r} because {line.why!r}")
            # An #undo goes back wherever the ticket came from, in one step.
            back = any(each.what == "undone" and each.at == line.at for each in lines)
            if line.was != line.becomes and (line.was, line.becomes) not in _EDGES and not back:
                found.append(f"ticket {one.id}: {line.was} → {line.becomes} is no transition of lifecycle.ROWS")
            state = line.becomes
        found += _over(one, lines)
        if state != one.state:
            found.append(f"ticket {one.id} is {one.state}, its history ends in {state}")
    return found


def _over(one: Any, lines: Sequence[Any]) -> list[str]:
    """A closed ticket says how, in its history too and by the same hand: that is what reports count (PRODUCT §3.6)."""
    if one.state != "closed":
        return [f"ticket {one.id} is {one.state}, and has the outcome {one.outcome}"] if one.outcome else []
    closed = [line for line in lines if line.what == "state" and line.becomes == "closed"]
    how = [line for line in lines if line.what == "outcome" and line.becomes]
    if not closed or not how or how[-1].becomes != one.outcome or how[-1].who != closed[-1].who:
        return [f"ticket {one.id}: closed as {one.outcome}, which its history does not tell by the same hand"]
    return []

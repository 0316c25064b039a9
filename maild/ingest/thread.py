"""Which ticket a mail claims to belong to (PRODUCT §2.4): our signed ids first, then ids on record, then the tag.

Nothing is guessed from equal titles or Thread-Index. A claim gives no rights: `trust` says who may join.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from maild.model import Message, Policy, SignedId, Thread
from maild.model.button import PRESSED
from maild.tokens import Tokens

# Ids looked up on record; a thread longer than that is found by its newest ones all the same.
_MAX_IDS = 50
_MAX_TAGS = 5


@dataclass(frozen=True, slots=True)
class Keys:
    """What a mail is found by: signed ids and plain ids newest first, ticket numbers of tags, a pressed button.

    `own` is its Message-ID: a reply to it may have been fetched before. `desk` are signed ids of letters that belong to
    no ticket, sent to this very writer. `ours`: every signed id that the mail refers to, as it stands there in lower
    case, with what it says. `argument` is what stands beside the verb on the button.
    """

    signed: tuple[SignedId, ...]
    ids: tuple[str, ...]
    tags: tuple[int, ...]
    button: tuple[str, str] | None = None
    own: str = ""
    desk: tuple[SignedId, ...] = ()
    ours: tuple[tuple[str, SignedId], ...] = ()
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of the keys: ticket by Message-ID, and which numbers of tags exist.

    `awaited` gives the ticket on which a mail of that Message-ID was answered before it came.
    """

    by_id: Mapping[str, int]
    existing: frozenset[int]
    merged: Mapping[int, int]
    awaited: Mapping[str, int] = field(default_factory=dict)


def keys(message: Message, tokens: Tokens | None, policy: Policy) -> Keys:
    """The keys of a mail; without tokens (inspect without a signing key) no id counts as signed."""
    newest_first = message.answered[:_MAX_IDS]
    signed = _signed(newest_first, bool(message.in_reply_to), message.sender.identity, tokens) if tokens else ()
    subject = unicodedata.normalize("NFKC", message.subject)
    numbers = (int(number) for number in _tag_pattern(policy.desk.prefix, policy.desk.former_prefixes).findall(subject))
    pressed = PRESSED.search(subject)
    return Keys(
        signed,
        newest_first,
        tuple(dict.fromkeys(number for number in numbers if 0 < number < 2**53))[:_MAX_TAGS],
        (pressed[1].lower(), pressed[3].lower()) if pressed else None,
        message.message_id,
        _of_the_desk(newest_first, message.sender.identity, tokens) if tokens else (),
        _ours(newest_first, tokens) if tokens else (),
        unquote(pressed[2] or "") if pressed else "",
    )


def _ours(ids: tuple[str, ...], tokens: Tokens) -> tuple[tuple[str, SignedId], ...]:
    read = ((one.strip().lower(), tokens.read(one)) for one in ids)
    return tuple((one, signed) for one, signed in read if signed is not None)


def _of_the_desk(ids: tuple[str, ...], writer: str | None, tokens: Tokens) -> tuple[SignedId, ...]:
    """Our own ids of letters that belong to no ticket, if they were sent to this writer."""
    read = (tokens.read(one) for one in ids)
    return tuple(
        each for each in read if each is not None and not each.ticket and writer and tokens.was_sent_to(each, writer)
    )


def _signed(ids: tuple[str, ...], direct: bool, writer: str | None, tokens: Tokens) -> tuple[SignedId, ...]:
    """Our own ids among them; those that were sent to this very writer first, since it is these that they answer.

    `direct`: the first of the ids is that of the mail answered.
    """
    read = [tokens.read(one) for one in ids]
    # Ticket 0 stands in the ids of mails that belong to no ticket: reports, alarms.
    found = [each for each in read if each is not None and each.ticket]
    if not (direct and read[0] is not None):
        # The mail answered bears another id now (some relays rewrite it), and behind its second id stands the one of
        # the mail before: only the second id tells whether the answer is public.
        found.sort(key=lambda each: not each.second)
    return tuple(sorted(found, key=lambda each: writer is None or not tokens.was_sent_to(each, writer)))


def choose(found: Keys, known: Known) -> Thread:
    """The one ticket that the mail speaks of; where token and tag disagree the token wins and the note says so."""
    if found.ours and not found.ours[0][1].ticket and found.ours[0][1] in found.desk:
        # It answers a letter of the desk that itself hung on a ticket's: what is said there is for the desk, and must
        # not go on to whom that ticket's own letter leads.
        return Thread(None, "desk", found.desk[0])
    if found.signed and found.signed[0].ticket in known.existing:
        # Only the first counts: an older one was quoted along from another conversation.
        signed = found.signed[0]
        ticket = _target(signed.ticket, known)
        note = ""
        if found.tags and found.tags[0] not in (signed.ticket, ticket):
            note = f"its subject names {found.tags[0]}, its signed reference {signed.ticket}: the reference wins"
        return Thread(ticket, "token", signed, note)
    for message_id in found.ids:
        if message_id in known.by_id:
            return Thread(_target(known.by_id[message_id], known), "references")
    for message_id in (*found.ids, found.own):
        if message_id in known.awaited:
            late = message_id == found.own
            note = (
                "another mail that answers the same one came before it"
                if not late
                else "a mail that answers it came first"
            )
            return Thread(_target(known.awaited[message_id], known), "references", None, note, late)
    for number in found.tags:
        if number in known.existing:
            return Thread(_target(number, known), "tag")
    if found.desk:
        return Thread(None, "desk", found.desk[0])
    return Thread(note=f"its subject names {found.tags[0]}, which does not exist" if found.tags else "")


def _target(ticket: int, known: Known) -> int:
    """Where a merged ticket leads; a ring of merges, which nobody should have made, ends where it began."""
    seen = {ticket}
    while ticket in known.merged and known.merged[ticket] not in seen:
        ticket = known.merged[ticket]
        seen.add(ticket)
    return ticket


@lru_cache(maxsize=16)
def _tag_pattern(prefix: str, former: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in (prefix, *former))
    # After NFKC full-width brackets, digits and hyphens are plain; 【】 stay as they are.
    return re.compile(rf"[\[【]\s{{0,3}}(?:{names})\s{{0,3}}-\s{{0,3}}(\d{{1,15}})\s{{0,3}}[\]】]", re.IGNORECASE)

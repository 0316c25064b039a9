"""Who a mail is from and whom it is about, as the directory tells (PRODUCT §2.5 "Persons", §3.1). All pure.

One person may write from several addresses; a shared mailbox is a group, whose members write for it; and a report may
be about somebody else than its writer (部门代表, manual 1.4).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

from maild.model import Address, Facts, Field, MailArrived, Person, Policy, Ticket

# What of the writer's own is not said of somebody else; how to reach the writer helps all the same.
_OF_THE_WRITER = ("department", "location")
# Sources of fields that nobody said on purpose.
_GUESSED = frozenset({"directory", "history", "header", "signature"})
# What was told on purpose keeps this confidence when it is remembered; other things keep less.
TOLD = 0.8
_GUESS = 0.6

_TITLE = re.compile(r"(?:先生|女士|小姐|老师|经理|主任|总|同事)$|^(?:mr|mrs|ms|dr|prof)\.?\s", re.I)
_LATIN = re.compile(r"[a-z]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def is_requester(ticket: Ticket, writer: Address, facts: Facts, policy: Policy) -> bool:
    """Whether this is the ticket's requester, at whichever of their addresses."""
    if policy.plain(writer.address) in {policy.plain(each) for each in (ticket.requester.key, *facts.same)}:
        return True
    agent = policy.agent(writer.address)
    return agent is not None and agent is policy.agent(ticket.requester.address)


def speaks_for(ticket: Ticket, writer: Address, facts: Facts, policy: Policy) -> bool:
    """Whether this person's yes is the requester's own: the requester, or whoever writes for that shared mailbox."""
    return is_requester(ticket, writer, facts, policy) or policy.plain(writer.address) in facts.group


def member(event: MailArrived, facts: Facts, policy: Policy) -> tuple[str, str] | None:
    """(shared mailbox, whoever writes for it) if this mail shows that somebody does: they may write on its tickets.

    In its name, with their own address as Sender (RFC 5322 §3.6.2); where a mail server vouches for people, it has to.
    The other way round, its address as Sender of a mail in somebody's own name, always takes that: else whoever writes
    that line into their own mail would have got themselves in.
    """
    if event.trust.verdict in ("failed", "stranger") or not event.sent_by:
        return None
    writer, behind = event.message.from_.key, event.sent_by
    if not (policy.is_internal(writer) and policy.is_internal(behind)):
        return None
    if facts.person is not None and facts.person.shared and behind not in facts.person.addresses:
        if policy.authserv_id and not event.trust.authenticated:
            return None
        return facts.person.address, behind
    if facts.behind is not None and facts.behind.shared and event.trust.authenticated:
        return facts.behind.address, writer
    return None


def known(
    person: Person | None,
    changed: datetime | None,
    earlier: Mapping[str, Field],
    told: datetime | None,
    writer: Address,
) -> dict[str, Field]:
    """What is known of a writer before a word is read: from the directory, and from their latest ticket.

    changed  when the directory's word of them last changed
    earlier  that ticket's fields, opened at `told`

    What they said on purpose after the directory's last change is newer than the directory. What an earlier ticket says
    of somebody else is not theirs, and members of a shared mailbox are not one another.
    """
    found: dict[str, Field] = {}
    name = earlier.get("name")
    if not (person is not None and person.shared) and not (
        name is not None and name.source not in _GUESSED and somebody_else(name.value, person, writer)
    ):
        for each in earlier.values():
            purpose = each.source in ("form", "label", "agent") or (
                each.source == "history" and each.confidence >= TOLD
            )
            found[each.name] = Field(
                each.name, each.value, "history", TOLD if purpose else min(each.confidence, _GUESS)
            )
    if person is None:
        return found
    for which in ("name", "department", "phone", "location"):
        value = getattr(person, which)
        if not value or (which == "name" and person.shared):
            continue
        had = found.get(which)
        newer = told is not None and (changed is None or told > changed)
        if had is None or had.confidence < TOLD or not newer:
            found[which] = Field(which, value, "directory", 0.9)
    return found


def about_another(fields: Mapping[str, Field], person: Person | None, writer: Address) -> bool:
    """Whether a mail names another person than its writer as the one who has the problem: on purpose, by label or in
    the form; a signature or a header is always the writer's own."""
    name = fields.get("name")
    return name is not None and name.source in ("form", "label") and somebody_else(name.value, person, writer)


def without_the_writer_s(rows: Mapping[str, Field]) -> dict[str, Field]:
    """The fields without what was only guessed of the writer, for a report about somebody else."""
    return {name: each for name, each in rows.items() if not (name in _OF_THE_WRITER and each.source in _GUESSED)}


def somebody_else(name: str, person: Person | None, writer: Address) -> bool:
    """Whether a name is certainly not the writer's: comparable with one of their names, and like none of them."""
    names = [writer.name, person.name if person is not None else ""]
    addresses = (writer.key, *(person.addresses if person is not None else ()))
    names += [re.sub(r"[._\-\d]+", " ", each.partition("@")[0].partition("+")[0]) for each in addresses]
    compared = [alike for each in names if (alike := _alike(name, each)) is not None]
    return bool(compared) and not any(compared)


def _alike(one: str, other: str) -> bool | None:
    """Whether two names may be one person's; None where they have no script in common."""
    mine, theirs = _parts(one), _parts(other)
    if mine[0] and theirs[0]:
        return mine[0] in theirs[0] or theirs[0] in mine[0]
    # One word alone in an address ("sales", "lilei") says too little to tell two people apart.
    if mine[1] and theirs[1]:
        if mine[1] <= theirs[1] or theirs[1] <= mine[1] or _letters(mine[1]) == _letters(theirs[1]):
            return True
        return False if len(theirs[1]) > 1 else None
    return None


def _parts(name: str) -> tuple[str, frozenset[str]]:
    plain = _TITLE.sub("", unicodedata.normalize("NFKC", name).strip()).lower()
    return "".join(_HAN.findall(plain)), frozenset(word for word in _LATIN.findall(plain) if len(word) > 1)


def _letters(words: frozenset[str]) -> list[str]:
    """All letters of a name, in order: "Lilei" and "Li Lei" have the same."""
    return sorted("".join(words))

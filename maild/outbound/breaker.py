"""Whom a relay's answer blames: this mail, or the relay and our standing with it. Pure, no network.

A relay that has blocked our address, or refuses our sender, answers every mail with a 5xx. Taken by its word each mail
would fail for good, one after the other. So a refusal that may be meant for us counts against its mail only when other
mail was accepted beside it; else the breaker opens: the mails wait unblamed, and one at a time is tried (THREATS F08).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from maild.outbound.relay import Kind, Result, Stage

Meaning = Literal["mail", "ours", "doubtful", "busy", "relay"]
Fault = Literal["", "away", "refuses", "busy"]

# How many different recipients must be refused in a row before the relay is taken to refuse everybody: fewer where
# nothing was accepted in the same round, more where something was.
REFUSED_ALONE = 2
REFUSED_BESIDE = 5
# The pauses between tries: doubled each time, up to the longest. One that refuses us is asked ever more seldom, but a
# mail that it has not yet seen gets its turn sooner.
FIRST = timedelta(seconds=5)
FIRST_BUSY = timedelta(seconds=30)
LONGEST = timedelta(minutes=5)
LONGEST_REFUSED = timedelta(hours=1)
UNTRIED = timedelta(minutes=5)
# For so long a relay that accepted a mail is taken to be well with others, when it breaks off in the middle of one.
LATELY = timedelta(minutes=10)

# RFC 3463: status codes that speak of the sender, X.1.7 and X.1.8, and of rights and policy, X.7.*.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BUSY_WORDS = re.compile(
    r"too many (?:concurrent |simultaneous |parallel )?(?:connections|sessions|messages|mails|requests|e-?mails)"
    r"|connections? limit|concurrent connection|rate[ -]limit|(?:sending|message|submission|hourly|rate) (?:rate|limit)"
    r"|(?:limit|quota) exceeded|throttl|too (?:fast|quickly|much mail)|频率|过于频繁",
    re.IGNORECASE,
)
_GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
# What says that this one mail is too big (RFC 3463 X.2.3, X.3.4): stage MAIL hears it because of SIZE=.
_SIZE_STATUS = frozenset({(2, 3), (3, 4)})
# The recipient's own affair: the address (but its X.1.7 and X.1.8, which are the sender's), the mailbox, the way there.
_SENDER_STATUS = frozenset({(1, 7), (1, 8)})
_RECIPIENT_SUBJECTS = frozenset({1, 2, 4})


def status(text: str) -> tuple[int, int, int] | None:
    """The enhanced status code at the head of a relay's words (RFC 2034), if there is one."""
    found = _STATUS.search(text[:40])
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def throttled(stage: Stage, code: int, text: str) -> bool:
    """Whether an answer means "not so much at a time": Exchange's 432, 421 4.7.x, 450 4.2.1, "too many connections".

    Greylisting, which uses the same codes, concerns one sender and recipient and is not meant. At RCPT a 450 4.2.1
    counts only if its words speak of too much: by itself it says that this one mailbox takes nothing now.
    """
    if code == 432:
        return True
    if not 400 <= code <= 499 or _GREYLISTED.search(text):
        return False
    said = status(text)
    if code == 421 and said is not None and said[1] == 7:
        return True
    if code == 450 and said == (4, 2, 1) and stage != "RCPT":
        return True
    return bool(_BUSY_WORDS.search(text))


def meaning(result: Result) -> Meaning:
    """mail: it concerns this mail alone. ours: it concerns us, whatever the mail. doubtful: a refusal that may be
    either. busy: too much at a time. relay: the relay as a whole, or one that this mail alone brings about."""
    if throttled(result.stage, result.code, result.text):
        return "busy"
    if result.kind == "relay":
        return "relay"
    if result.kind != "refused":
        return "mail"
    said = status(result.text)
    subject = said[1:] if said is not None else None
    if result.stage == "MAIL":
        return "mail" if result.code == 552 or subject in _SIZE_STATUS or not result.code else "ours"
    if subject in _SENDER_STATUS:
        return "ours"
    if result.stage == "RCPT":
        plain = subject is None and result.code in (550, 551, 553)
        return "mail" if plain or (subject is not None and subject[0] in _RECIPIENT_SUBJECTS) else "doubtful"
    return "mail" if subject in _SIZE_STATUS or result.code == 552 else "doubtful"


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of a round: for which recipient, and what it means.

    again   this mail was refused before
    amid    other mail of the round was accepted after it
    """

    result: Result
    recipient: str
    meaning: Meaning
    again: bool = False
    amid: bool = False


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of the relay: `fault` is empty while mail leaves.

    until      no mail is tried before; asked: when it was last tried
    since      when the trouble began; failures: rounds without one mail accepted
    refused    recipients refused in doubtful words since something was last accepted
    took       when it last accepted a mail
    why        its words
    """

    fault: Fault = ""
    until: datetime | None = None
    asked: datetime | None = None
    since: datetime | None = None
    failures: int = 0
    refused: frozenset[str] = frozenset()
    took: datetime | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        return bool(self.fault)

    def waits(self, now: datetime, untried: bool) -> bool:
        """Whether no mail may be tried now. `untried`: one is due that the relay has never answered."""
        if self.until is None or now >= self.until:
            return False
        fresh = untried and self.fault == "refuses" and self.asked is not None and now >= self.asked + UNTRIED
        return not fresh


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of sending came to.

    breaker    what is known of the relay now
    verdicts   for each answer that waited for the end of the round, in order: the kind that it counts as
    """

    breaker: Breaker
    verdicts: tuple[Kind, ...]


def conclude(breaker: Breaker, waiting: Sequence[Said], lost: frozenset[str], accepted: bool, now: datetime) -> Round:
    """The end of a round: whom the answers blame that were not clear by themselves.

    waiting     what did not concern its mail alone (`meaning`), in order
    lost        the recipients whose mail got no answer to its final dot
    accepted    the relay took at least one mail of the round
    """
    doubtful = frozenset(each.recipient for each in waiting if each.meaning == "doubtful" and not each.amid)
    refused = doubtful if accepted else breaker.refused | doubtful | lost
    everybody = for_all(refused, accepted)
    took = now if accepted else breaker.took
    lately = took is not None and now - took < LATELY
    verdicts = tuple(_verdict(each, accepted, lately, everybody) for each in waiting)
    at_fault = [each for each, kind in zip(waiting, verdicts, strict=True) if kind == "relay"]
    busy = any(each.meaning == "busy" for each in at_fault)
    if accepted and not everybody and not busy:
        return Round(Breaker(took=took), verdicts)
    if not at_fault and not (lost and everybody):
        # It answers. One that refused everybody must take a mail before it is believed.
        return Round(replace(breaker if breaker.fault == "refuses" else Breaker(took=took), refused=refused), verdicts)
    fault: Fault = "busy" if busy else "refuses" if _any(at_fault, "ours", "doubtful") else "away"
    failures = 1 if accepted else breaker.failures + 1
    pause = min(
        (FIRST_BUSY if busy else FIRST) * 2 ** min(failures - 1, 12),
        LONGEST_REFUSED if fault == "refuses" else LONGEST,
    )
    why = "no answer to the mails that it was given"
    if at_fault:
        why = f"{at_fault[-1].result.code or ''} {at_fault[-1].result.text}".strip()
    since = now if accepted else breaker.since or now
    return Round(Breaker(fault, now + pause, now, since, failures, refused, took, why), verdicts)


def for_all(refused: frozenset[str], accepted: bool) -> bool:
    """Whether so many recipients were refused in a row that it is not meant for them."""
    return len(refused) >= (REFUSED_BESIDE if accepted else REFUSED_ALONE)


def _any(answers: Sequence[Said], *meanings: Meaning) -> bool:
    return any(each.meaning in meanings for each in answers)


def _verdict(said: Said, accepted: bool, lately: bool, everybody: bool) -> Kind:
    match said.meaning:
        case "busy":
            return "relay"
        case "ours":
            # Taken from us beside it: another sender, or a limit that was reached just now.
            return "deferred" if accepted else "relay"
        case "doubtful" if everybody and not said.amid:
            return "relay"
        case "doubtful":
            # Alone in a quiet hour, or the last of a round, after which it may be meant for everybody: it is tried once
            # more before it counts.
            return "refused" if said.amid or said.again else "deferred"
        case _:
            # A relay that takes other mail and breaks off at this one after MAIL: it may be this one that it cannot
            # stand.
            return "deferred" if lately and said.result.stage in ("RCPT", "DATA", "dot") else "relay"

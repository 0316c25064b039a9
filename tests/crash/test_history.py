"""The checker is checked: a true history passes, and each forged one is found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from maild.outbound.relay import BARE_LINE_END
from tests.crash.books import Books, Entry, In, Out
from tests.crash.history import Death, Sent, examine
from tests.sink import Accepted

ANN, WANG, ADMIN = "ann@corp.example", "wang.wei@corp.example", "ops@corp.example"


def letter(number: int, template: str, to: str, ticket: int | None, inbound: int | None, words: str = "") -> Out:
    audience = template.partition("/")[0]
    raw = f"Subject: about it\r\nMessage-ID: <m{number}@corp.example>\r\n\r\nWords. {words}\r\n".encode()
    return Out(number, ticket, inbound, template, audience, to, f"<m{number}@corp.example>", "sent", 0, raw)


@dataclass(frozen=True)
class Past:
    """A whole history: three mails of a requester (one copied), a note between agents, one mail put aside."""

    sent: Mapping[str, Sent]
    books: Books
    wire: tuple[Accepted, ...]
    deaths: tuple[Death, ...] = ()
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def row(self, number: int, **changes: object) -> Past:
        return self._with("inbound", number, **changes)

    def out(self, number: int, **changes: object) -> Past:
        return self._with("outbox", number, **changes)

    def entry(self, number: int, **changes: object) -> Past:
        return self._with("entries", number, **changes)

    def _with(self, table: str, number: int, **changes: object) -> Past:
        rows = tuple(replace(row, **changes) if row.id == number else row for row in getattr(self.books, table))
        return replace(self, books=replace(self.books, **{table: rows}))

    def without(self, table: str, number: int) -> Past:
        rows = tuple(row for row in getattr(self.books, table) if row.id != number)
        return replace(self, books=replace(self.books, **{table: rows}))

    def plus(self, table: str, row: object) -> Past:
        return replace(self, books=replace(self.books, **{table: (*getattr(self.books, table), row)}))

    def heard(self, *numbers: int) -> Past:
        """The relay got these rows of the outbox, in this order."""
        rows = {out.id: out for out in self.books.outbox}
        return replace(self, wire=tuple(accepted(rows[number]) for number in numbers))


def accepted(out: Out) -> Accepted:
    return Accepted("", (out.recipient,), BARE_LINE_END.sub(b"\r\n", out.raw), 0.0, 1, True)


def true_past() -> Past:
    sent = {
        "one": Sent(b"bytes of one"),
        "two": Sent(b"bytes of two", answers="one"),
        "note": Sent(b"bytes of note", answers="one", secret=True),
        "again": Sent(b"bytes of again", copies=2),
        "bad": Sent(b"bytes of bad", fate="quarantined"),
    }
    rows = []
    for number, (mark, ticket) in enumerate(
        (("one", 1), ("two", 1), ("note", 1), ("again", 2), ("again", None), ("bad", None)), 1
    ):
        raw = b"Received: from x\r\n" + sent[mark].raw
        fate = sent[mark].fate if number != 5 else "ignored"
        reason = "a copy of inbound 4" if number == 5 else "why not"
        rows.append(In(number, mark, "done", fate, reason, ticket, len(raw), True, "maild/Processed", raw))
    rows[5] = replace(rows[5], filed="maild/Quarantine")
    outbox = (
        letter(1, "requester/acknowledged", ANN, 1, 1),
        letter(2, "agent/new_ticket", WANG, 1, 1),
        letter(3, "agent/requester_replied", WANG, 1, 2),
        letter(4, "agent/note", WANG, 1, 3, "note"),
        letter(5, "requester/acknowledged", ANN, 2, 4),
        letter(6, "admin/quarantined", ADMIN, None, None, "printer bad"),
        replace(letter(7, "requester/question", ANN, 2, None), state="failed"),
        letter(8, "agent/delivery_failed", WANG, 2, None),
    )
    books = Books(
        inbound=tuple(rows),
        tickets=((1, "one"), (2, "again")),
        entries=(
            Entry(1, 1, 1, "in", "public"), Entry(2, 1, 2, "in", "public"), Entry(3, 1, 3, "in", "internal"),
            Entry(4, 2, 4, "in", "public"), Entry(5, 2, None, "out", "public"),
        ),
        outbox=outbox,
    )  # fmt: skip
    past = Past(sent, books, (), (), {
        "INBOX": (), "maild/Processed": ("one", "two", "note", "again", "again"), "maild/Quarantine": ("bad",),
    })  # fmt: skip
    return past.heard(1, 2, 3, 4, 5, 6, 8)


TRUE = true_past()


def faults(past: Past) -> list[str]:
    return examine(past.books, past.sent, past.wire, past.deaths, past.folders).faults


def folders(**changes: tuple[str, ...]) -> Past:
    named = {name.replace("_", "/"): marks for name, marks in changes.items()}
    return replace(TRUE, folders={**TRUE.folders, **named})


def twice(past: Past, number: int, *deaths: Death) -> Past:
    """That row once more at the end of what the relay got."""
    (out,) = [out for out in past.books.outbox if out.id == number]
    return replace(past, wire=(*past.wire, accepted(out)), deaths=deaths)


def death(wire: int, *numbers: int) -> Death:
    return Death("somewhere", wire, frozenset(f"<m{number}@corp.example>" for number in numbers))


# What is wrong in the forged history → what the checker must say of it.
FORGED: Mapping[str, tuple[Callable[[], Past], str]] = {
    "a mail lost": (lambda: TRUE.without("inbound", 1), "one: 0 ledger rows for 1 mails"),
    "a copy of a mail lost": (lambda: TRUE.without("inbound", 5), "again: 1 ledger rows for 2 mails"),
    "a mail twice in the ledger": (
        lambda: TRUE.plus("inbound", replace(TRUE.books.inbound[0], id=9)), "one: 2 ledger rows"),
    "a mail that nobody sent": (
        lambda: TRUE.plus("inbound", replace(TRUE.books.inbound[0], id=9, mark="x")), "x: in the ledger, and never"),
    "a mail that waits for ever": (lambda: TRUE.row(1, state="received"), "inbound 1 is 'received' still"),
    "a mail put aside without cause": (lambda: TRUE.row(1, fate="quarantined"), "one: 0 times ticketed"),
    "a mail ignored as a copy of itself": (
        lambda: TRUE.row(1, fate="ignored", reason="a copy of inbound 7"), "one: 0 times ticketed"),
    "both copies decided": (lambda: TRUE.row(5, fate="ticketed", ticket=2), "again: 2 times ticketed"),
    "a copy ignored for another reason": (lambda: TRUE.row(5, reason="spam"), "is ignored, and no copy: spam"),
    "bytes changed": (lambda: TRUE.row(1, raw=b"other bytes", size=11), "one: its bytes changed"),
    "bytes missing": (lambda: TRUE.row(1, size=999), "of 999 bytes"),
    "two tickets of a mail": (lambda: TRUE.plus("tickets", (3, "one")), "one: 2 tickets, not 1"),
    "no ticket": (lambda: replace(TRUE, books=replace(TRUE.books, tickets=((2, "again"),))), "one: 0 tickets, not 1"),
    "a ticket of nothing": (lambda: TRUE.plus("tickets", (3, "x")), "x: a ticket without a mail"),
    "a reply with a ticket of its own": (lambda: TRUE.plus("tickets", (3, "two")), "two: 1 tickets, not 0"),
    "a reply on another ticket": (lambda: TRUE.row(2, ticket=2), "two: answers one on 1, and is on 2"),
    "words on another ticket": (lambda: TRUE.entry(2, ticket=2), "two: on ticket 1, its words on 2"),
    "words twice": (lambda: TRUE.plus("entries", replace(TRUE.books.entries[1], id=9)), "two: 2 entries, not 1"),
    "words lost": (lambda: TRUE.without("entries", 2), "two: 0 entries, not 1"),
    "words of a mail put aside": (
        lambda: TRUE.plus("entries", Entry(9, 1, 6, "in", "public")), "bad: 1 entries, not 0"),
    "words of no mail": (lambda: TRUE.plus("entries", Entry(9, 1, 77, "in", "public")), "an entry of inbound 77"),
    "no acknowledgement": (lambda: TRUE.out(1, template="requester/x"), "ticket 1 has 0 acknowledgements"),
    "two acknowledgements": (
        lambda: TRUE.plus("outbox", letter(9, "requester/acknowledged", ANN, 1, 2)).heard(1, 2, 3, 4, 5, 6, 8, 9),
        "ticket 1 has 2 acknowledgements"),
    "a notice twice": (
        lambda: TRUE.plus("outbox", letter(9, "agent/requester_replied", WANG, 1, 2)).heard(1, 2, 3, 4, 5, 6, 8, 9),
        "told 2 times"),
    "a quarantine untold": (lambda: TRUE.without("outbox", 6).heard(1, 2, 3, 4, 5, 8), "bad: put aside, and nobody"),
    "another quarantine told": (
        lambda: replace(TRUE, books=replace(TRUE.books, outbox=tuple(
            letter(6, "admin/quarantined", ADMIN, None, None, "x") if out.id == 6 else out for out in TRUE.books.outbox
        ))).heard(1, 2, 3, 4, 5, 6, 8), f"bad: put aside, and told to {ADMIN} 0 times"),
    "a quarantine told twice": (
        lambda: TRUE.plus("outbox", letter(9, "admin/quarantined", ADMIN, None, None, "bad"))
        .heard(1, 2, 3, 4, 5, 6, 8, 9), f"bad: put aside, and told to {ADMIN} 2 times"),
    "a failure untold": (lambda: TRUE.without("outbox", 8).heard(1, 2, 3, 4, 5, 6), "the agents were not told"),
    "a failure told twice": (
        lambda: TRUE.plus("outbox", letter(9, "agent/delivery_failed", WANG, 2, None)).heard(1, 2, 3, 4, 5, 6, 8, 9),
        "2 times told"),
    "a note made public": (lambda: TRUE.entry(3, visibility="public"), "a note meant for agents is public"),
    "a note shown to the requester": (
        lambda: TRUE.plus("outbox", letter(9, "requester/question", ANN, 1, None, "see note"))
        .heard(1, 2, 3, 4, 5, 6, 8, 9), "holds the internal note note"),
    "sent, says the row, and the relay never had it": (lambda: TRUE.heard(2, 3, 4, 5, 6, 8), "0 copies at the relay"),
    "failed, says the row, and the relay has it": (lambda: TRUE.heard(1, 2, 3, 4, 5, 6, 7, 8), "and the relay has it"),
    **{f"a row that stays {state}": (lambda state=state: TRUE.out(2, state=state), f"{WANG}, {state}")  # type: ignore[misc]  # mypy cannot type a lambda's default
       for state in ("queued", "leased", "unknown", "held", "cancelled")},
    "a mail that nobody queued": (lambda: replace(TRUE, books=replace(TRUE.books, outbox=TRUE.books.outbox[1:])),
                                  "<m1@corp.example>: at the relay, and not in the outbox"),
    "other bytes at the relay": (lambda: TRUE.out(1, raw=TRUE.books.outbox[0].raw + b"x"), "got other bytes"),
    "another recipient": (lambda: TRUE.out(1, recipient="eve@corp.example"), "got other bytes"),
    "a second copy for no reason": (lambda: twice(TRUE, 1), "no lost answer explains it"),
    "a second copy of what a dead one had not": (lambda: twice(TRUE, 1, death(5, 2)), "no lost answer explains it"),
    "a second copy after a death before the first": (lambda: twice(TRUE, 1, death(0, 1)), "no lost answer explains it"),
    "a third copy for one death": (lambda: twice(twice(TRUE, 1), 1, death(5, 1)), "no lost answer explains it"),
    "a mail gone from the server": (lambda: folders(maild_Processed=("two", "note", "again", "again")),
                                    "one: 0 times in the mailbox"),
    "a mail twice in the folder": (
        lambda: folders(maild_Processed=("one", "one", "two", "note", "again", "again")),
        "one: 2 times in the mailbox"),
    "a mail left behind": (lambda: folders(INBOX=("one",), maild_Processed=("two", "note", "again", "again")),
                           "one: 1 times in INBOX, where the ledger says 0"),
    "a stranger in the mailbox": (lambda: folders(INBOX=("x",)), "x: in the mailbox, and never sent"),
    "a database that is not sound": (
        lambda: replace(TRUE, books=replace(TRUE.books, damage=("integrity_check: page 7",))), "integrity_check"),
}  # fmt: skip


def test_a_true_history_passes_also_with_a_second_copy_that_a_death_or_a_lost_answer_explains() -> None:
    assert faults(TRUE) == []
    for again in (twice(TRUE, 1, death(5, 1)), twice(TRUE.out(1, unknowns=1), 1)):
        verdict = examine(again.books, again.sent, again.wire, again.deaths, again.folders)
        assert (verdict.faults, verdict.second_copies) == ([], 1)
    refused_then = TRUE.out(7, unknowns=1).heard(1, 2, 3, 4, 5, 6, 7, 8)
    assert faults(refused_then) == []


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_history_is_found_out(what: str) -> None:
    make, says = FORGED[what]
    assert [line for line in faults(make()) if says in line], faults(make())

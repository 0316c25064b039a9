"""An Outcome in the making: what the rules of one decision write on, line by line, and nothing else.

A Draft lives inside one call of `decide`. It keeps three things true that every rule would else have to remember:
each change of a ticket stands in its history with who and why, the clocks follow the state, and the timers follow the
clocks.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from maild.model import (
    NOT_PRESSED,
    Address,
    Agent,
    Attachment,
    Audience,
    Colleague,
    Entry,
    Facts,
    Fate,
    Field,
    Follow,
    History,
    Incident,
    Mail,
    Outcome,
    Policy,
    Ticket,
    Timer,
    Words,
)
from maild.model.ticket import Close, State
from maild.workflow import lifecycle, past, restricted, sla
from maild.workflow.clocks import clocks

# Changes of these are told in the history; the others are bookkeeping that the history's own lines explain.
_TOLD = frozenset(
    "state outcome category urgency impact importance priority team assignee tier restricted hold_until rating"
    " merged_into priority_locked approver".split()
)

# The subject of the mail to the admins when nobody who could work on a ticket is there.
UNATTENDED = Words("a ticket waits and nobody is there", "有工单无人处理")

# Timers that wait for the requester's word: any human mail of theirs stops them all.
WAITING = tuple(lifecycle.WAITING)
# The line of history of a requester who was told to change a password: once a ticket is enough.
WARNED = "told to change a password"


class Draft:
    """The ticket as it will be, and what else is to be done. `who` is the actor that the history names."""

    def __init__(self, ticket: Ticket, now: datetime, facts: Facts, policy: Policy, who: str) -> None:
        self.ticket, self.now, self.facts, self.policy, self.who = ticket, now, facts, policy, who
        self.entries: list[Entry] = []
        self.mails: list[Mail] = []
        self.fields: dict[str, Field] = {}
        self.history: list[History] = []
        self.timers: dict[str, Timer] = {}
        self.links: list[tuple[int, str]] = []
        self.writers: list[Address] = []
        self.readers: list[Address] = []
        self.gone: list[Address] = []
        self.unlinked: list[int] = []
        self.published: list[int] = []
        self.members: list[tuple[str, str]] = []
        self.follow: list[Follow] = []
        self.also: list[Outcome] = []
        self.incident: Incident | None = None
        self.corrections: list[tuple[str, str, str]] = []
        self.undeliverable: list[tuple[str, str]] = []
        self.rating: tuple[int, str] | None = None
        # The out-of-scope topic that triage found, if any.
        self.topic = ""
        # The commands of the mail in hand, and what #use brings to a #resolve in the same mail.
        self.verbs: frozenset[str] = frozenset()
        self.used = ""
        # What is proposed to the agents alone.
        self.aside = Words("", "")
        self.release = self.drop = 0
        # The button that the mail in hand presses.
        self.press = NOT_PRESSED
        # What an agent is to know of what was done, and the command mail that is taken back here.
        self.remarks: list[Words] = []
        self.undone = 0
        self._before = ticket if ticket.id is not None else None

    # ── the ticket ───────────────────────────────────────────────────────────────────────────────────────────────

    def change(self, why: str, by: str = "", **changes: Any) -> None:
        """Set attributes of the ticket; those that people care about leave a line of history. `by`: who decided it,
        where it was not who wrote."""
        for name, value in changes.items():
            was = getattr(self.ticket, name)
            if name in _TOLD and was != value:
                self.note(name, _shown(was), _shown(value), why, by)
        self.ticket = replace(self.ticket, **changes)

    def note(self, what: str, was: str, becomes: str, why: str, by: str = "") -> None:
        """A line of history that no attribute carries; `by`: who decided it, where it was not who wrote."""
        self.history.append(History(what, was, becomes, by or self.who, why))

    def enter(self, state: State, why: str, **changes: Any) -> None:
        """Change the state; the clocks run or stand as the new state wants."""
        self.ticket = sla.run_for(self.ticket, state, self.policy, self.now)
        self.change(why, state=state, **changes)

    def close(self, outcome: Close, why: str) -> None:
        """Close the ticket for good; nothing more will happen by itself."""
        self.enter("closed", why, outcome=outcome, closed=self.now, owes="requester", hold_until=None)
        self.cancel(*WAITING, "hold_over")
        if self.ticket.parent is not None:
            self.follow.append(Follow(self.ticket.parent, "report_closed", {"how": outcome}))

    def respond(self, why: str) -> None:
        """First contact by a person: the response clock stops (PRODUCT §3.3)."""
        if self.ticket.responded is None:
            self.note("responded", "", self.who, why)
            self.ticket = sla.run_for(
                replace(self.ticket, responded=self.now), self.ticket.state, self.policy, self.now
            )

    def reprioritise(self, why: str, by: str = "", **changes: Any) -> None:
        """Change what the priority follows from, or the priority itself; clocks keep what they have spent."""
        self.change(why, by, **changes)
        self.ticket = sla.set_targets(self.ticket, self.ticket.priority, self.policy, self.now)

    def learn(self, found: Mapping[str, Field] | tuple[Field, ...]) -> tuple[str, ...]:
        """Take over fields; what a person says beats what was guessed. Gives the names of those that changed."""
        rows = found.values() if isinstance(found, Mapping) else found
        changed = []
        for row in rows:
            had = self.ticket.fields.get(row.name)
            if had is not None and (had.value == row.value or _weight(had) > _weight(row)):
                continue
            self.fields[row.name] = row if had is None else _after(had, row)
            changed.append(row.name)
        self.ticket = replace(self.ticket, fields={**self.ticket.fields, **self.fields})
        return tuple(changed)

    def forget(self, *names: str) -> None:
        """Take fields back that were guessed and are wrong: they are empty from now on."""
        for name in names:
            had = self.ticket.fields[name]
            self.fields[name] = _after(had, Field(name, "", had.source, 0.0))
        self.ticket = replace(self.ticket, fields={**self.ticket.fields, **self.fields})

    # ── what will happen by itself ───────────────────────────────────────────────────────────────────────────────

    def timer(self, kind: str, due: datetime | None, **data: str | int) -> None:
        self.timers[kind] = Timer(kind, due, data)

    def cancel(self, *kinds: str) -> None:
        for kind in kinds:
            self.timers[kind] = Timer(kind, None)

    # ── who hears of it ──────────────────────────────────────────────────────────────────────────────────────────

    def write(
        self,
        letter: str,
        to: Address,
        audience: Audience,
        language: str,
        *,
        reply: Literal["public", "internal"] = "public",
        automatic: bool = True,
        author: str = "",
        attach: tuple[Attachment, ...] = (),
        answers: str = "",
        urgent: bool = False,
        **values: object,
    ) -> None:
        """One letter to one person, threaded onto what that person has already seen of the ticket."""
        # A listed machine gets a ticket and no mail back (PRODUCT §2.3); who left out the From cannot get one.
        if not to.address or (audience == "requester" and to.key in self.policy.machines):
            why = "the requester is a machine" if to.address else "nobody knows where to"
            self.note("no mail", "", f"{letter} to {to.address}".strip(), why)
            return
        if self.ticket.kind == "incident":
            # It has no requester, so what is answered to its notices can only be meant for colleagues.
            reply = "internal"
        subject = ""
        reader = self.policy.agent(to.address) if audience in ("agent", "lead") else None
        if reader is not None and not restricted.may_see(reader, self.ticket, self.policy):
            if letter not in restricted.NEUTRAL:
                letter, values = self._outsider(letter, reader), {"news": True}
            if not letter:
                return
            attach, reply, audience = (), "internal", "agent"
            subject = restricted.SUBJECT.for_(language)
        if author:
            author = f"{author} ({self.policy.desk.prefix})"
        seen = self.facts.threads.get(to.key, ())
        if audience == "requester" and to.key != self.who and answers not in seen:
            # Somebody else wrote that mail, or the same person from another mailbox: in this one it cannot be seen.
            answers = ""
        if answers and answers in seen:
            seen = seen[: seen.index(answers)]
        elif not answers and seen:
            answers, seen = seen[-1], seen[:-1]
        self.mails.append(
            Mail(
                template=letter,
                to=to,
                audience=audience,
                language=language,
                reply=reply,
                automatic=automatic,
                author=author,
                answers=answers,
                references=seen,
                values=values,
                attach=attach,
                urgent=urgent,
                subject=subject,
                copies=self._copies() if audience == "agent" and reply == "public" else (),
                related=self.facts.related if audience in ("agent", "lead") else (),
            )
        )

    def _outsider(self, letter: str, reader: Agent) -> str:
        """What stands for a letter about a restricted ticket to an agent of another team: a lead hears that there is
        something to look after, if nobody of its own team does; others hear nothing."""
        self.note("no mail", "", f"{letter} to {reader.address}", f"restricted to the team {self.ticket.team}")
        heard = any(
            restricted.may_see(agent, self.ticket, self.policy) and agent.address not in self.facts.absent
            for agent in self.policy.agents.values()
        )
        again = any(mail.to.key == reader.address and mail.template == "agent/restricted" for mail in self.mails)
        return "agent/restricted" if reader.lead and not heard and not again else ""

    def tell_approver(self, who: Colleague, letter: str, **options: Any) -> None:
        """A letter to a colleague who is or was asked for an approval; their answer never reaches the requester."""
        agent = self.policy.agent(who.address.address)
        language = agent.language if agent is not None else who.language
        if language not in self.policy.desk.languages:
            language = self.ticket.language
        self.write(letter, who.address, "approver", language, reply="internal", **options)

    def _ask_no_more(self) -> None:
        """The ticket went on without its approval: whoever was asked hears that no answer is needed any more."""
        asked = self.ticket.approver
        self.change("the ticket went on without the answer", approver="")
        self.cancel("approval_reminder")
        self.tell_approver(self.facts.colleagues.get(asked, Colleague(Address(asked))), "approver/over")

    def tell_requester(self, letter: str, **options: Any) -> None:
        """A letter to the requester in the ticket's language. A mass incident's own ticket has none."""
        if self.ticket.kind == "incident":
            return
        self.write(letter, self.ticket.requester, "requester", self.ticket.language, **options)

    def in_copy(self) -> tuple[Address, ...]:
        """Who gets what the desk writes to the requester, by the commands of this mail too; each person once."""
        gone = {self.policy.plain(each.key) for each in self.gone}
        if self.policy.agent(self.who) is not None:
            # An agent in copy has their own words.
            gone.add(self.policy.plain(self.who))
        found = {
            self.policy.plain(each.key): each
            for each in (*self.facts.readers, *self.readers)
            if self.policy.plain(each.key) not in gone
        }
        found.pop(self.policy.plain(self.ticket.requester.key), None)
        return tuple(found.values())

    def _copies(self) -> tuple[str, ...]:
        return tuple(each.name or each.address.partition("@")[0] for each in self.in_copy())

    def tell_agent(self, agent: Agent, letter: str, **options: Any) -> None:
        """A notice to one agent in their language, unless they caused it themselves."""
        if agent.address == self.who:
            return
        options.setdefault("urgent", self.ticket.priority == "P1")
        self.write(letter, Address(agent.address, agent.name), "agent", agent.language, **options)

    def known_to_agents(self) -> bool:
        """Whether any agent has had a letter about the ticket, but as its requester or as the one who approves it."""
        others = {self.ticket.requester.key, self.ticket.approver, self.who}
        return any(self.policy.agent(each) is not None for each in self.facts.threads.keys() - others)

    def with_report(self, text: str) -> str:
        """Words about a ticket that no agent has been told of yet (it waits for an approval, or was out of scope), with
        the report under them."""
        if not self.facts.report or self.known_to_agents():
            return text
        told = Words("What was reported:", "最初的报障：").for_(self.ticket.language)
        return f"{text}\n\n{told}\n{self.facts.report}".lstrip()

    def tell_admins(self, letter: str, subject: Words, **values: object) -> None:
        """A letter about the ticket to each admin, under a subject that holds no word of the requester's."""
        for admin in self.policy.admins:
            language = self.policy.admin_languages.get(admin.key, "en")
            self.mails.append(
                Mail(
                    template=letter,
                    to=admin,
                    audience="admin",
                    language=language,
                    reply="internal",
                    values=values,
                    subject=f"[maild] {subject.for_(language)}",
                    urgent=self.ticket.priority == "P1",
                )
            )

    def keep(self, entry: Entry) -> None:
        self.entries.append(entry)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _with_the_state_of_things(self, mail: Mail) -> Mail:
        """A notice with how the clocks stand now that all is decided, and with what was done before."""
        if mail.audience not in ("agent", "lead") or mail.template in restricted.NEUTRAL:
            return mail
        told: dict[str, object] = {"clocks": clocks(self.ticket, self.policy, self.now)}
        if mail.template in _TELLS_THE_PAST:
            told["done"] = past.done(self.facts.past, self.policy, public=mail.reply == "public")
        return replace(mail, values={**told, **mail.values})

    def outcome(self, reason: str, fate: Fate | None = None) -> Outcome:
        """All of it, with the clocks' timers brought up to date."""
        if self.ticket.approver and self.ticket.state != "on_hold":
            self._ask_no_more()
        for timer in sla.timers(self.ticket, self.policy, self.now, self._before):
            # A new ticket has no timers yet, so there is nothing to cancel.
            if timer.due is not None or self._before is not None:
                self.timers[timer.kind] = timer
        return Outcome(
            reason=reason,
            fate=fate,
            ticket=self.ticket,
            entries=tuple(self.entries),
            fields=tuple(self.fields.values()),
            mails=tuple(self._with_the_state_of_things(mail) for mail in self.mails),
            timers=tuple(self.timers.values()),
            history=tuple(self.history),
            links=tuple(self.links),
            writers=tuple(self.writers),
            readers=tuple(self.readers),
            gone=tuple(self.gone),
            unlinked=tuple(self.unlinked),
            published=tuple(self.published),
            members=tuple(self.members),
            rating=self.rating,
            corrections=tuple(self.corrections),
            undeliverable=tuple(self.undeliverable),
            release=self.release,
            drop=self.drop,
            follow=tuple(self.follow),
            also=tuple(self.also),
            incident=self.incident,
            undone=self.undone,
        )


# Notices that say what was done so far; what a notice whose answer goes to the requester says of it is public.
_TELLS_THE_PAST = frozenset({"agent/requester_replied", "agent/reopened", "agent/sla_warning"})


def _shown(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


# Whose word counts more (PRODUCT §3.1): an agent's, then what was said on purpose, then what was read between lines.
_WEIGHTS = {"agent": 6, "form": 5, "label": 5, "text": 4, "signature": 3, "directory": 2, "header": 1, "history": 1}


# Values that a field is remembered to have had: as many as there may be letters that show them.
_FORMER = 10


def _after(had: Field, row: Field) -> Field:
    """A field's new row, which remembers the values before it."""
    former = (*(each for each in had.former if each != row.value), *((had.value,) if had.value else ()))
    return replace(row, former=former[-_FORMER:])


def _weight(row: Field) -> int:
    return _WEIGHTS[row.source]

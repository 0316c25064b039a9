"""Looking for mass incidents among the newest reports: about once a minute, and only when some have come.

What is compared stands in memory (the newest 2,000 reports, read once); the database is asked for what is new, and is
written to only when something was found. On several daemons each looks for itself, and one at a time proposes.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row

from maild import gather
from maild.apply import Writer, apply
from maild.model import Found, Incident, Needs, Policy, Report, TimerFired
from maild.store import incidents, tickets
from maild.store.engine import reading
from maild.workflow import incident_ticket
from maild.workflow.incident_words import words_of
from maild.workflow.incidents import JOINS, NO_FAULTS, Recent, match

log = logging.getLogger("maild.watch")

_REMEMBERED = 2000
# A declined proposal is remembered for so long.
_DECLINED = timedelta(days=1)


class Watch:
    """Sees what many report. Used by one thread."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._recent = Recent(_REMEMBERED)
        self._newest = 0

    def step(self, writer: Writer) -> int:
        """Look at what has come since the last time; how many proposals were made or added to."""
        policy = writer.policy
        if not policy.incidents.on:
            return 0
        now = self._clock()
        with reading(self._engine) as connection:
            newest = incidents.newest_ticket(connection)
            if newest <= self._newest:
                return 0
            rows = incidents.reports(connection, self._newest, _REMEMBERED)
            lively = incidents.lively(connection, now - _DECLINED)
            children = incidents.children(connection, [each.ticket for each in lively])
            newcomers = [row.ticket for row in rows if row.ticket not in self._recent]
            # A daemon that begins anew, or another one, must not bring back what a person has taken out.
            let_go = incidents.let_go(connection, newcomers)
        fresh = self._remember(rows, policy, now)
        self._newest = newest
        taken = {*children, *let_go}
        for each in lively:
            if each.state == "proposed":
                taken.update(each.reports)
        done = 0
        for each in lively:
            done += self._further(each, fresh, taken, children, writer, now)
        for found in self._recent.found(fresh, taken, now, policy.incidents):
            done += self._propose(found, writer, now)
        return done

    def _remember(self, rows: Sequence[Row[tuple[object, ...]]], policy: Policy, now: datetime) -> list[int]:
        fresh = []
        for row in rows:
            if row.ticket in self._recent:
                continue
            person = _person(row, policy) if row.internal and row.category not in NO_FAULTS else ""
            self._recent.add(
                Report(
                    ticket=row.ticket,
                    at=row.at,
                    person=person,
                    words=words_of(row.subject, row.text),
                    category=row.category,
                    team=row.team,
                    restricted=row.restricted,
                )
            )
            if row.at > now - policy.incidents.window:
                fresh.append(row.ticket)
        return fresh

    def _further(
        self,
        incident: Incident,
        fresh: Iterable[int],
        taken: set[int],
        children: dict[int, int],
        writer: Writer,
        now: datetime,
    ) -> int:
        """Reports that belong to a known incident: added to its proposal, or told if it is open."""
        if incident.state == "declined":
            return 0
        known_by = incident.known_by
        mine = [child for child, parent in children.items() if parent == incident.ticket]
        if not known_by.anchor and incident.state == "open":
            # One made by hand: what its reports have in common tells the further ones.
            known_by = self._recent.known_by(mine, now, writer.policy.incidents)
        more = []
        for ticket in fresh:
            report = self._recent[ticket]
            if ticket in taken or not report.person or (report.restricted and not incident.restricted):
                continue
            if match(report.words, known_by) >= JOINS:
                more.append(ticket)
        taken.update(more)
        if not more and known_by == incident.known_by:
            return 0
        with self._engine.begin() as connection:
            ticket_now = tickets.load(connection, incident.ticket, lock=True)
            current = incidents.load(connection, incident.ticket)
            if ticket_now is None or current is None or current.state != incident.state:
                return 0
            reports = (*current.reports, *(each for each in more if each not in current.reports))
            members = incidents.members(connection, reports if current.state == "proposed" else more)
            facts = gather.facts(
                connection, TimerFired("incident"), ticket_now, None, Needs(team="*"), now, writer.policy
            )
            facts = replace(facts, incident=replace(current, known_by=known_by), members=members)
            apply(connection, incident_ticket.grow(ticket_now, tuple(more), facts, now, writer.policy), writer, now)
        log.info("incident %d: %d further reports", incident.ticket, len(more), extra={"ticket": incident.ticket})
        return 1

    def _propose(self, found: Found, writer: Writer, now: datetime) -> int:
        with self._engine.begin() as connection:
            incidents.one_at_a_time(connection)
            # Another daemon may have been quicker, and a lead may have said that these reports are none.
            lively = incidents.lively(connection, now - _DECLINED)
            children = incidents.children(connection, [each.ticket for each in lively])
            if any(_covers(each, found, children) for each in lively):
                return 0
            facts = gather.facts(connection, TimerFired("incident"), None, None, Needs(team="*"), now, writer.policy)
            facts = replace(facts, members=incidents.members(connection, found.reports))
            applied = apply(connection, incident_ticket.propose(found, facts, now, writer.policy), writer, now)
        if applied.ticket is not None:
            log.warning(
                "incident %d proposed: %d people, %.2f would be usual", applied.ticket.key, found.people,
                found.expected, extra={"ticket": applied.ticket.key},
            )  # fmt: skip
        return 1


def _covers(incident: Incident, found: Found, children: dict[int, int]) -> bool:
    """Whether these reports are known as this incident's; a declined one counts until they are twice as many."""
    same = [each for each in found.reports if each in incident.reports or children.get(each) == incident.ticket]
    if incident.state == "declined":
        return len(same) * 2 >= len(incident.reports) and len(found.reports) < 2 * len(incident.reports)
    return bool(same)


def _person(row: Row[tuple[object, ...]], policy: Policy) -> str:
    """Whose report it is: the directory's person, else the address without what stands behind a plus sign."""
    if row.person is not None:
        return f"#{row.person}"
    key = policy.plain(str(row.requester))
    agent = policy.agent(key)
    return agent.address if agent is not None else key

"""What is told by the clock, once a period whichever daemon it is: mails put aside, and the digests of the morning."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from maild.apply import Writer, post
from maild.model import Agent, Facts, Mail, Policy, Ticket, Words
from maild.model.aside import spoken
from maild.store import incidents, ledger, ledger_lists, people, plates, tickets, upkeep
from maild.store.engine import reading
from maild.workflow import digest, digest_time, routing
from maild.workflow.blocking import why_not_blocked

# So many rows with their buttons make a letter that no mail program cuts short; the rest is counted.
_ROWS = 20
_AT_ONCE = 200
_ASIDE = Words("mails put aside", "被拦下的邮件")
_DIGESTS = "digests"
_STILL = Words("mails that still lie there", "仍未处理的被拦邮件")
# What nobody has had a word on for so long is not told of again.
_LONGEST = timedelta(days=28)


def tell_set_aside(engine: Engine, writer: Writer, now: datetime) -> None:
    """Tell the admins what was quarantined or held since the last time, in one letter."""
    with reading(engine) as connection:
        rows = ledger_lists.set_aside(connection, _AT_ONCE)
    if not rows:
        return
    with engine.begin() as connection:
        news = ledger.mark_told(connection, [row.id for row in rows])
        mails = asides([row for row in rows if row.id in news], writer.policy)
        post(connection, mails, writer, now)


def still_aside(engine: Engine, writer: Writer, now: datetime) -> None:
    """Once a week, on its first working morning: what was told of before and still waits for somebody's word."""
    week = digest_time.week(now, writer.policy)
    if not week:
        return
    with engine.begin() as connection:
        if not upkeep.claim_chore(connection, "still aside", week, now):
            return
        rows = ledger_lists.still_aside(connection, now - _LONGEST, now - timedelta(days=1), _AT_ONCE)
        post(connection, asides(rows, writer.policy, again=True), writer, now)


def digests(engine: Engine, writer: Writer, now: datetime) -> None:
    """On each working morning: to every agent who is there what is on their plate, to every lead how their teams
    stand. Each letter has a transaction and a claim of its own, so that a kill between two of them costs none."""
    day = digest_time.day(now, writer.policy)
    if not day:
        return
    with reading(engine) as connection:
        if upkeep.chore_done(connection, _DIGESTS, day):
            return
    policy = writer.policy
    for agent in policy.agents.values():
        with engine.begin() as connection:
            if not upkeep.claim_chore(connection, f"digest {agent.address}", day, now):
                continue
            rows = people.agents(connection)
            gone = {
                address: row for address, row in rows.items() if row.away_until is not None and row.away_until > now
            }
            if agent.address not in gone:
                mails = _digests_of(connection, agent, gone, policy, now)
                post(connection, [mail for mail in mails if mail is not None], writer, now)
    with engine.begin() as connection:
        upkeep.claim_chore(connection, _DIGESTS, day, now)


def _digests_of(
    connection: Connection, agent: Agent, gone: Mapping[str, Any], policy: Policy, now: datetime
) -> list[Mail | None]:
    since = digest_time.since(now, policy)
    absent = {address: row.deputy for address, row in gone.items()}
    facts = Facts(absent=absent)
    everybody = [(each, gone[each.address].away_until) for each in policy.agents.values() if each.address in gone]
    away = [
        digest.Away(agent=each, until=until, urgent=_urgent(connection, each))
        for each, until in everybody
        if routing.standing_in(each, facts, policy) == agent
    ]
    led = digest.teams_of(agent, absent, policy)
    mails = [
        digest.agent_digest(
            agent,
            _plate(connection, plates.of_agent(connection, agent.address), since),
            away,
            # What nobody has of the teams they lead stands in the lead's digest.
            plates.of_nobody(connection, [team for team in agent.teams if team not in led]),
            now,
            policy,
        )
    ]
    if led:
        by_team = {team: _plate(connection, plates.of_team(connection, team), since) for team in led}
        numbers = [each.ticket for each in incidents.are_open(connection)]
        open_ = [ticket for number in numbers if (ticket := tickets.load(connection, number)) is not None]
        mails.append(
            digest.lead_digest(
                agent,
                by_team,
                [ticket for ticket in open_ if ticket.team in led],
                [each for each in plates.low_ratings(connection, since, digest.LOW) if each[0].team in led],
                [digest.Away(agent=each, until=until) for each, until in everybody if set(each.teams) & set(led)],
                now,
                policy,
            )
        )
    return mails


def _plate(connection: Connection, found: Sequence[Ticket], since: datetime) -> digest.Plate:
    returned, breached = digest.happened(plates.happened(connection, [each.key for each in found], since))
    return digest.Plate(tickets=found, returned=returned, breached=breached)


def _urgent(connection: Connection, agent: Agent) -> list[Ticket]:
    numbers = tickets.urgent_of(connection, agent.address)
    return [ticket for number in numbers if (ticket := tickets.load(connection, number)) is not None]


def asides(rows: Sequence[Any], policy: Policy, again: bool = False) -> list[Mail]:
    """The letters to the admins about mails that were put aside; none where there are none."""
    if not rows:
        return []
    shown = tuple(
        (
            row.id, row.sender, row.subject, spoken(row.screening, row.reason), row.received,
            "@" in row.sender and why_not_blocked(row.sender, policy) is None,
        )
        for row in rows[:_ROWS]
    )  # fmt: skip
    mails = []
    for admin in policy.admins:
        language = policy.admin_languages.get(admin.key, "en")
        subject = (_STILL if again else _ASIDE).for_(language)
        mails.append(
            Mail(
                template="admin/quarantined",
                to=admin,
                audience="admin",
                language=language,
                reply="internal",
                values={"rows": shown, "more": len(rows) - len(shown), "again": again},
                subject=f"[maild] {subject}",
            )
        )
    return mails

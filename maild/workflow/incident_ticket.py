"""A mass incident's own ticket: proposed, accepted or declined, told to its reporters, resolved, closed (PRODUCT §3.2).

It decides nothing about its reports: what it means for each of them is a Follow, decided in a transaction of its own,
so that five hundred are told one by one and a restart loses none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from maild.model import (
    Address,
    Agent,
    Entry,
    Facts,
    Follow,
    Found,
    Incident,
    Member,
    Outcome,
    Policy,
    Signature,
    Ticket,
    Words,
)
from maild.model.ticket import Impact
from maild.workflow import business_time, on_call, restricted, routing
from maild.workflow.commands.arguments import Refused
from maild.workflow.draft import Draft

# From so many reporters, or reporters of so many departments, on it is the company's problem.
_COMPANY_PEOPLE = 20
_COMPANY_DEPARTMENTS = 3
# A letter lists so many reports; the count says how many there are.
_LISTED = 40

_ANSWERED = Words(
    "this mass incident was answered already, so nothing is left to do", "这个大面积故障的提议已经有人答复，无需再答复"
)
_NOT_OPEN = Words(
    "this mass incident is not open; accept it first, or #reopen it",
    "这个大面积故障还没有确认或已经结束，请先接受或重开",
)


def _blank(title: str, category: str, team: str, restricted: bool, now: datetime, policy: Policy) -> Ticket:
    return Ticket(
        kind="incident",
        requester=Address(""),
        subject=title,
        language=policy.desk.languages[0],
        zone=policy.desk.zone,
        category=category,
        team=team,
        restricted=restricted,
        created=now,
    )


def propose(found: Found, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """A new incident that the leads of its team are asked about; its reports go on as ordinary tickets meanwhile."""
    title = found.title if found.title else _category(found.category, policy)
    language = policy.desk.languages[0]
    draft = Draft(
        _blank(title.for_(language), found.category, found.team, found.restricted, now, policy),
        now, facts, policy, who="maild",
    )  # fmt: skip
    draft.note(
        "registered", "", "new",
        f"{found.people} people wrote alike since {found.since.isoformat(timespec='minutes')},"
        f" {found.expected:.2f} would be usual",
    )  # fmt: skip
    draft.incident = Incident(
        ticket=0,
        state="proposed",
        title=title,
        known_by=found.known_by,
        reports=found.reports,
        since=found.since,
        at=now,
        told=len(found.reports),
        restricted=found.restricted,
    )
    draft.timer("incident_reminder", now + policy.incidents.remind, step=1)
    draft.timer("incident_lapse", now + policy.incidents.lapse)
    ask(draft, draft.incident, routing.leads(found.team, policy, facts), "new")
    return draft.outcome(f"a mass incident is proposed: {len(found.reports)} reports")


def _category(code: str, policy: Policy) -> Words:
    category = policy.categories.get(code)
    return category.title if category else Words(code, code)


def ask(draft: Draft, incident: Incident, leads: Sequence[Agent], why: str) -> None:
    """The proposal, to each of these; `why`: new, more, reminder, nobody (no lead has answered)."""
    for lead in leads:
        draft.write(
            "lead/mass_incident",
            Address(lead.address, lead.name),
            "lead",
            lead.language,
            reply="internal",
            urgent=True,
            why=why,
            title=incident.title,
            count=len(draft.facts.members) or len(incident.reports),
            since=incident.since,
            rows=_rows(draft.facts.members, lead, draft.policy),
            more=max(0, len(draft.facts.members) - _LISTED),
            departments=tuple(_departments(_known_to(lead, draft.facts.members, draft.policy))),
        )


def _rows(members: Sequence[Member], reader: Agent, policy: Policy) -> tuple[tuple[object, ...], ...]:
    """(tag, title, department, received) for one reader: of another team's restricted report no more than that it
    exists, though it belongs to the incident (PRODUCT §3.2)."""
    listed = members[:_LISTED]
    known, hidden = _known_to(reader, listed, policy), restricted.SUBJECT.for_(reader.language)
    shown = (each if each in known else replace(each, title=hidden, department="") for each in listed)
    return tuple((f"{policy.desk.prefix}-{each.ticket}", each.title, each.department, each.at) for each in shown)


def _known_to(reader: Agent, members: Sequence[Member], policy: Policy) -> list[Member]:
    return [each for each in members if not each.restricted or restricted.belongs(reader, each.team, policy)]


def _departments(members: Sequence[Member]) -> list[str]:
    return list(dict.fromkeys(each.department for each in members if each.department))


def grow(ticket: Ticket, more: tuple[int, ...], facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """Further reports: into the proposal, which the leads hear of again when it has doubled; or told, if it is open."""
    draft = Draft(ticket, now, facts, policy, who="maild")
    incident = _of(draft)
    if incident.state == "open":
        draft.follow.extend(_join(number, incident.title) for number in more)
        draft.incident = incident
        return draft.outcome(f"{len(more)} further reports join")
    reports = (*incident.reports, *(each for each in more if each not in incident.reports))
    draft.note("reports", str(len(incident.reports)), str(len(reports)), "further reports resemble it")
    if len(reports) >= 2 * incident.told:
        incident = replace(incident, told=len(reports))
        ask(draft, incident, routing.leads(ticket.team, policy, facts), "more")
    draft.incident = replace(incident, reports=reports)
    return draft.outcome(f"{len(more)} further reports belong to the proposal")


def _of(draft: Draft) -> Incident:
    if draft.facts.incident is None:
        raise ValueError(f"nothing stands on record of the mass incident {draft.ticket.id}")
    return draft.facts.incident


def _join(number: int, title: Words) -> Follow:
    return Follow(number, "incident_joins", {"title_en": title.en, "title_zh": title.zh})


# ── what an agent decides ────────────────────────────────────────────────────────────────────────────────────────────


def accept(draft: Draft, agent: Agent, title: str, further: tuple[Member, ...] = ()) -> None:
    """The proposal is a mass incident: its reports become its children, each told separately."""
    incident = _of(draft)
    if incident.state != "proposed":
        raise Refused(_ANSWERED)
    reports = (*draft.facts.members, *further)
    _open(draft, agent, replace(incident, title=Words(title, title) if title else incident.title), reports)


def by_hand(
    draft: Draft, agent: Agent, title: str, members: Sequence[Member], category: str, team: str
) -> Outcome:  # fmt: skip
    """A mass incident that an agent declares: a new ticket beside the one they wrote on."""
    restricted = any(each.restricted for each in members)
    made = Draft(
        _blank(title, category, team, restricted, draft.now, draft.policy),
        draft.now, replace(draft.facts, threads={}, incident=None, parent=None), draft.policy, who=agent.address,
    )  # fmt: skip
    made.note("registered", "", "new", f"declared by {agent.name}")
    incident = Incident(
        ticket=0,
        state="proposed",
        title=Words(title, title),
        known_by=Signature(),
        reports=(),
        since=min(each.at for each in members),
        at=draft.now,
        restricted=restricted,
    )
    _open(made, agent, incident, members)
    return made.outcome(f"a mass incident declared by {agent.name}")


def _open(draft: Draft, agent: Agent, incident: Incident, members: Sequence[Member]) -> None:
    policy = draft.policy
    if incident.title.for_(draft.ticket.language) != draft.ticket.subject:
        draft.note("title", draft.ticket.subject, incident.title.en, f"so called by {agent.name}")
    impact, why = _impact(members)
    priority = policy.matrix.get(("high", impact), "P2")
    draft.change(
        why.en,
        urgency="high",
        impact=impact,
        reasons=(
            why,
            Words(f"high urgency × {impact} = {priority}", f"紧急程度高 × {_IMPACT_ZH[impact]} = {priority}"),
        ),
    )
    draft.reprioritise(why.en, priority=priority)
    draft.enter("open", f"accepted by {agent.name}")
    called = on_call.called(draft.ticket, draft.facts, policy, draft.now)
    chosen = called[0] if called else routing.choose(draft.ticket.team, draft.facts, policy)
    if chosen is not None:
        why_them = "on call" if called else "assigned by the team's rule"
        draft.change(why_them, by="maild", assignee=chosen.address)
    draft.cancel("incident_reminder", "incident_lapse")
    draft.incident = replace(
        incident, state="open", reports=(), at=draft.now, told=len(members), restricted=draft.ticket.restricted
    )
    draft.follow.extend(_join(each.ticket, incident.title) for each in members)
    there = (*routing.responsible(draft.ticket, draft.facts, policy), *called)
    for each in {each.address: each for each in there}.values():
        draft.tell_agent(
            each, "agent/incident_open", reply="internal", by=agent.name, title=incident.title, count=len(members),
            since=incident.since, rows=_rows(members, each, policy),
        )  # fmt: skip


_IMPACT_ZH: Mapping[Impact, str] = {"company": "影响公司", "department": "影响部门", "person": "影响个人"}


def _impact(members: Sequence[Member]) -> tuple[Impact, Words]:
    """How far it reaches, by how many reported it and from how many departments."""
    count, departments = len(members), len(_departments(members))
    company = count >= _COMPANY_PEOPLE or departments >= _COMPANY_DEPARTMENTS
    return ("company" if company else "department"), Words(
        f"{count} reports" + (f" from {departments} departments" if departments else ""),
        f"{count} 人报障" + (f"，涉及 {departments} 个部门" if departments else ""),
    )


def add(draft: Draft, agent: Agent, members: Sequence[Member]) -> None:
    """Further reports, named by an agent, join an open incident."""
    incident = _of(draft)
    if incident.state != "open":
        raise Refused(_NOT_OPEN)
    draft.note("reports", "", ", ".join(str(each.ticket) for each in members), f"added by {agent.name}")
    draft.follow.extend(_join(each.ticket, incident.title) for each in members)


def decline(draft: Draft, agent: Agent, why: str = "") -> None:
    """They are tickets like any others; the same reports are not proposed again."""
    incident = _of(draft)
    if incident.state != "proposed":
        raise Refused(_ANSWERED)
    end_proposal(draft, why or f"declined by {agent.name}")


def end_proposal(draft: Draft, why: str) -> None:
    draft.close("by_agent", why)
    draft.cancel("incident_reminder", "incident_lapse")
    draft.incident = replace(_of(draft), state="declined", at=draft.now)


def update(draft: Draft, agent: Agent, words: str) -> None:
    """An agent's public words, to every reporter separately."""
    if _of(draft).state not in ("open", "over") or draft.ticket.state == "closed":
        raise Refused(_NOT_OPEN)
    if not words:
        raise Refused(Words("the update is empty: #update TEXT", "通报内容是空的：#通报 内容"))
    draft.respond("told the reporters")
    draft.keep(public(agent, words))
    told = [each for each in draft.facts.members if each.state != "closed"]
    draft.note("update", "", f"{len(told)} reporters", f"written by {agent.name}")
    draft.follow.extend(
        Follow(each.ticket, "incident_update", {"text": words, "by": agent.address, "name": agent.name})
        for each in told
    )


def public(agent: Agent, words: str) -> Entry:
    """What an agent says to requesters, as it stands in the conversation."""
    return Entry(
        direction="out",
        visibility="public",
        author=Address(agent.address, agent.name),
        role="agent",
        text=words,
        new_text=words,
    )


def resolve(draft: Draft, agent: Agent, summary: str) -> None:
    """It is over: each reporter is asked whether it is for them."""
    incident = _of(draft)
    if incident.state not in ("open", "over") or draft.ticket.state in ("resolved", "closed"):
        raise Refused(_NOT_OPEN)
    draft.respond("resolving is the first contact")
    if draft.ticket.assignee is None:
        draft.change("resolved it", assignee=agent.address)
    draft.enter(
        "resolved", "the agent says that it is solved", resolved=draft.now, summary=summary or draft.ticket.summary,
        owes="requester", hold_until=None,
    )  # fmt: skip
    if summary:
        draft.keep(public(agent, summary))
    draft.cancel("hold_over")
    # A day after the last of its reports closes by silence.
    days = draft.policy.confirm_close_days + 1
    draft.timer("incident_close", business_time.add_days(draft.now, days, draft.policy.calendar))
    draft.incident = replace(incident, state="over", at=draft.now, contested=0)
    draft.follow.extend(
        Follow(each.ticket, "incident_resolved", {"text": summary, "by": agent.address, "name": agent.name})
        for each in draft.facts.members
        if each.state != "closed"
    )


def close(draft: Draft, agent: Agent, why: str) -> None:
    """A proposal is declined by it; else every report that is not closed is closed, its reporter told why."""
    if draft.ticket.state == "closed":
        raise Refused(Words("the ticket is closed already; #reopen opens it again", "工单已经关闭；#重开 可重新打开"))
    if _of(draft).state == "proposed":
        decline(draft, agent, why)
        return
    draft.respond("closed it")
    draft.incident = replace(_of(draft), state="over", at=draft.now)
    draft.close("by_agent", why)
    draft.cancel("incident_close")
    draft.follow.extend(
        Follow(each.ticket, "incident_closed", {"text": why, "by": agent.address, "name": agent.name})
        for each in draft.facts.members
        if each.state != "closed"
    )


def reopen(draft: Draft, agent: Agent, why: str) -> None:
    """It was not over: reports that wait for a confirmation are open again; who said that it works is left alone."""
    incident = _of(draft)
    if draft.ticket.state not in ("resolved", "closed"):
        raise Refused(Words("the ticket is open, so there is nothing to reopen", "工单没有关闭，无需重开"))
    if incident.state == "declined":
        raise Refused(
            Words(
                "it was declined; declare it with #incident TITLE IT-1 IT-2",
                "它已被拒绝，请用 #大面积故障 标题 IT-1 IT-2 登记",
            )
        )
    draft.enter(
        "open", why or f"reopened by {agent.name}", outcome=None, closed=None, resolved=None, owes="desk",
        reopened=draft.ticket.reopened + 1,
    )  # fmt: skip
    draft.cancel("incident_close")
    draft.incident = replace(incident, state="open", at=draft.now)
    draft.follow.extend(
        Follow(each.ticket, "incident_reopened", {"by": agent.address, "name": agent.name})
        for each in draft.facts.members
        if each.state == "resolved"
    )

"""What happens to a mass incident by itself, and what its reports tell it: reminders, lapsing, closing, contests."""

from dataclasses import replace

from maild.model import Address, Followed, TimerFired
from maild.model.ticket import Close
from maild.workflow import routing
from maild.workflow.draft import Draft
from maild.workflow.incident_ticket import ask, end_proposal


def remind(draft: Draft, event: TimerFired) -> str:
    """Nobody has answered the proposal: the leads are reminded once, then every other lead is asked."""
    incident = draft.facts.incident
    if incident is None or incident.state != "proposed":
        return "no reminder: the proposal is answered"
    asked = routing.leads(draft.ticket.team, draft.policy)
    if int(event.data.get("step", 1)) == 1:
        draft.timer("incident_reminder", draft.now + draft.policy.incidents.remind, step=2)
        draft.note("reminded", "", "1", "nobody has answered the proposal")
        ask(draft, incident, asked, "reminder")
        return "the leads are reminded of the proposal"
    known = {each.address for each in asked}
    others = [each for each in draft.policy.agents.values() if each.lead and each.address not in known]
    if draft.ticket.restricted:
        others = [each for each in others if draft.ticket.team in each.teams]
    draft.note("reminded", "", ", ".join(each.address for each in others), "nobody has answered the proposal")
    ask(draft, incident, others, "nobody")
    return f"{len(others)} other leads are asked"


def lapse(draft: Draft, event: TimerFired) -> str:
    incident = draft.facts.incident
    if incident is None or incident.state != "proposed":
        return "the proposal is answered"
    end_proposal(draft, "nobody has answered the proposal")
    return "the proposal has lapsed"


def close_over(draft: Draft, event: TimerFired) -> str:
    """Days after it was resolved: what is still open is one person's problem by now."""
    if draft.ticket.state != "resolved":
        return "not closed: it is not resolved"
    draft.close("unconfirmed", "resolved, and its time is over")
    return "closed: resolved, and its time is over"


def report_closed(draft: Draft, event: Followed) -> str:
    if draft.ticket.state != "resolved" or draft.facts.left:
        return f"a report is closed; {draft.facts.left} are not"
    how: Close = "confirmed" if event.data.get("how") == "confirmed" else "unconfirmed"
    draft.close(how, "all its reports are closed")
    draft.cancel("incident_close")
    return "closed: all its reports are"


def report_contested(draft: Draft, event: Followed) -> str:
    """A reporter says that it is not solved; from the third one on it may not be over, which the lead should know."""
    incident = draft.facts.incident
    if incident is None or draft.ticket.state not in ("resolved", "closed"):
        return "a reporter contests: it is open anyway"
    contested = incident.contested + 1
    draft.incident = replace(incident, contested=contested)
    draft.note("contested", str(incident.contested), str(contested), f"by the report {event.origin}")
    if contested != draft.policy.incidents.contested:
        return f"{contested} reporters say that it is not solved"
    told = {each.address: each for each in routing.leads(draft.ticket.team, draft.policy)}
    told |= {each.address: each for each in routing.responsible(draft.ticket, draft.facts, draft.policy)}
    for each in told.values():
        draft.write(
            "lead/incident_contested", Address(each.address, each.name), "lead", each.language,
            reply="internal", urgent=True, title=incident.title, count=contested, left=draft.facts.left,
        )  # fmt: skip
    return f"{contested} reporters say that it is not solved: the lead is told"

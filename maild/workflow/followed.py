"""What the decision about another ticket means for this one (DESIGN §1: one decision changes one ticket)."""

from collections.abc import Callable, Mapping
from datetime import datetime

from maild.model import Facts, Followed, Outcome, Policy, Ticket
from maild.workflow import away, desk_mail, incident_child, incident_events
from maild.workflow.draft import Draft
from maild.workflow.errand import ORDER
from maild.workflow.questions import absence

Handler = Callable[[Draft, Followed], str]

# By what happened there; each writes on the draft and gives its reason in one sentence.
HANDLERS: Mapping[str, Handler] = {
    away.WHAT: away.agent_away,
    absence.HANDED_OVER: absence.handed_over,
    "incident_joins": incident_child.joins,
    "incident_update": incident_child.update,
    "incident_resolved": incident_child.resolved,
    "incident_closed": incident_child.closed,
    "incident_reopened": incident_child.reopened,
    "incident_leaves": incident_child.leaves,
    "report_closed": incident_events.report_closed,
    "report_contested": incident_events.report_contested,
}


def followed(ticket: Ticket, event: Followed, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """One event that another ticket's decision left for this one."""
    if event.what == ORDER:
        return desk_mail.ordered(ticket, event, facts, now, policy)
    draft = Draft(ticket, now, facts, policy, who="maild")
    handler = HANDLERS.get(event.what)
    if handler is None:
        return draft.outcome(f"{event.what} of ticket {event.origin} is unknown to this version: dropped")
    return draft.outcome(handler(draft, event))

"""Commands about who does the work: take, assign, team, escalate."""

from maild.model import Agent, Words
from maild.model.ticket import Tier
from maild.model.when import spoken
from maild.workflow import past, restricted, routing
from maild.workflow.commands.arguments import Refused, a_colleague, a_team
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft


def take(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """The ticket is theirs: start of work, so it counts as response (manual 1.4)."""
    first = draft.ticket.responded is None
    _not_taken_meanwhile(draft, agent)
    assign_to(draft, agent, f"taken by {agent.name}")
    draft.respond("taken")
    if draft.ticket.state == "new":
        draft.enter("open", f"taken by {agent.name}")
    if first and draft.ticket.priority in ("P1", "P2"):
        draft.tell_requester("requester/started", agent=agent.name)


def _not_taken_meanwhile(draft: Draft, agent: Agent) -> None:
    """A button of a notice that was written before a colleague took the ticket takes nothing out of their hands: who
    pressed it did not know. Whoever writes #take says that they want it all the same."""
    made, ticket = draft.press.made, draft.ticket
    if draft.press.verb != "take" or made is None or ticket.assignee in (None, agent.address):
        return
    at = next(
        (deed.at for deed in reversed(draft.facts.past) if deed.what == "assignee" and deed.becomes == ticket.assignee),
        None,
    )
    if at is None or at < made:
        return
    colleague = draft.policy.agent(ticket.assignee or "")
    name = colleague.name if colleague is not None else ticket.assignee
    when = {language: spoken(at, draft.policy.desk.zone, draft.now, language) for language in ("en", "zh-CN")}
    raise Refused(
        Words(
            f"{name} took it at {when['en']}, before you pressed. To take it over all the same, reply with #take",
            f"{name}已在{when['zh-CN']}接单。如仍要由您接手，请回复 #接单",
        )
    )


def assign_to(draft: Draft, agent: Agent, why: str) -> None:
    """Make an agent the assignee; whoever else had the notice hears once that it is taken."""
    before = draft.ticket
    if before.assignee == agent.address:
        return
    told = routing.responsible(before, draft.facts, draft.policy)
    draft.change(why, assignee=agent.address)
    for other in told:
        if other.address != agent.address:
            draft.tell_agent(other, "agent/taken", reply="internal", by=agent.name)


def assign(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    colleague = a_colleague(command.argument, draft.policy)
    if colleague.address in draft.facts.absent:
        raise Refused(
            Words(
                f"{colleague.name} is away; choose somebody else: #assign WHO, or #team NAME",
                f"{colleague.name} 不在，请用 #转派 另选同事，或用 #转组",
            )
        )
    if not restricted.may_see(colleague, draft.ticket, draft.policy):
        raise Refused(restricted.refused(draft.ticket, draft.policy))
    team = draft.ticket.team if draft.ticket.team in colleague.teams else colleague.teams[0]
    team = draft.ticket.team if draft.ticket.restricted else team
    draft.change(f"assigned by {agent.name}", assignee=colleague.address, team=team)
    draft.tell_agent(colleague, "agent/escalated", reply="internal", by=agent.name, text=text)


def team(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    to = a_team(command.argument, draft.policy)
    if draft.ticket.restricted and to.code != draft.ticket.team:
        # Another team sees it only when it is of another category (PRODUCT §3.2).
        raise Refused(restricted.refused(draft.ticket, draft.policy))
    hand_over(draft, to.code, f"moved by {agent.name}")
    tell_new_owners(draft, agent, text)


def hand_over(draft: Draft, team_code: str, why: str) -> None:
    """Give the ticket to a team, and to whom its rule says."""
    draft.change(why, team=team_code, assignee=None)
    ticket, facts, policy = draft.ticket, draft.facts, draft.policy
    wanted = routing.skills_wanted(ticket, "", policy)
    chosen = routing.choose(team_code, facts, policy, ticket.requester.key, ticket.tier, wanted)
    chosen = routing.fitting(chosen, ticket, facts, policy)
    if chosen is not None:
        draft.change("assigned by the team's rule", by="maild", assignee=chosen.address)


def escalate(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """To the next tier, or the one that is named (manual 1.3: L1 → L2 → expert)."""
    words = command.argument.split()
    named = next(
        (tier for tier in routing.TIERS if words and words[0].lower() in (tier.lower(), _CHINESE_TIERS[tier])), None
    )
    reason = " ".join(words[1:] if named else words)
    raise_tier(draft, named, reason, agent.name, text)


_CHINESE_TIERS = {"L1": "一线", "L2": "二线", "expert": "专家"}


def raise_tier(draft: Draft, named: Tier | None, reason: str, by: str, text: str = "") -> None:
    """Hand the ticket to agents of a higher tier; without any, the lead hears of it. `reason`: empty when nobody gave
    one."""
    ticket, facts, policy = draft.ticket, draft.facts, draft.policy
    above = (named,) if named else routing.tiers_above(ticket.tier)
    if not above:
        raise Refused(
            Words(
                "there is no tier above expert; #assign WHO hands it to a colleague",
                "专家之上没有更高一级，可用 #转派 交给同事",
            )
        )
    # Without a name it is the next tier that has anybody there.
    tier = next((each for each in above if routing.of_tier(each, ticket, facts, policy)), above[0])
    there = [each for each in routing.of_tier(tier, ticket, facts, policy) if each.address != draft.who]
    chosen = routing.next_in_turn(there, facts)
    heads = () if chosen is not None else routing.leads(ticket.team, policy, facts, without=ticket.requester.key)
    heads = tuple(lead for lead in heads if lead.address != draft.who)
    if chosen is None and not heads:
        raise Refused(
            Words(
                "nobody above you is there to take it; #assign WHO hands it to a colleague",
                "目前没有上一级的同事可以接手，可用 #转派 交给同事",
            )
            if not named
            else Words(
                f"nobody of tier {named} is there; #assign WHO hands it to a colleague",
                f"{_CHINESE_TIERS[named]}目前没有人在，可用 #转派 交给同事",
            )
        )
    why = reason or f"escalated by {by}"
    draft.change(why, tier=tier, escalations=ticket.escalations + 1)
    if chosen is not None:
        own = ticket.restricted or ticket.team in chosen.teams
        team_code = ticket.team if own else chosen.teams[0]
        draft.change(why, assignee=chosen.address, team=team_code)
        _tell_escalated(draft, chosen, by, reason, text)
        return
    draft.change(why, assignee=None)
    for lead in heads:
        _tell_escalated(draft, lead, by, reason, text)


def _tell_escalated(draft: Draft, to: Agent, by: str, reason: str, text: str) -> None:
    so_far = past.done(draft.facts.past, draft.policy)
    draft.tell_agent(
        to, "agent/escalated", reply="internal", by=by, escalated=True, reason=reason, text=text, done=so_far
    )


def tell_new_owners(draft: Draft, agent: Agent, text: str, category: Words | None = None) -> None:
    """The ticket came to a team; `category`: the name of the one that it was corrected to, where that is why."""
    for each in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            each, "agent/escalated", reply="internal", by=agent.name, category=category or Words("", ""), text=text
        )


def tell_outsiders(draft: Draft) -> None:
    """A ticket has become restricted: what was filed wrongly must not go on from those who got its notices. Each is
    told once, and gets no more of it."""
    for address in sorted({*draft.facts.threads, *draft.facts.wrote}):
        knew = draft.policy.agent(address)
        if knew is not None and not restricted.may_see(knew, draft.ticket, draft.policy):
            draft.tell_agent(knew, "agent/restricted", reply="internal")

"""`#link IT-7`: two tickets have to do with one another; `#link -IT-7`: they don't (PRODUCT §3.4)."""

from maild.model import Agent, Follow, Followed, Policy, Words
from maild.workflow import restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.commands.tags import some_tickets, takes_away
from maild.workflow.draft import Draft

RELATED = "related"
_USAGE = Words("#link IT-7, or #link -IT-7", "#关联 IT-7，取消写 #关联 -IT-7")


def link(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Both histories say it, and both tickets' notices show it from then on. Nobody gets a mail for it."""
    away = takes_away(command.argument)
    for number in some_tickets(command.argument, _USAGE, draft.policy):
        tag = f"{draft.policy.desk.prefix}-{number}"
        if number == draft.ticket.key:
            raise Refused(Words(f"{tag} is this ticket itself: name another one", f"{tag} 就是本工单，请写另一张工单"))
        other = draft.facts.others.get(number)
        if other is None:
            raise Refused(
                Words(f"there is no {tag}; the number stands in the subject", f"没有 {tag} 这张工单，编号见邮件主题")
            )
        if not restricted.may_see(agent, other.ticket, draft.policy):
            raise Refused(restricted_to(tag, other.ticket.team, draft.policy))
        linked = number in draft.facts.related
        if away and not linked:
            raise Refused(
                Words(
                    f"{tag} is not linked with this ticket, so nothing is to be done",
                    f"{tag} 没有与本工单关联，无需取消",
                )
            )
        if linked and not away:
            raise Refused(
                Words(
                    f"{tag} is linked with this ticket already, so nothing is to be done",
                    f"{tag} 已经与本工单关联，无需再写",
                )
            )
        if away:
            draft.unlinked.append(number)
            draft.note("link", str(number), "", f"{RELATED} no more, says {agent.name}")
        else:
            draft.links.append((number, RELATED))
            draft.note("link", "", str(number), f"{RELATED}, says {agent.name}")
        told = "link_removed" if away else "linked"
        draft.follow.append(Follow(number, told, {"by": agent.address, "name": agent.name}))


def linked(draft: Draft, event: Followed) -> str:
    """Another ticket was linked with this one: its history says so too."""
    draft.who = str(event.data["by"])
    draft.note("link", "", str(event.origin), f"{RELATED}, says {event.data['name']}")
    return f"linked with {event.origin}"


def link_removed(draft: Draft, event: Followed) -> str:
    draft.who = str(event.data["by"])
    draft.note("link", str(event.origin), "", f"{RELATED} no more, says {event.data['name']}")
    return f"linked with {event.origin} no more"


def restricted_to(tag: str, code: str, policy: Policy) -> Words:
    """Why an agent can do nothing with a ticket of another team's own: no more than that it exists."""
    team = policy.teams.get(code)
    title = team.title if team is not None else Words(code, code)
    return Words(f"{tag} is restricted to the team {title.en}: ask them", f"{tag} 仅限{title.zh}处理，请联系该组")

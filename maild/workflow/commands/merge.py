"""`#merge IT-7`: this ticket is one with IT-7, where the conversation goes on (PRODUCT §3.4).

The merged ticket is closed as a duplicate, and whatever answers it leads to the other one. The same person is told once
which number counts. Another person of the house gets a place on the other ticket, in copy: what the desk writes there
reaches them too, what the other reporter writes does not, and neither learns the other's address. `#reopen` on the
merged ticket takes all of it back.
"""

from maild.model import (
    Address,
    Agent,
    Entry,
    Facts,
    Follow,
    Followed,
    MailArrived,
    Other,
    Participant,
    Policy,
    Ticket,
    Words,
)
from maild.model.secrets_mask import mask_secrets
from maild.workflow import closure, lifecycle, restricted, routing
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.commands.link import restricted_to
from maild.workflow.commands.tags import some_tickets
from maild.workflow.draft import Draft

_USAGE = Words("#merge IT-7", "#合并 IT-7")
# What a person told of themselves is not another person's.
_OF_THE_PERSON = frozenset({"name", "department", "phone", "location"})
_REPORT_CHARACTERS = 4_000
_URGENT_FIRST = ("P1", "P2", "P3", "P4")


def merge(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Close this ticket as a duplicate of another one, which is told in a decision of its own."""
    numbers = some_tickets(command.argument, _USAGE, draft.policy)
    if len(numbers) > 1:
        raise Refused(
            Words(
                "one ticket at a time: write the number of the one that goes on",
                "一次只能合并到一张工单，请只写一个编号",
            )
        )
    found = _counts_now(draft, numbers[0])
    _check(draft, agent, found)
    target, policy = found.ticket, draft.policy
    tag = _tag(target.key, policy)
    why = f"merged into {tag} by {agent.name}"
    draft.change(why, merged_into=target.key)
    draft.close("duplicate", why)
    draft.links.append((target.key, "duplicate"))
    draft.follow.append(Follow(target.key, "merged_in", {"by": agent.address, "name": agent.name}))
    draft.tell_requester("requester/merged", into=tag, same=found.same)
    there = _keys(found.ticket.requester, found.participants, policy)
    for reader in draft.in_copy():
        if policy.plain(reader.key) not in there:
            draft.write("requester/merged", reader, "requester", draft.ticket.language, into=tag, copied=True)
    works_there = {each.address for each in routing.responsible(target, draft.facts, policy)}
    for each in routing.responsible(draft.ticket, draft.facts, policy):
        if each.address not in works_there and draft.ticket.assignee is not None:
            draft.tell_agent(each, "agent/merged", reply="internal", into=tag, by=agent.name)


def _counts_now(draft: Draft, number: int) -> Other:
    """The ticket that counts where this number leads, which may have been merged itself."""
    named, seen = number, set[int]()
    while True:
        other = draft.facts.others.get(number)
        tag = _tag(named, draft.policy)
        if other is None and number != draft.ticket.key:
            raise Refused(
                Words(f"there is no {tag}; the number stands in the subject", f"没有 {tag} 这张工单，编号见邮件主题")
            )
        if number == draft.ticket.key and named == number:
            raise Refused(Words(f"{tag} is this ticket itself: name another one", f"{tag} 就是本工单，请写另一张工单"))
        if other is None or number == draft.ticket.key or number in seen:
            raise Refused(
                Words(
                    f"{tag} was merged into this ticket already, so nothing is to be done",
                    f"{tag} 已经合并到本工单，无需再合并",
                )
            )
        seen.add(number)
        if other.ticket.merged_into is None:
            return other
        number = other.ticket.merged_into


def _check(draft: Draft, agent: Agent, found: Other) -> None:
    """Refuse what would show somebody what they may not see, or leave somebody without an answer."""
    ticket, target, policy = draft.ticket, found.ticket, draft.policy
    tag, mine = _tag(target.key, policy), _tag(ticket.key, policy)
    if not restricted.may_see(agent, target, policy):
        raise Refused(restricted_to(tag, target.team, policy))
    if target.kind == "incident":
        raise Refused(
            Words(
                f"{tag} is a mass incident: write #incident {mine} on it, so that the reporter hears what all hear",
                f"{tag} 是大面积故障，请在它上面写 #大面积故障 {mine} 把本工单加入，报障人会收到统一通报",
            )
        )
    if ticket.restricted and not (target.restricted and target.team == ticket.team):
        raise Refused(
            Words(
                f"{mine} is restricted and {tag} is not, so others would read it; merge {tag} into {mine},"
                f" or write #link {tag}",
                f"{mine} 是受限工单，{tag} 不是，合并后会被组外人员看到；请反过来合并，或用 #关联 {tag}",
            )
        )
    if ticket.parent is not None and target.parent != ticket.parent:
        parent = _tag(ticket.parent, policy)
        raise Refused(
            Words(
                f"{mine} belongs to the mass incident {parent} and {tag} does not; take it out first:"
                f" #incident remove {mine}",
                f"{mine} 属于大面积故障 {parent}，{tag} 不属于；请先 #大面积故障 移出 {mine}",
            )
        )
    if target.state in ("resolved", "closed"):
        raise Refused(
            Words(
                f"{tag} is solved or closed already; #reopen {tag} first, or merge it into this one",
                f"{tag} 已经解决或关闭；请先 #重开 {tag}，或把它合并到本工单",
            )
        )
    if not found.same and not (ticket.internal and target.internal):
        raise Refused(
            Words(
                f"{tag} is another person's, and one of both is from outside the company: neither may read what the"
                f" other gets. Write #link {tag} instead",
                f"{tag} 是另一个人的工单，其中一方是外部人员，不能看到对方收到的内容；请改用 #关联 {tag}",
            )
        )
    if not found.same and (ticket.restricted or target.restricted):
        raise Refused(
            Words(
                f"{tag} is another person's, and what is restricted is between one reporter and the team."
                f" Write #link {tag} instead",
                f"{tag} 是另一个人的工单，受限内容只在报障人与处理组之间；请改用 #关联 {tag}",
            )
        )


# ── what it means for the other ticket ───────────────────────────────────────────────────────────────────────────────


def merged_in(draft: Draft, event: Followed) -> str:
    """Another ticket was merged into this one: its people and its words are here from now on."""
    number = first(event)
    source = draft.facts.others.get(number)
    draft.who = str(event.data["by"])
    if source is None or source.ticket.merged_into is None:
        return f"ticket {number} is merged no more: nothing to do"
    if draft.ticket.merged_into is not None:
        return _pass_on(draft, event)
    name, tag = str(event.data["name"]), _tag(number, draft.policy)
    draft.note("merged in", "", str(number), f"{tag} is about the same, says {name}")
    _take_in_people(draft, source)
    fields = source.ticket.fields
    draft.learn(
        tuple(
            row
            for key, row in fields.items()
            if key not in draft.ticket.fields and row.value and (source.same or key not in _OF_THE_PERSON)
        )
    )
    _as_urgent(draft, source.ticket, tag)
    words = mask_secrets(source.report)[0][:_REPORT_CHARACTERS]
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=source.ticket.requester,
            role="desk",
            text=f"{tag}: {words}",
            new_text=f"{tag}: {words}",
        )
    )
    if draft.ticket.state in ("resolved", "closed"):
        # It was solved between the order and this moment; what was reported again is not.
        why = Words(f"{tag} was merged into it", f"{tag} 合并到了本工单")
        closure.open_again(draft, lifecycle.ACTS["carry_on"], why, counts=False)
    writer = source.ticket.requester
    for each in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            each,
            "agent/merged",
            reply="internal",
            source=tag,
            by=name,
            same=source.same,
            writer=writer.name or writer.key,
            text=words,
        )
    return f"ticket {number} was merged into it"


def first(event: Followed) -> int:
    """The ticket that was merged, also where the word of it was passed on."""
    return int(event.data.get("of", event.origin))


def _pass_on(draft: Draft, event: Followed) -> str:
    """This ticket was merged meanwhile too: what it means is for where that leads. Two that were merged into one
    another by two agents at once would both be gone: the older one counts."""
    into = draft.ticket.merged_into
    if into is not None and into != first(event):
        draft.follow.append(Follow(into, "merged_in", {**event.data, "of": first(event)}))
        return f"merged into {into} itself: passed on"
    if draft.ticket.key < first(event):
        _come_back(draft, "two tickets were merged into one another at once: the older one counts")
        return "merged into one another at once: it counts again"
    return "merged into one another at once: the older one counts"


def _take_in_people(draft: Draft, source: Other) -> None:
    """Who was on the merged ticket is on this one, as far as they were there; its reporter in copy, if another one."""
    policy = draft.policy
    known = _keys(draft.ticket.requester, draft.facts.participants, policy)
    known |= {policy.plain(each) for each in draft.facts.same}
    if not source.same:
        who = source.ticket.requester
        draft.readers.append(who)
        draft.note("participant", "", who.key, "came along with a merged ticket")
        known.add(policy.plain(who.key))
    for each in source.participants:
        if each.same & known or draft.ticket.restricted != source.ticket.restricted:
            continue
        if not each.writes:
            continue
        (draft.readers if each.reads else draft.writers).append(each.address)
        draft.note("participant", "", each.address.key, "was on the merged ticket")


def _as_urgent(draft: Draft, source: Ticket, tag: str) -> None:
    """Of two tickets that are one matter the more urgent word holds, unless a lead has fixed it here."""
    rank = _URGENT_FIRST.index
    if rank(source.priority) < rank(draft.ticket.priority) and not draft.ticket.priority_locked:
        draft.reprioritise(f"{tag} is as urgent", priority=source.priority)


def merged_out(draft: Draft, event: Followed) -> str:
    """A ticket that was merged into this one stands on its own again."""
    source = draft.facts.others.get(event.origin)
    draft.who = str(event.data["by"])
    name, tag = str(event.data["name"]), _tag(event.origin, draft.policy)
    draft.note("merged in", str(event.origin), "", f"{name} has opened {tag} again")
    if source is not None and not source.same:
        who = source.ticket.requester
        if any(who.key == each.address.key and each.reads for each in draft.facts.participants):
            draft.gone.append(who)
            draft.note("participant", who.key, "", f"has {tag} again")
    return f"ticket {event.origin} stands on its own again"


# ── taking it back ───────────────────────────────────────────────────────────────────────────────────────────────────


def comes_apart(draft: Draft, agent: Agent) -> None:
    """`#reopen` on a merged ticket: it stands on its own again. Writes what is beside the opening itself."""
    into = draft.ticket.merged_into
    if into is not None:
        draft.change(f"taken out of {_tag(into, draft.policy)} by {agent.name}", merged_into=None)
        draft.unlinked.append(into)
        draft.follow.append(Follow(into, "merged_out", {"by": agent.address, "name": agent.name}))


def _come_back(draft: Draft, why: str) -> None:
    draft.change(why, merged_into=None)
    closure.open_again(draft, lifecycle.ACTS["carry_on"], Words(why, why), counts=False)


# What still can be done on a merged ticket.
_ON_MERGED = frozenset({"reopen"})


def refusal(ticket: Ticket, verb: str, policy: Policy) -> Words | None:
    """Why a command does nothing on a ticket that was merged."""
    if ticket.merged_into is None or verb in _ON_MERGED:
        return None
    mine, into = _tag(ticket.key, policy), _tag(ticket.merged_into, policy)
    if verb == "undo":
        return Words(
            f"{mine} was merged into {into}: #reopen {mine} takes it out again",
            f"{mine} 已合并到 {into}；要重新分开请写 #重开 {mine}",
        )
    return Words(
        f"{mine} was merged into {into}: write #{verb} {into}; #reopen {mine} takes it out again",
        f"{mine} 已合并到 {into}，请在 {into} 上操作；要重新分开请写 #重开 {mine}",
    )


def _keys(requester: Address, participants: tuple[Participant, ...], policy: Policy) -> set[str]:
    """Everybody who is on a ticket, or was taken off it, at any of their addresses."""
    found = {policy.plain(requester.key)}
    for each in participants:
        found |= each.same or {policy.plain(each.address.key)}
    return found


def _tag(number: int, policy: Policy) -> str:
    return f"{policy.desk.prefix}-{number}"


# ── an agent answers a notice of the merged ticket ───────────────────────────────────────────────────────────────────

# What a letter of a merged ticket asked about is not the other ticket's: a second problem, a topic, a wish to join.
_OF_ITS_OWN = frozenset({"split", "spam", "out-of-scope", "merge", "accept", "not-approved", "incident"})
# What is certain to be meant well, whoever reported the other ticket.
_ANYHOW = frozenset({"take", "note", "link", "escalate", "assign"})


def meant_for_another(
    event: MailArrived, facts: Facts, ticket: Ticket, parsed: Parsed, public: bool, policy: Policy
) -> Words | None:
    """Why what an agent writes in answer to a notice of a merged ticket is not done on the one where it leads.

    `public`: plain words of that mail go to the requester.
    """
    source = facts.others.get(event.thread.via)
    if not event.thread.via or source is None:
        return None
    verbs = {each.verb for each in parsed.commands}
    same = source.same
    wrong = verbs & _OF_ITS_OWN if same else verbs - _ANYHOW
    if not wrong and (same or not public or not parsed.text or verbs):
        return None
    mine, into = _tag(event.thread.via, policy), _tag(ticket.key, policy)
    return Words(
        f"{mine} was merged into {into}, which {'goes on by itself' if same else 'somebody else has reported'};"
        f" nothing was done or sent. Please answer a notice of {into}",
        f"{mine} 已合并到 {into}{'' if same else '（报障人不同）'}，未执行也未转发；请回复 {into} 的通知",
    )

"""#report: what came and went in a time, and how well the promises were kept (manual 1.4). Counts only; the full
reports of PRODUCT §3.6 are another matter."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from maild.model import Agent, AnswerPart, Policy, Ticket, Words
from maild.model.labels import PRIORITIES
from maild.workflow import sla
from maild.workflow.commands.grammar import Command
from maild.workflow.errand import Errand
from maild.workflow.questions import asks, periods
from maild.workflow.questions.lists import found_for
from maild.workflow.questions.wording import counted, overdue, visible

# Closings that end a matter which the desk worked on; the others (spam, duplicates, what was withdrawn or is no matter
# of IT's) say nothing of its work.
WORKED = frozenset({"confirmed", "unconfirmed", "by_agent"})


@dataclass(frozen=True, slots=True)
class Share:
    """`kept` out of `of`."""

    kept: int
    of: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a time.

    came, went   tickets opened, and closed in whichever way
    by_category, by_priority   of those that came
    response     first contacts in time, of the tickets that came and whose first contact is decided
    resolution   solved in time, of those that the desk worked on and that went
    first_contact   solved with the first contact and never opened again, of the same
    reopened     opened again at least once, of the same
    stars        ratings of those that went
    open, late, oldest   how many are open now, how many of them overdue, and since when the oldest is
    """

    came: int
    went: int
    by_category: Mapping[str, int]
    by_priority: Mapping[str, int]
    response: Share
    resolution: Share
    first_contact: Share
    reopened: Share
    stars: tuple[int, ...]
    open: int
    late: int
    oldest: datetime | None


def figures(
    touched: Iterable[Ticket], live: Sequence[Ticket], period: periods.Period, now: datetime, policy: Policy
) -> Figures:
    """The figures of a time, from the tickets that were opened or closed in it and those that are open now. A mass
    incident's own ticket is no report of anybody's, so it is not counted."""
    tickets = [each for each in touched if each.kind == "report"]
    came = [each for each in tickets if _within(each.created, period)]
    went = [each for each in tickets if each.state == "closed" and _within(each.closed, period)]
    worked = [each for each in went if each.outcome in WORKED]
    waiting = [each for each in live if each.kind == "report"]
    answered = [kept for each in came if (kept := _answered(each, now, policy)) is not None]
    solved = [kept for each in worked if (kept := sla.attained(each).resolution) is not None]
    at_once = [each for each in worked if each.resolved is not None and each.resolved == each.responded]
    return Figures(
        came=len(came),
        went=len(went),
        by_category=Counter(each.category for each in came),
        by_priority=Counter(each.priority for each in came),
        response=Share(sum(answered), len(answered)),
        resolution=Share(sum(solved), len(solved)),
        first_contact=Share(sum(not each.reopened for each in at_once), len(worked)),
        reopened=Share(sum(each.reopened > 0 for each in worked), len(worked)),
        stars=tuple(each.rating for each in went if each.rating is not None),
        open=len(waiting),
        late=sum(overdue(each, now, policy) for each in waiting),
        oldest=min((each.created for each in waiting if each.created is not None), default=None),
    )


def _answered(ticket: Ticket, now: datetime, policy: Policy) -> bool | None:
    """Whether the first contact came in time; one that is still owed and late is missed already."""
    kept = sla.attained(ticket).response
    moment = sla.due(ticket.response, policy.calendar)
    return False if kept is None and moment is not None and moment <= now else kept


def report(errand: Errand, command: Command, text: str) -> None:
    """Of the own teams for an agent, of all for a lead."""
    agent, policy, when = errand.asking, errand.policy, errand.event.received
    period = periods.a_period(command.argument, when, policy.desk.zone)
    touched, live = asks.report(agent, command.argument, when, policy)
    found = found_for(errand, touched)
    now = found_for(errand, live)
    total = figures(
        visible(agent, found.tickets, policy), visible(agent, now.tickets, policy), period, errand.now, policy
    )
    errand.parts.append(_worded(total, period, agent, errand.now, policy))


def _worded(figures: Figures, period: periods.Period, agent: Agent, now: datetime, policy: Policy) -> AnswerPart:
    whose = _whose(agent, policy)
    lines = [
        Words(f"{whose.en}, {_span(period, 'en')}", f"{whose.zh}，{_span(period, 'zh')}"),
        _counts("By category", "按分类", figures.by_category, lambda code: _category(code, policy)),
        _counts("By priority", "按优先级", figures.by_priority, lambda code: _PRIORITY[code]),
        _share("First contact in time", "首次响应达标", figures.response),
        _share("Solved in time", "解决达标", figures.resolution),
        _share("Solved with the first contact", "一次解决", figures.first_contact),
        _share("Opened again", "重新打开", figures.reopened),
        _stars(figures.stars),
        _open(figures, now),
        _NOTE if figures.response.of or figures.resolution.of else Words("", ""),
    ]
    name = period.title
    headline = Words(
        f"{name.en[0].upper()}{name.en[1:]}: {figures.came} came in, {figures.went} closed",
        f"{name.zh}：新增 {figures.came} 张，关闭 {figures.went} 张",
    )
    return AnswerPart(headline, tuple(line for line in lines if line))


_PRIORITY: Mapping[str, Words] = {str(code): words for code, words in PRIORITIES.items()}
_NOTE = Words(
    "First contact: of the tickets that came in. Solved: of those closed in this time on which we worked, in working"
    " time without waiting for others, up to the requester's confirmation.",
    "首次响应按本期新增的工单统计；解决按本期关闭且经过处理的工单统计，只计工作时间，不含等待他人的时间，以用户确认为准。",
)


def _whose(agent: Agent, policy: Policy) -> Words:
    if agent.lead:
        return Words("All teams", "全部组")
    teams = [policy.teams[code].title for code in agent.teams if code in policy.teams]
    return Words(", ".join(each.en for each in teams), "、".join(each.zh for each in teams))


def _span(period: periods.Period, language: str) -> str:
    first, last = period.since, period.until
    days = (last - first).days
    end = last.fromordinal(last.toordinal() - 1)
    if language == "zh":
        return f"{first.month}月{first.day}日" + (f"至{end.month}月{end.day}日" if days > 1 else "")
    one, other = (f"{each.day} {_MONTHS[each.month - 1]}" for each in (first, end))
    return f"{one} to {other}" if days > 1 else one


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def _counts(en: str, zh: str, counts: Mapping[str, int], name: Callable[[str], Words]) -> Words:
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if not rows:
        return Words("", "")
    return Words(
        f"{en}: " + ", ".join(f"{name(code).en} {count}" for code, count in rows),
        f"{zh}：" + "，".join(f"{name(code).zh} {count}" for code, count in rows),
    )


def _category(code: str, policy: Policy) -> Words:
    category = policy.categories.get(code)
    return category.title if category is not None else Words(code, code)


def _share(en: str, zh: str, share: Share) -> Words:
    if not share.of:
        return Words(f"{en}: nothing to count yet", f"{zh}：暂无可统计的工单")
    percent = round(100 * share.kept / share.of)
    return Words(f"{en}: {percent} % ({share.kept} of {share.of})", f"{zh}：{percent}%（{share.kept}/{share.of}）")


def _stars(stars: Sequence[int]) -> Words:
    if not stars:
        return Words("Satisfaction: no rating yet", "满意度：暂无评分")
    mean = sum(stars) / len(stars)
    return Words(
        f"Satisfaction: {mean:.1f} of 5, from {len(stars)} rating{'s' if len(stars) > 1 else ''}",
        f"满意度：{mean:.1f} 分（满分 5 分，{len(stars)} 人评分）",
    )


def _open(figures: Figures, now: datetime) -> Words:
    if not figures.open or figures.oldest is None:
        return Words("Open now: none", "目前未完成：0 张")
    days = (now - figures.oldest).days
    age = counted(days, "day", "days")
    return Words(
        f"Open now: {figures.open}, {figures.late} of them overdue; the oldest is {age} old",
        f"目前未完成：{figures.open} 张，其中超时 {figures.late} 张；最早的已有 {days} 天",
    )


def _within(moment: datetime | None, period: periods.Period) -> bool:
    return moment is not None and period.since <= moment < period.until

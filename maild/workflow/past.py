"""What was done on a ticket so far, in a few short lines for whoever it comes to next. Inside the desk only."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from maild.model import Deed, Policy, Words
from maild.model.labels import PRIORITIES, STATES, TIERS

# So many lines are read at a glance.
_LINES = 8

# Under a requester's answer the last few are enough.
_PUBLIC_LINES = 4
_PUBLIC = frozenset({"responded", "said", "heard", "chased", "reminded"})

# Which lines of the history tell what was done, and how; {who} did it, {value} is what it became.
_SAYINGS: dict[str, Words] = {
    "assignee": Words("assigned to {value}", "分派给{value}"),
    "responded": Words("first contact by {who}", "{who}首次联系用户"),
    "state": Words("{value}, by {who}", "{who}：{value}"),
    "priority": Words("priority {value}, by {who}", "{who}：优先级 {value}"),
    "team": Words("moved to {value}", "转到{value}"),
    "tier": Words("escalated to {value}", "升级到{value}"),
    "note": Words("{who} left a note", "{who}写了备注"),
    "said": Words("{who} wrote to the requester", "{who}给用户写了信"),
    "heard": Words("the requester wrote", "用户来信"),
    "chased": Words("the requester asked how it stands", "用户催进度"),
    "reminded": Words("the requester was reminded", "已提醒用户"),
}
_LABELS: Mapping[str, Mapping[str, Words]] = {
    "state": {str(code): words for code, words in STATES.items()},
    "priority": {str(code): words for code, words in PRIORITIES.items()},
    "tier": {str(code): words for code, words in TIERS.items()},
}
_NOBODY = Words("nobody", "暂无人")
_DESK = Words("the desk", "系统")


def done(deeds: Sequence[Deed], policy: Policy, public: bool = False) -> tuple[tuple[datetime, Words], ...]:
    """The last things that were done, oldest first: (when, in words). `public`: those alone of which the requester has
    had a letter or written one, and fewer of them."""
    if public:
        deeds = [deed for deed in deeds if deed.what in _PUBLIC]
    # Whose first contact is told has written, too.
    firsts = {(deed.at, deed.who) for deed in deeds if deed.what == "responded"}
    told = [
        (deed.at, Words(saying.en.format(**_parts(deed, policy, 0)), saying.zh.format(**_parts(deed, policy, 1))))
        for deed in deeds
        if not (deed.what == "said" and (deed.at, deed.who) in firsts)
        if (saying := _SAYINGS.get(deed.what)) is not None
    ]
    return tuple(told[-(_PUBLIC_LINES if public else _LINES) :])


def _parts(deed: Deed, policy: Policy, at: int) -> dict[str, str]:
    agent = policy.agent(deed.who) if deed.who else None
    who = (
        agent.name
        if agent is not None
        else _pick(_DESK if deed.who in ("", "maild") else Words(deed.who, deed.who), at)
    )
    return {"who": who, "value": _pick(_value(deed, policy), at)}


def _pick(words: Words, at: int) -> str:
    return (words.en, words.zh)[at]


def _value(deed: Deed, policy: Policy) -> Words:
    """The code that it became, as people call it."""
    if deed.becomes in _LABELS.get(deed.what, {}):
        return _LABELS[deed.what][deed.becomes]
    if deed.what == "team" and deed.becomes in policy.teams:
        return policy.teams[deed.becomes].title
    if deed.what == "assignee":
        agent = policy.agent(deed.becomes) if deed.becomes else None
        return Words(agent.name, agent.name) if agent is not None else _NOBODY
    return Words(deed.becomes, deed.becomes)

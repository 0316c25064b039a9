"""docs/lifecycle.md, written from the table that the code runs on (maild/workflow/lifecycle.py)."""

from collections import defaultdict
from itertools import groupby
from pathlib import Path

from maild.model.ticket import State
from maild.workflow import lifecycle
from maild.workflow.lifecycle import ACTS, ROWS, STAGES, STATE_OF

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lifecycle.md"

_HEAD = """# The life of a ticket · 工单的生命周期

Written by `python -m tests.pages` from `maild/workflow/lifecycle.py`, the table that the code runs on. To change what
happens, change it there.
本页由 `maild/workflow/lifecycle.py` 生成，程序按同一张表运行；要调整流程，请改那张表。

The number of days and the targets stand in config.toml (`[waiting]`, `[targets]`); those named here are as shipped.
天数和时限在 config.toml 中设置，这里写的是出厂值。
"""
_COLUMNS = {
    "new": "new<br>新建",
    "open": "open<br>处理中",
    "pending": "pending<br>待用户",
    "sent_away": "sent away<br>非IT，待异议",
    "on_hold": "on hold<br>挂起",
    "resolved": "resolved<br>待确认",
    "closed": "closed<br>已关闭",
    "long_closed": "closed for more than 7 days<br>关闭超过 7 天",
}
_WHO = {
    "requester": "What the requester's side writes · 用户一方来信",
    "time": "What time brings · 到时",
    "agent": "What an agent does · 支持人员",
    "approver": "What an approver says · 审批",
    "incident": "What a mass incident means for its reports · 大面积故障",
    "merge": "What becomes of a merged ticket · 工单合并",
    "machine": "What no person wrote · 自动邮件",
}


def written() -> str:
    return "\n".join((_HEAD, *_diagram(), *_tables(), *_acts()))


def _diagram() -> list[str]:
    """One arrow for each change of state, with everything that leads along it."""
    arrows: dict[tuple[State, State], dict[str, None]] = defaultdict(dict)
    for was, becomes, row in lifecycle.transitions():
        # Mermaid reads a number sign as the beginning of a character's code.
        arrows[was, becomes][row.title.en.lstrip("#")] = None
    states = list(dict.fromkeys(STATE_OF.values()))
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> new: a mail that joins no ticket"]
    for was, becomes in sorted(arrows, key=lambda pair: (states.index(pair[0]), states.index(pair[1]))):
        lines.append(f"    {was} --> {becomes}: {'<br>'.join(arrows[was, becomes])}")
    return [*lines, "```", ""]


def _tables() -> list[str]:
    lines = []
    for who, rows in groupby(ROWS, key=lambda row: row.by):
        lines += [f"## {_WHO[who]}", ""]
        lines += [f"| | {' | '.join(_COLUMNS[each] for each in STAGES)} |", f"|---|{'---|' * len(STAGES)}"]
        for row in rows:
            title = row.title.en if row.title.en == row.title.zh else f"{row.title.en}<br>{row.title.zh}"
            lines.append(f"| {title} | {' | '.join(row.acts[each].replace('_', ' ') for each in STAGES)} |")
        lines.append("")
    return lines


def _acts() -> list[str]:
    lines = ["## What is done · 各项处理", "", "| | what it is · 说明 | then · 之后 |", "|---|---|---|"]
    for name, act in ACTS.items():
        then = " ".join(part for part in (act.to or "", act.outcome or "") if part)
        lines.append(f"| {name.replace('_', ' ')} | {act.does.en} · {act.does.zh} | {then} |")
    return [*lines, ""]

"""docs/agent.md: its tables of commands, written from what the parser runs on (workflow/commands/verbs.py)."""

from pathlib import Path

from maild.workflow.commands import guide
from maild.workflow.commands.verbs import Verb

PAGE = Path(__file__).resolve().parent.parent / "docs" / "agent.md"

_BEGIN = "<!-- commands: written by `python -m tests.pages` from maild/workflow/commands/verbs.py and guide.py -->\n"
_END = "<!-- end of the commands -->\n"


def written(page: str) -> str:
    """The page with its tables of commands made anew; what stands around them is kept."""
    head, mark, rest = page.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not mark or not end:
        raise ValueError(f"{PAGE.name} has lost one of the two lines between which the commands stand")
    return f"{head}{mark}{_tables()}{end}{tail}"


def _tables() -> str:
    parts = []
    for title, verbs in guide.grouped():
        rows = "\n".join(_row(verb) for verb in verbs)
        parts.append(f"\n**{title.en} · {title.zh}**\n\n| command · 命令 | does · 作用 |\n|---|---|\n{rows}\n")
    return "".join(parts) + "\n"


def _row(verb: Verb) -> str:
    names = " ".join(f"`{each}`" for each in (guide.usage(verb, "en"), guide.usage(verb, "zh-CN")))
    says = guide.explained(verb)
    return f"| {_cell(names)} | {_cell(f'{says.en} · {says.zh}')} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")

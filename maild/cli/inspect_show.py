"""The report of `maild inspect` for people."""

from collections.abc import Mapping
from typing import Any

from maild.cli.terminal import console, table, text
from maild.model.labels import FIELD_LABELS

# More of a mail than this is not read on a terminal; --json has all of it.
_TEXT_LINES = 40
_STYLES = {"person": "green", "quarantine": "red", "spam": "yellow", "blocked": "yellow"}


def show(found: Mapping[str, Any], at: int) -> None:
    """Print one report; `at` counts the files from 0."""
    out = console()
    if at:
        out.rule(style="dim")
    out.print(text(found["file"], "bold"))
    if found["error"] is not None:
        out.print(text(found["error"], "red"))
        return
    screening, thread, trust = found["screening"], found["thread"], found["trust"]
    forwarded, bounce = found["forwarded"], found["bounce"]
    rows = [
        ("From", _who(found["from"])),
        ("To", ", ".join(_who(each) for each in (*found["to"], *found["cc"]))),
        ("Subject", found["subject"]),
        ("Date", found["date"] or ""),
        ("Forwarded from", f"{_who(forwarded['from'])}: {forwarded['subject']}" if forwarded else ""),
        (
            "Not delivered to",
            ", ".join(f"{each['address']} ({each['action']}, {each['status']})" for each in bounce["recipients"])
            if bounce
            else "",
        ),
        (
            "Screening",
            text(f"{screening['verdict']}: {screening['reason']}", _STYLES.get(screening["verdict"], "yellow")),
        ),
        ("Thread", f"names {thread['ticket']} in its subject" if thread["ticket"] else ""),
        ("Trust", f"{trust['verdict']}: {trust['reason']}"),
        ("Language", found["language"]),
    ]
    if found["priority"]:
        rows += [
            ("Category", found["category"]),
            (
                "Priority",
                f"{found['priority']}  (urgency {found['urgency']}, impact {found['impact']}, "
                f"importance {found['importance']})",
            ),
            *(("", text(f"· {reason}", "dim")) for reason in found["reasons"]),
        ]
    table(("", ""), ((text(name, "dim"), value) for name, value in rows if value))
    if found["fields"]:
        _head("Fields")
        table(
            ("", "", ""),
            (
                (_label(name), each["value"], text(f"({each['source']})", "dim"))
                for name, each in found["fields"].items()
            ),
        )
    if found["missing"]:
        out.print(text(f"Would ask for: {', '.join(_label(name) for name in found['missing'])}", "yellow"))
    if found["attachments"]:
        _head("Attachments")
        table(
            ("", "", "", ""),
            (
                (
                    each["filename"] or "(no name)",
                    each["content_type"],
                    f"{each['size']} bytes",
                    "decoration" if each["decoration"] else "inline" if each["inline"] else "",
                )
                for each in found["attachments"]
            ),
        )
    _head("New text")
    lines = found["new_text"].split("\n")
    for line in lines[:_TEXT_LINES]:
        out.print(text(f"  {line}"), soft_wrap=True)
    if len(lines) > _TEXT_LINES:
        out.print(text(f"  … {len(lines) - _TEXT_LINES} more lines (--json has them)", "dim"))
    _head("What maild would do")
    out.print(text(f"  {found['outcome']}"))
    if found["would_send"]:
        table(
            ("  To", "Letter", "Subject"),
            ((f"  {each['to']}", each["template"], each["subject"]) for each in found["would_send"]),
        )
    out.print(text(f"Read and decided in {found['ms']} ms.", "dim"))


def _head(title: str) -> None:
    out = console()
    out.print()
    out.print(text(title, "bold"))


def _who(address: Mapping[str, str]) -> str:
    return f"{address['name']} <{address['address']}>" if address["name"] else address["address"]


def _label(name: str) -> str:
    words = FIELD_LABELS.get(name)
    return words.en if words is not None else name

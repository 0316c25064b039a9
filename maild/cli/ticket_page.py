"""One ticket as a page for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from maild.cli.terminal import console, moment, table, text
from maild.model.labels import FIELD_LABELS

Whole = Mapping[str, Any]


def page(whole: Whole, prefix: str) -> None:
    """Print what `maild show --json` tells, in the order in which a person asks."""
    _head(whole)
    _section("Fields", bool(whole["fields"]))
    table(
        ("", "", ""),
        ((_label(name), each["value"], text(f"({each['source']})", "dim")) for name, each in whole["fields"].items()),
    )
    if whole["missing"]:
        console().print(text(f"Asked for: {', '.join(_label(name) for name in whole['missing'])}", "yellow"))
    _people(whole, prefix)
    _section("Conversation", True)
    for entry in whole["conversation"]:
        _entry(entry)
    _section("History", True)
    table(
        ("When", "Who", "What", "Why"),
        ((moment(row["at"]), row["who"], _change(row), row["why"]) for row in whole["history"]),
    )
    _section("Timers", bool(whole["timers"]))
    if whole["timers"]:
        table(("Due", "What"), ((moment(row["due"]), row["kind"].replace("_", " ")) for row in whole["timers"]))
    _section("Outgoing mail", bool(whole["outgoing"]))
    if whole["outgoing"]:
        table(
            ("No", "Created", "State", "To", "Letter", "Why"),
            (
                (row["number"], row["created"], row["state"], row["to"], row["letter"], row["reason"] or _said(row))
                for row in whole["outgoing"]
            ),
        )


def _head(whole: Whole) -> None:
    out = console()
    out.print(text(f"{whole['ticket']}  {whole['subject']}", "bold"))
    state = whole["state"] + (f" ({whole['outcome'].replace('_', ' ')})" if whole["outcome"] else "")
    who = f"{whole['requester_name']} <{whole['requester']}>".strip()
    rows: list[tuple[str, str]] = [
        ("State", f"{state.replace('_', ' ')}; the {whole['owes']} owes the next word"),
        ("Priority", f"{whole['priority']}  {'; '.join(whole['reasons'])}"),
        ("Category", whole["category"] + (" (restricted)" if whole["restricted"] else "")),
        ("Requester", who + ("" if whole["internal"] else " (stranger)") + f", {whole['language']}"),
        ("Team", f"{whole['team']}, {whole['assignee'] or 'nobody assigned'}, {whole['tier']}"),
        ("Created", moment(whole["created"])),
        ("Promised", moment(whole["promise"])),
        ("First contact", moment(whole["responded"])),
        ("Resolved", moment(whole["resolved"])),
        ("Closed", moment(whole["closed"])),
        ("On hold until", moment(whole["hold_until"])),
        ("Response", _clock(whole["response_clock"])),
        ("Resolution", _clock(whole["resolution_clock"])),
        ("Rating", f"{whole['rating']} of 5" if whole["rating"] else ""),
        ("Reopened", f"{whole['reopened']} times" if whole["reopened"] else ""),
        ("Solution", whole["summary"]),
    ]
    table(("", ""), ((text(name, "dim"), value) for name, value in rows if value))


def _people(whole: Whole, prefix: str) -> None:
    if whole["participants"]:
        _section("Participants", True)
        table(
            ("", "", ""),
            (
                (each["address"], "may write" if each["may_write"] else "", "gets mail" if each["gets_mail"] else "")
                for each in whole["participants"]
            ),
        )
    if whole["links"]:
        _section("Links", True)
        table(("", ""), ((each["kind"], f"{prefix}-{each['from']} → {prefix}-{each['to']}") for each in whole["links"]))


def _entry(entry: Whole) -> None:
    internal = entry["visibility"] == "internal"
    arrow = "→ desk" if entry["direction"] == "in" else "← desk"
    name = f"{entry['author_name']} <{entry['author']}>".strip()
    mark = "INTERNAL" if internal else "public"
    out = console()
    out.print(
        text(
            f"{entry['n']}. {moment(entry['at'])}  {name} ({entry['role']}) {arrow}  [{mark}]",
            "yellow" if internal else "cyan",
        )
    )
    for line in (entry["text"].strip() or "(no text)").split("\n"):
        out.print(text(f"    {line}"), soft_wrap=True)
    for each in entry["attachments"]:
        out.print(text(f"    + {each['filename'] or each['content_type']}, {each['size']} bytes", "dim"))
    out.print()


def _section(title: str, there: bool) -> None:
    if there:
        out = console()
        out.print()
        out.print(text(title, "bold underline"))


def _label(name: str) -> str:
    words = FIELD_LABELS.get(name)
    return words.en if words is not None else name


def _change(row: Whole) -> str:
    if row["was"] and row["becomes"]:
        return f"{row['what']}: {row['was']} → {row['becomes']}"
    return f"{row['what']}: {row['becomes']}" if row["becomes"] else str(row["what"])


def _clock(clock: Whole) -> str:
    if not clock["target"]:
        return ""
    since: datetime | None = clock["since"]
    runs = f", running since {moment(since)}" if since is not None else ", standing"
    return f"{_minutes(clock['spent'])} of {_minutes(clock['target'])} spent ({clock['calendar']}){runs}"


def _minutes(count: float) -> str:
    hours, minutes = divmod(round(count), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _said(row: Whole) -> str:
    return f"{row['last_code'] or ''} {row['last_text']}".strip() if row["state"] != "sent" else ""

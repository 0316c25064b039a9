"""`python -m bench.incidents [--seeds N] [--ordinary FILE.jsonl] [--mails N]`: how well mass incidents are found.

Each seed is a simulated day behind a week of ordinary ones (bench/day.py), looked at once a minute as the daemon does.
A file of other texts (a JSON object a line, with "subject" and "body") may stand for the ordinary traffic. Printed for
each day: how long after the fifth report each incident was found, what was proposed that is none, and of the reports
that came after it how many would have joined, rightly and wrongly; then the cost.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bench.day import OPENS, Mail, day
from maild.model import IncidentRules, Report, Signature
from maild.workflow.incident_words import words_of
from maild.workflow.incidents import JOINS, Recent, match

_MINUTE = timedelta(minutes=1)


@dataclass
class Figures:
    """What one day gave. `delays`: minutes from an incident's fifth report to its proposal, None: never found."""

    delays: dict[str, float | None] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)
    joined: int = 0
    later: int = 0
    wrongly: int = 0
    ordinary: int = 0
    detect_ms: float = 0.0
    match_ms: float = 0.0

    @property
    def good(self) -> bool:
        """All incidents within ten minutes of their fifth report, at most one false proposal."""
        return all(delay is not None and delay <= 10 for delay in self.delays.values()) and len(self.false) <= 1


def simulate(mails: Sequence[Mail], before: Sequence[Mail], rules: IncidentRules | None = None) -> Figures:
    """Play one day as the daemon would: reports are looked at once a minute, and an incident is accepted at once."""
    rules = rules or IncidentRules()
    figures = Figures()
    recent = Recent()
    reports = [_report(n, mail) for n, mail in enumerate((*before, *mails), 1)]
    for report in reports[: len(before)]:
        recent.add(report)
    by_ticket = {report.ticket: mail for report, mail in zip(reports, (*before, *mails), strict=True)}
    fifth = _fifth(mails)
    figures.delays = dict.fromkeys(fifth)
    known: list[tuple[str, Signature]] = []
    taken: set[int] = set()
    waiting = reports[len(before) :]
    begun = time.perf_counter()
    matched = 0.0
    now = mails[0].at
    while waiting:
        now += _MINUTE
        fresh = []
        while waiting and waiting[0].at <= now:
            report = waiting.pop(0)
            mail = by_ticket[report.ticket]
            recent.add(report)
            fresh.append(report.ticket)
            start = time.perf_counter()
            hit = next((name for name, known_by in known if match(report.words, known_by) >= JOINS), None)
            matched += time.perf_counter() - start
            figures.later += mail.incident != "" and any(name == mail.incident for name, _ in known)
            figures.ordinary += bool(known) and not mail.incident
            if hit is not None:
                taken.add(report.ticket)
                figures.joined += hit == mail.incident
                figures.wrongly += hit != mail.incident
        for found in recent.found(fresh, taken, now, rules):
            names = [by_ticket[each].incident for each in found.reports]
            name = max(set(names), key=names.count)
            taken.update(found.reports)
            if not name or names.count(name) < len(names) / 2:
                figures.false.append(f"{found.title.en} ({found.people} people, {found.expected:.2f} usual)")
                continue
            known.append((name, found.known_by))
            if figures.delays[name] is None:
                figures.delays[name] = (now - fifth[name]).total_seconds() / 60
    figures.detect_ms = (time.perf_counter() - begun) * 1000 / max(len(mails), 1)
    figures.match_ms = matched * 1000 / max(len(mails), 1)
    return figures


def _report(number: int, mail: Mail) -> Report:
    return Report(ticket=number, at=mail.at, person=mail.person, words=words_of(mail.subject, mail.text))


def _fifth(mails: Sequence[Mail]) -> dict[str, datetime]:
    by_name: dict[str, list[datetime]] = {}
    for mail in mails:
        if mail.incident:
            by_name.setdefault(mail.incident, []).append(mail.at)
    return {name: sorted(times)[4] for name, times in by_name.items()}


def run(seed: int, count: int, texts: Sequence[tuple[str, str]] | None) -> Figures:
    """One day, with the week before it (as many reports as the daemon remembers)."""
    before = day(seed + 1000, 2000, texts, OPENS - timedelta(days=3), incidents=0)
    return simulate(day(seed, count, texts), before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--ordinary", type=Path)
    options = parser.parse_args()
    texts = None
    if options.ordinary:
        rows = [json.loads(line) for line in options.ordinary.read_text("utf-8").splitlines()]
        texts = [(row["subject"], row["body"]) for row in rows]
    bad = 0
    for seed in range(options.first, options.first + options.seeds):
        f = run(seed, options.mails, texts)
        bad += not f.good
        shown = ", ".join(f"{name} {'never' if d is None else f'{d:.1f}'}" for name, d in f.delays.items())
        print(
            f"seed {seed}: {shown} · false {len(f.false)} {'; '.join(f.false)} · joined {f.joined} of {f.later} later,"
            f" {f.wrongly} of {f.ordinary} wrongly · {f.detect_ms:.2f} ms a mail, matching {f.match_ms * 1000:.0f} µs"
            f"{'' if f.good else '  ← NOT GOOD'}",
            flush=True,
        )
    print(f"{options.seeds - bad} of {options.seeds} days good")


if __name__ == "__main__":
    main()

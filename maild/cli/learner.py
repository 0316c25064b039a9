"""`maild learner`: what the desk has learned of categories from its agents."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maild.cli import ends
from maild.cli.hold import Reason, Yes, confirmed, operator
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from maild.model import Learned, Policy
    from maild.store.learned import Standing

app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    help="Look at what the desk has learned from its agents' corrections, have it learn now, or have it forget.",
)

_WORDS = 8
_HISTORY = 5
_KEPT_BACK = "(kept back: the category is restricted)"


@app.command(cls=PlainCommand)
def show(
    words: Annotated[
        int, typer.Option("--words", metavar="COUNT", help="So many words a category.", min=0, max=200)
    ] = _WORDS,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """How learning stands: whether it is in use and why, how good it is, and which words it goes by.

    "Right" comes from trying it on the desk's own tickets, each by a model
    that knew nothing of it or its writer. Words of restricted categories are
    not shown: they may stand in restricted tickets only.

    Example:  maild learner show --words 20
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, print_json, table
    from maild.model import Learned
    from maild.store import learned
    from maild.store.engine import reading

    settings, engine = opened(config)
    policy = settings.policy
    with reading(engine) as connection:
        now = learned.standing(connection)
        fresh, _ = learned.corrections_after(connection, now.upto if now else 0)
        model = learned.load(connection, now.id) if now else Learned({}, 0)
        before = learned.history(connection, _HISTORY)
    by_category = _strongest(model, policy, words)
    if as_json:
        print_json(_record(now, policy, fresh, by_category))
        return
    table(("", ""), _rows(now, policy, fresh))
    if model.words and words:
        print()
        table(("Category", "Words that speak for it, the strongest first"), _listed(by_category, policy))
    if before:
        print()
        table(
            ("When", "What", "By", "In use", "Why"),
            ((moment(row.at), row.kind, row.who, "yes" if row.in_use else "no", row.why) for row in before),
        )


@app.command(cls=PlainCommand)
def train(config: ConfigFile = None) -> None:
    """Learn now from all the tickets that teach, and say how good it is.

    The daemon does this by itself: at night, and when there are many new
    corrections (triage.learn_after_corrections). It uses the new model
    within a minute, if it is better than the rules.

    Example:  maild learner train
    """
    from maild.cli.desk_open import opened
    from maild.teach import training

    settings, engine = opened(config)
    policy = settings.policy
    if not policy.learning.on:
        raise ends.end(ends.CONFIG, "learning is switched off: set [triage] learn = true first")
    work = training(engine, policy, datetime.now(UTC), f"the admin {operator()}")
    while True:
        try:
            next(work)
        except StopIteration as done:
            taught = done.value
            break
    print(f"Learned from {taught.tickets} tickets: {'in use' if taught.in_use else 'not in use'}, {taught.why}.")
    for why, count in sorted(taught.refused.counts.items()):
        print(f"  {count} left out: {why}")


@app.command(cls=PlainCommand)
def reset(reason: Reason = "", yes: Yes = False, config: ConfigFile = None) -> None:
    """Forget all that was learned: the rules alone decide, within a minute.

    What agents corrected until now teaches no more; what they correct from now
    on does. Tickets keep the category that they have.

    Example:  maild learner reset --reason "the teams were reorganised" --yes
    """
    from maild.cli.desk_open import opened
    from maild.teach import forget

    _, engine = opened(config)
    confirmed("Forget everything that the desk has learned? It begins anew with the next corrections.", yes)
    forget(engine, f"the admin {operator()}", reason, datetime.now(UTC))
    print("Forgotten. The rules decide alone until there are enough new corrections.")


@app.command(cls=PlainCommand)
def explain(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What somebody might write; - reads it.", show_default=False)
    ],
    subject: Annotated[str, typer.Option(metavar="TEXT", help="The subject, whose words count for more.")] = "",
    config: ConfigFile = None,
) -> None:
    """Which category a text would get, by the rules and by what was learned, and which words decide.

    The newest model is asked even while it is not in use.

    Example:  maild learner explain "VPN 连不上"
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import shown, table
    from maild.store import learned
    from maild.store.engine import reading
    from maild.workflow import learn
    from maild.workflow.triage import leaning, rule, second_opinion

    settings, engine = opened(config)
    policy = settings.policy
    if text == "-":
        text = sys.stdin.read()
    language = "zh" if any("\u3400" <= char <= "\u9fff" for char in subject + text) else "en"
    with reading(engine) as connection:
        now = learned.standing(connection)
        model = learned.load(connection, now.id) if now else None
    ruled = rule(subject, text, language, policy)
    print(f"By the rules: {shown(ruled.why.en)}")
    if now is None or model is None or not model.words:
        print("Nothing is learned yet, so the rules decide.")
        return
    _, why, aside = second_opinion(model, ruled, subject, text, policy)
    print(f"As learned:   {shown(why.en)}")
    if aside:
        print(f"              {shown(aside.en)}")
    if not (now.in_use and policy.learning.on):
        print("What is learned is not in use, so the rules decide.")
    print()
    scores = learn.weigh(model, learn.words_of(subject, text), leaning(ruled, policy))
    ranked = sorted(scores.items(), key=lambda row: -row[1].total)
    table(
        ("Category", "Score", "By the rules", "Learned words that speak for it"),
        (
            (_title(code, policy), f"{score.total:.2f}", f"{score.rules:.2f}", _told(code, score.words, policy))
            for code, score in ranked[:5]
        ),
    )


def _told(code: str, words: dict[str, float] | Any, policy: "Policy") -> str:
    category = policy.categories.get(code)
    if category is not None and category.restricted:
        return _KEPT_BACK
    strongest = sorted(words.items(), key=lambda row: -abs(row[1]))[:_WORDS]
    # A word against a category may come from a restricted ticket, so that only the words for it are spelt.
    return ", ".join(f"{word} {share:+.2f}" for word, share in strongest if share > 0)


def _title(code: str, policy: "Policy") -> str:
    category = policy.categories.get(code)
    return category.title.en if category is not None else code


def _strongest(model: "Learned", policy: "Policy", count: int) -> dict[str, list[str] | None]:
    """The words for each category; None for what is restricted."""
    from maild.workflow.learn import strongest

    return {
        code: None if category.restricted else [word for word, _ in strongest(model, code, count)]
        for code, category in policy.categories.items()
    }


def _listed(by_category: dict[str, list[str] | None], policy: "Policy") -> list[tuple[str, str]]:
    return [
        (_title(code, policy), _KEPT_BACK if words is None else ", ".join(words))
        for code, words in by_category.items()
        if words is None or words
    ]


def _state(now: "Standing | None", policy: "Policy") -> str:
    from maild.cli.terminal import moment

    if not policy.learning.on:
        return "off ([triage] learn = false): the rules decide"
    if now is None:
        return "nothing learned yet: the rules decide"
    if now.kind == "reset":
        return f"forgotten on {moment(now.at)} by {now.who}: the rules decide"
    if now.in_use:
        return f"in use since {moment(now.since)}: {now.why}"
    return f"not in use: {now.why}"


def _rows(now: "Standing | None", policy: "Policy", fresh: int) -> list[tuple[str, str]]:
    from maild.cli.terminal import moment

    rows = [("State", _state(now, policy))]
    if now is not None and now.kind == "trained":
        agents = f"{now.corrections} corrected by agents, {now.tickets - now.corrections} confirmed as they were"
        rows.append(("Learned from", f"{now.tickets} tickets ({agents}), on {moment(now.at)} by {now.who}"))
        found = now.figures
        if found.get("mails"):
            own, rules = (100 * found[name] / found["mails"] for name in ("own", "rules"))
            rows.append(("Right", f"{own:.1f} % as learned, {rules:.1f} % by the rules alone"))
            rows.append(
                ("", f"mails that it alone has right: {found['better']:.0f}; the rules alone: {found['worse']:.0f}")
            )
    wanted = policy.learning
    rows.append(("New corrections", f"{fresh}; learned at night, or at once from {wanted.after} on"))
    rows.append(("Takes over", f"from {wanted.least} tickets on, if better by {100 * wanted.margin:g} % of the mails"))
    return rows


def _record(now: "Standing | None", policy: "Policy", fresh: int, words: dict[str, list[str] | None]) -> dict[str, Any]:
    return {
        "on": policy.learning.on,
        "in_use": bool(now and now.in_use and policy.learning.on),
        "state": _state(now, policy),
        "since": now.since if now else None,
        "trained": now.at if now else None,
        "by": now.who if now else "",
        "tickets": now.tickets if now else 0,
        "corrections": now.corrections if now else 0,
        "figures": dict(now.figures) if now else {},
        "new_corrections": fresh,
        "words": words,
    }

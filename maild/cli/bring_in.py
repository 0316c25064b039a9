"""`maild import`: mails from mbox files and Maildirs into the ledger."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from maild.bring import Bringer, Brought

# Without a terminal, a line about so often (seconds).
_EVERY_S = 10.0
_TOLD_FAILURES = 20


def bring_in(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE.mbox|MAILDIR", help="mbox files, and Maildir folders.", show_default=False),
    ],
    acknowledge: Annotated[
        bool,
        typer.Option(
            "--acknowledge", metavar="", help="Treat young mails as if they came now, with answers and notices."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="Count, and write nothing.")] = False,
    config: ConfigFile = None,
) -> None:
    """Take mails from files of another mail program or help desk, each as if it lay in the mailbox.

    Each becomes a ticket, or joins one, by the usual rules. No mail leaves
    because of it: no answer, no notice. With --acknowledge young mails count as
    new; those older than the setting backlog_age (3 days) still cause no mail.

    What the ledger has already, from the mailbox or an earlier run, is skipped:
    an import that was stopped is simply run again. The daemon may be running;
    without it the mails wait for it. Folders inside a Maildir are not looked
    into: name each.

    Exit code 0: all were taken. 65: a file is neither mbox nor Maildir. 66: a
    file could not be read. 75: the database is away; run it again.

    Example:  maild import old-desk.mbox /var/mail/support/Maildir
    """
    from maild.bring import Bringer
    from maild.cli.desk_open import opened
    from maild.desk import utc_now
    from maild.doorbell import ring

    settings, engine = opened(config)
    limits = settings.limits
    code = ends.OK
    for path in paths:
        bringer = Bringer(
            engine,
            limits.parse_bytes,
            limits.store_bytes,
            utc_now,
            limits.backlog_age,
            acknowledge,
            dry_run,
            lambda: ring(settings.state_dir),
        )
        code = max(code, _one(bringer, path, dry_run))
    raise typer.Exit(code)


def _one(bringer: "Bringer", path: Path, dry_run: bool) -> int:
    """One source with its progress and its sum; the exit code for it."""
    from maild.cli.terminal import shown
    from maild.ingest.mailfiles import NoMails

    name = shown(str(path))
    last: Brought | None = None
    try:
        with _progress(name) as show:
            for done in bringer.bring(path):
                last = done
                show(done)
    except KeyboardInterrupt:
        ends.say(f"{name}: stopped after {_sum(last, dry_run) if last else 'nothing'}; run it again to go on")
        raise typer.Exit(130) from None
    except NoMails as error:
        ends.say(str(error))
        return ends.DATA
    except OSError as error:
        ends.say(f"{name}: {error.strerror or error}" + (f", after {_sum(last, dry_run)}" if last else ""))
        return ends.NO_INPUT
    if last is None:
        return ends.OK
    for file, why in last.failed[:_TOLD_FAILURES]:
        ends.say(f"{shown(file)}: {why}")
    if len(last.failed) > _TOLD_FAILURES:
        ends.say(f"{len(last.failed) - _TOLD_FAILURES} more files could not be read")
    print(f"{name}: {_sum(last, dry_run)}")
    return ends.NO_INPUT if last.failed else ends.OK


def _sum(done: "Brought", dry_run: bool) -> str:
    words = [f"{done.new} {'would be new' if dry_run else 'new'}", f"{done.known} known already"]
    if done.aside:
        words.append(f"{done.aside} of the new ones too large to be read, so they are quarantined")
    if done.empty:
        words.append(f"{done.empty} empty")
    if done.failed:
        words.append(f"{len(done.failed)} could not be read")
    return ", ".join(words)


@contextmanager
def _progress(name: str) -> "Iterator[Callable[[Brought], None]]":
    """A bar on a terminal; elsewhere a line now and then."""
    if sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        from maild.cli.terminal import console, text

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[mails]} mails", markup=False),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console(), transient=True) as bar:
            task = bar.add_task(text(Path(name).name).plain, total=1.0, mails=0)
            yield lambda done: bar.update(task, completed=done.share, mails=done.seen)
        return
    told = time.monotonic()

    def line(done: "Brought") -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY_S:
            told = time.monotonic()
            print(f"{name}: {done.share:.0%}, {done.seen} mails", flush=True)

    yield line

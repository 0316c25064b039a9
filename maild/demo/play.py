"""`maild demo`: plays the scenes on the real daemon, shows each mail as it arrives, and stays up for visitors."""

import contextlib
import queue
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule

from maild import log
from maild.demo import cast, letters, stage
from maild.demo.postoffice import DemoUnavailable, Letter

_PATIENCE_S = 20.0
_SHOWN_LINES = 14
_WHOLE = 200
_WIDTH = 100


class Failed(Exception):
    """A scene did not go as it must; the text says what was awaited."""


class Play:
    """One performance. Mails that the desk sends arrive in a queue and are shown in the order of arrival."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._arrived: queue.Queue[Letter] = queue.Queue()
        self._newest: dict[str, letters.Received] = {}

    def take(self, letter: Letter) -> None:
        """A mail went through the post office (called in its thread)."""
        if cast.DESK not in letter.recipients:
            self._arrived.put(letter)

    def scene(self, on: stage.Stage, scene: cast.Scene, number: int) -> int:
        """Play one scene; gives the number of the next ticket."""
        self._console.print()
        self._console.print(Rule())
        self._console.print(f"[bold]{escape(scene.title)}[/]")
        self._newest.clear()
        for line in scene.lines:
            self._line(on, line)
        if not scene.state:
            return number
        _until(lambda: on.state_of(number) == scene.state, f"ticket {number} {scene.state}")
        self._console.print(f"   [green]✓[/] IT-{number} is {scene.state}")
        return number + 1

    def _line(self, on: stage.Stage, line: cast.Line) -> None:
        if line.aside:
            self._console.print(f"\n[italic dim]   {escape(line.aside)}[/]")
        name = cast.PEOPLE[line.who]
        if line.subject:
            mail = letters.fresh(line.who, name, cast.DESK, line.subject, line.text, line.headers)
        else:
            if line.who not in self._newest:
                raise Failed(f"{line.who} has no mail to answer")
            mail = letters.reply(line.who, name, cast.DESK, line.text, self._newest[line.who])
        self._console.print(f"[bold cyan]✎ {escape(name)}[/] → desk · {escape(str(mail['Subject']))}")
        self._console.print(Panel(escape(line.text), border_style="cyan", width=min(self._console.width, _WIDTH)))
        before = on.decided()
        letters.post(on.post_office.smtp_port, mail, line.who, cast.DESK)
        _until(lambda: on.decided() > before and not on.undecided(), f"the desk to read the mail of {line.who}")
        _until(lambda: not on.unsent(), "the desk's mails to leave")
        heard = self._listen(line)
        if not line.hears and heard:
            raise Failed(f"nobody should have been mailed, but {', '.join(sorted(heard))} was")
        if not line.hears:
            self._console.print("   [dim]· no mail leaves the desk[/]")

    def _listen(self, line: cast.Line) -> set[str]:
        """Show what arrived; everybody who must hear of it has to be among the recipients."""
        arrived: list[tuple[str, letters.Received]] = []
        with contextlib.suppress(queue.Empty):
            while True:
                letter = self._arrived.get_nowait()
                arrived += [(recipient, letters.opened(letter.raw)) for recipient in letter.recipients]
        self._newest.update(arrived)
        heard = {recipient for recipient, _ in arrived}
        for recipient, mail in sorted(arrived, key=lambda each: each[0] not in line.hears):
            self._show(recipient, mail, recipient in line.hears, _WHOLE if line.whole else _SHOWN_LINES)
        missing = set(line.hears) - heard
        if missing:
            raise Failed(f"no mail came for {', '.join(sorted(missing))}")
        return heard

    def show_next(self) -> None:
        """Show the next mail that arrives, however long that takes."""
        letter = self._arrived.get()
        for recipient in letter.recipients:
            self._show(recipient, letters.opened(letter.raw), True, _WHOLE)

    def _show(self, recipient: str, mail: letters.Received, open_it: bool, lines: int) -> None:
        """A mail from the desk; of copies to further colleagues only the line of the mailbox."""
        name = cast.PEOPLE.get(recipient, recipient)
        head = f"✉ {escape(mail.sender)} → [bold green]{escape(name)}[/] · {escape(mail.subject)}"
        if not open_it:
            self._console.print(f"[dim]{head} (a copy for a colleague)[/]")
            return
        self._console.print(head)
        text = mail.text.strip().splitlines()
        shown = "\n".join(text[:lines]) + ("\n…" if len(text) > lines else "")
        self._console.print(Panel(escape(shown), border_style="green", width=min(self._console.width, _WIDTH)))


def main(once: bool = False, imap_port: int = 0, smtp_port: int = 0) -> int:
    """Play all scenes; without `once` stay up until Ctrl-C. Gives the exit code (sysexits)."""
    console = Console(highlight=False)
    play = Play(console)
    listener = log.set_up("text", "warning")
    started = time.monotonic()
    try:
        with stage.built(play.take, imap_port, smtp_port) as on:
            console.print("[bold]maild demo[/]: the real daemon between an embedded IMAP and an embedded SMTP server.")
            console.print(f"[dim]Times in the mails are those of the desk, {on.settings.policy.desk.zone}.[/]")
            number = 1
            for scene in cast.SCENES:
                number = play.scene(on, scene, number)
            console.print()
            console.print(Rule(style="green"))
            console.print(
                f"All {len(cast.SCENES)} conversations went as they must, in {time.monotonic() - started:.0f} s."
            )
            if not once:
                _stay(console, play, on)
    except DemoUnavailable as missing:
        console.print(f"maild demo: {missing}", style="red")
        return 69
    except (Failed, TimeoutError) as failure:
        console.print(f"maild demo: {escape(str(failure))}", style="red")
        return 70
    except KeyboardInterrupt:
        console.print("\nGood-bye.")
    finally:
        listener.stop()
    return 0


def _stay(console: Console, play: Play, on: stage.Stage) -> None:
    """Say how to join, then show what arrives until Ctrl-C."""
    program = _program()
    people: dict[str, list[str]] = {"requester": [], "agent": []}
    for address in cast.PEOPLE:
        agent = on.settings.policy.agent(address)
        if agent is not None:
            people["agent"].append(f"{address} ({agent.tier}{', lead' if agent.lead else ''})")
        elif address != cast.DESK and not address.startswith("admin@"):
            people["requester"].append(address)
    lines = [
        "",
        "[bold]Join in.[/] The desk stays up until you press Ctrl-C. From another terminal:",
        "",
        f"    {program} demo say li.lei '键盘坏了，麻烦换一个' --subject 键盘坏了",
        f"    {program} demo say wang.wei '#take'     [dim](answers the newest mail that 王伟 got)[/]",
        "",
        "look at it as the admin does:",
        "",
        f"    {program} --config {on.settings.path} tickets     [dim](or: status, show IT-1, inbound list)[/]",
        "",
        f"or write with a mail program, without encryption, password [bold]{cast.PASSWORD}[/] for everybody:",
        "",
        f"    IMAP 127.0.0.1 port {on.post_office.imap_port}, SMTP 127.0.0.1 port {on.post_office.smtp_port}",
        f"    write to {cast.DESK}",
        *(f"    {kind}: {each}" for kind, them in people.items() for each in them),
        "",
    ]
    console.print("\n".join(lines), soft_wrap=True)
    while True:
        play.show_next()


def _until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise Failed(f"waited {_PATIENCE_S:.0f} s for {what}")
        time.sleep(0.02)


def _program() -> str:
    """How to call maild from another terminal: by its name if that finds this very program, else by its path."""
    found, own = shutil.which("maild"), Path(sys.argv[0])
    if found is not None and own.exists() and Path(found).resolve() == own.resolve():
        return "maild"
    return str(own) if own.name == "maild" and own.exists() else f"{sys.executable} -m maild"

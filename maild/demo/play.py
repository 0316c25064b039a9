"""`maild demo`: plays the scenes on the real daemon, shows each mail as it arrives, and stays up for visitors."""

import contextlib
import queue
import time
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule

from maild import log
from maild.demo import cast, letters, stage
from maild.demo.postoffice import DemoUnavailable, Letter

_PATIENCE_S = 20.0
_SHOWN_LINES = 14


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
        self._console.print(Rule(f"[bold]{escape(scene.title)}[/]", align="left"))
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
        self._console.print(
            Panel(
                escape(line.text),
                title=f"[bold cyan]{escape(name)}[/] → desk · {escape(str(mail['Subject']))}",
                title_align="left",
                border_style="cyan",
                width=min(self._console.width, 100),
            )
        )
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
        heard: set[str] = set()
        with contextlib.suppress(queue.Empty):
            while True:
                letter = self._arrived.get_nowait()
                mail = letters.opened(letter.raw)
                for recipient in letter.recipients:
                    self._newest[recipient] = mail
                    heard.add(recipient)
                    self._show(recipient, mail, recipient in line.hears)
        missing = set(line.hears) - heard
        if missing:
            raise Failed(f"no mail came for {', '.join(sorted(missing))}")
        return heard

    def show_next(self) -> None:
        """Show the next mail that arrives, however long that takes."""
        letter = self._arrived.get()
        for recipient in letter.recipients:
            self._show(recipient, letters.opened(letter.raw), True)

    def _show(self, recipient: str, mail: letters.Received, whole: bool) -> None:
        """A mail from the desk; copies to further colleagues in one line."""
        name = cast.PEOPLE.get(recipient, recipient)
        if not whole:
            self._console.print(f"   [dim]✉ also to {escape(name)}: {escape(mail.subject)}[/]")
            return
        lines = mail.text.strip().splitlines()
        shown = "\n".join(lines[:_SHOWN_LINES]) + ("\n…" if len(lines) > _SHOWN_LINES else "")
        self._console.print(
            Panel(
                escape(shown),
                title=f"{escape(mail.sender)} → [bold green]{escape(name)}[/] · {escape(mail.subject)}",
                title_align="left",
                border_style="green",
                width=min(self._console.width, 100),
            )
        )


def main(once: bool = False, imap_port: int = 0, smtp_port: int = 0) -> int:
    """Play all scenes; without `once` stay up until Ctrl-C. Gives the exit code (sysexits)."""
    console = Console(highlight=False)
    play = Play(console)
    listener = log.set_up("text", "warning")
    started = time.monotonic()
    try:
        with stage.built(play.take, imap_port, smtp_port) as on:
            console.print("[bold]maild demo[/]: the real daemon between an embedded IMAP and an embedded SMTP server.")
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
    console.print(
        f"""
[bold]Join in.[/] The desk stays up until you press Ctrl-C. From another terminal:

    maild demo say li.lei "键盘坏了，麻烦换一个" --subject 键盘坏了
    maild demo say wang.wei "#take"            [dim](answers the newest mail that 王伟 got)[/]

or with a mail program, without encryption, password [bold]{cast.PASSWORD}[/] for everybody:

    IMAP 127.0.0.1:{on.post_office.imap_port}     SMTP 127.0.0.1:{on.post_office.smtp_port}
    requesters  li.lei@corp.example  emma.schulz@corp.example  zhang.wei@corp.example  david.okafor@corp.example
    agents      wang.wei@corp.example  anna.berg@corp.example  zhao.min@corp.example  chen.jing@corp.example (lead)
    write to    {cast.DESK}
"""
    )
    while True:
        play.show_next()


def _until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise Failed(f"waited {_PATIENCE_S:.0f} s for {what}")
        time.sleep(0.02)

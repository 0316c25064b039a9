"""`maild run`, `maild demo` and `maild version`."""

from typing import Annotated

import typer

from maild.cli import ends
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile, settings

demo = typer.Typer(
    cls=PlainGroup,
    invoke_without_command=True,
)


def run(config: ConfigFile = None) -> None:
    """Run the desk in the foreground until SIGTERM or Ctrl-C; the step in hand is finished.

    SIGHUP reads config.toml again. Under systemd it says READY when mailbox
    and database have answered.

    Example:  maild --config /etc/maild/config.toml run
    """
    found = settings(config)
    from maild.daemon import Daemon
    from maild.log import set_up

    if not found.mailboxes:
        raise ends.end(ends.CONFIG, f"{found.path}: there is no [[mailbox]]: name the mailbox to watch")
    listener = set_up(found.daemon.log, found.daemon.log_level)
    try:
        daemon = Daemon(found)
        daemon.listen_to_signals()
        daemon.run()
    finally:
        listener.stop()


def version() -> None:
    """Print the version of maild.

    Example:  maild version
    """
    from maild import __version__

    print(f"maild {__version__}")


@demo.callback()
def play(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", metavar="", help="Play the conversations once, then end.")] = False,
    imap_port: Annotated[
        int, typer.Option(metavar="PORT", help="Port of the demo's IMAP server; 0: any free one.", min=0, max=65535)
    ] = 0,
    smtp_port: Annotated[
        int, typer.Option(metavar="PORT", help="Port of the demo's SMTP server; 0: any free one.", min=0, max=65535)
    ] = 0,
) -> None:
    """Watch maild at work: sample conversations, then join in with any mail client.

    The real daemon runs between an IMAP and an SMTP server of the demo's own:
    no account, no root and no network are needed.

    Example:  maild demo --once
    """
    if context.invoked_subcommand is not None:
        return
    from maild.demo.play import main

    raise typer.Exit(main(once, imap_port, smtp_port))


@demo.command(cls=PlainCommand)
def say(
    who: Annotated[
        str,
        typer.Argument(
            metavar="WHO", help="One of the demo's people, by address or its first part.", show_default=False
        ),
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they write.", show_default=False)],
    subject: Annotated[
        str, typer.Option(help="Begin a new conversation; without it, answer the newest mail they got.")
    ] = "",
) -> None:
    """Write a mail as one of the demo's people, while `maild demo` is running in another terminal.

    Example:  maild demo say li.lei "打印机又坏了" --subject "打印机"
    """
    from maild.demo.say import NoDemo
    from maild.demo.say import say as spoken

    try:
        print(spoken(who, text, subject))
    except NoDemo as missing:
        raise ends.end(ends.UNAVAILABLE, str(missing)) from missing

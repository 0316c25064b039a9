"""All commands under one name, and how they end."""

import sys
import traceback
from typing import Annotated

import typer

from maild.cli import database, directory, ends, learner, running, show_inbound, show_outbox, templates
from maild.cli.backup import backup
from maild.cli.bring_in import bring_in
from maild.cli.check import check
from maild.cli.deliver import deliver
from maild.cli.init import init
from maild.cli.inspect import inspect
from maild.cli.new import new
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.show_tickets import show, tickets
from maild.cli.status import status
from maild.cli.where import ConfigFile, choose

app = typer.Typer(
    name="maild",
    cls=PlainGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        running.version()
        raise typer.Exit


@app.callback()
def _everything(
    config: ConfigFile = None,
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", help="Print the version of maild.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """maild turns one shared support mailbox into an IT service desk."""
    choose(config)


_SET_UP, _WATCH, _MAIL = "Set up and run", "Watch", "Mail"

app.command(cls=PlainCommand, rich_help_panel=_SET_UP)(init)
app.command(cls=PlainCommand, rich_help_panel=_SET_UP)(check)
app.add_typer(database.app, name="db", rich_help_panel=_SET_UP)
app.add_typer(directory.app, name="directory", rich_help_panel=_SET_UP)
app.add_typer(templates.app, name="templates", rich_help_panel=_SET_UP)
app.command(cls=PlainCommand, rich_help_panel=_SET_UP)(backup)
app.command(cls=PlainCommand, rich_help_panel=_SET_UP)(running.run)
app.add_typer(running.demo, name="demo", rich_help_panel=_SET_UP)
app.command(cls=PlainCommand, rich_help_panel=_SET_UP)(running.version)
app.command(cls=PlainCommand, rich_help_panel=_WATCH)(status)
app.command(cls=PlainCommand, rich_help_panel=_WATCH)(tickets)
app.command(cls=PlainCommand, rich_help_panel=_WATCH)(show)
app.add_typer(learner.app, name="learner", rich_help_panel=_WATCH)
app.command(cls=PlainCommand, rich_help_panel=_MAIL)(inspect)
app.add_typer(show_inbound.app, name="inbound", rich_help_panel=_MAIL)
app.add_typer(show_outbox.app, name="outbox", rich_help_panel=_MAIL)
app.command(cls=PlainCommand, rich_help_panel=_MAIL)(deliver)
app.command("import", cls=PlainCommand, rich_help_panel=_MAIL)(bring_in)
app.command(cls=PlainCommand, rich_help_panel=_MAIL)(new)


def _misused(error: typer.TyperException) -> None:
    """Say what is wrong with the command line, and where its help is."""
    context = getattr(error, "ctx", None)
    help_of = context.command_path if context is not None else "maild"
    # Without any argument the help was shown, and there is nothing to say.
    if said := error.format_message().replace("Value error, ", ""):
        ends.say(f"{said} Try `{help_of} --help`.")


def main() -> None:
    """The entry point: every error ends in one line that says what to do, and a code of sysexits.h."""
    try:
        code = app(standalone_mode=False, prog_name="maild")
    except typer.TyperException as error:
        _misused(error)
        # 2 is typer's code for wrong usage.
        code = ends.USAGE if error.exit_code == 2 else error.exit_code
    except typer.Abort:
        ends.say("given up; nothing was changed")
        code = 130
    except Exception as error:
        known = ends.told(error)
        if known is None:
            traceback.print_exc()
            known = ["this is a mistake in maild itself; the lines above tell where"], ends.INTERNAL
        ends.say(*known[0])
        code = known[1]
    sys.exit(code or 0)

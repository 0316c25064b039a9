"""All commands under one name, and how they end."""

import os
import sys

import typer

from maild.cli import ends
from maild.cli.inspect import inspect
from maild.cli.where import ConfigFile, choose

app = typer.Typer(
    name="maild",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _everything(config: ConfigFile = None) -> None:
    """maild turns one shared support mailbox into an IT service desk."""
    choose(config)


app.command("inspect")(inspect)


def main() -> None:
    """The entry point: every error ends in one line that says what to do, and a code of sysexits.h."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        from typer.rich_utils import rich_format_error

        rich_format_error(error)
        # 2 is typer's code for wrong usage.
        code = ends.USAGE if error.exit_code == 2 else error.exit_code
    except typer.Abort:
        ends.say("given up; nothing was changed")
        code = 130
    except BrokenPipeError:
        # Whoever read us has seen enough. What is left in the buffer must not raise again at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        known = ends.told(error)
        if known is None:
            raise
        ends.say(*known[0])
        code = known[1]
    sys.exit(code or 0)

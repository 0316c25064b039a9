"""`maild templates`: the letters, to be looked at before anybody gets one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maild.cli import ends
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile, find, settings_or_defaults

if TYPE_CHECKING:
    from maild.config import Settings

app = typer.Typer(
    cls=PlainGroup, no_args_is_help=True, help="Look at the letters that people get, your own in place of ours."
)


@app.command(cls=PlainCommand)
def preview(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; empty, or an earlier preview.")],
    config: ConfigFile = None,
) -> None:
    """Write every letter in every language with made-up data, and an index.html to look through them in a browser.

    Each stands there as .html, .txt and .eml, in several examples where it has
    several faces. Files in templates.dir replace ours as they would in real
    mail; one that cannot be used is named with its line and what to do.
    Exit code 0 if all letters could be written, else 78.

    Example:  maild templates preview /tmp/letters
    """
    import os

    from maild.outbound import preview as pages
    from maild.tokens import Tokens

    found = settings_or_defaults(config)
    desk = found.policy.desk if find(config) is not None else None
    try:
        # A key for this one look: the buttons are good for nothing.
        shots = pages.write(folder, desk, Tokens([os.urandom(32)], "preview.invalid"), _override(found))
    except pages.NotEmpty as full:
        raise ends.end(ends.CANNOT_CREATE, str(full)) from full
    except OSError as error:
        raise ends.end(ends.CANNOT_CREATE, f"{error.filename}: {error.strerror}") from error
    print(f"{len({shot.letter for shot in shots})} letters, {len(shots)} examples: open {folder / pages.PAGE}")
    mistakes = list(dict.fromkeys(shot.mistake for shot in shots if shot.mistake))
    if mistakes:
        raise ends.end(ends.CONFIG, *mistakes)


@app.command("list", cls=PlainCommand)
def show(config: ConfigFile = None) -> None:
    """List the letters, who gets them, and which of them this site has replaced.

    Example:  maild templates list
    """
    import os

    from maild.cli.terminal import table
    from maild.outbound.compose import Composer
    from maild.outbound.letters import LETTERS
    from maild.outbound.titles import title
    from maild.tokens import Tokens

    found = settings_or_defaults(config)
    override = _override(found)
    composer = Composer(found.policy, Tokens([os.urandom(32)], "preview.invalid"), override)
    replaced = composer.replaced()
    table(
        ("Letter", "What it is", "Replaced here"),
        ((letter, title(letter).en, ", ".join(_own(letter, replaced))) for letter in LETTERS),
    )
    common = [name for name in replaced if not any(name in _own(letter, replaced) for letter in LETTERS)]
    print(f"In {len(composer.languages())} languages: {', '.join(composer.languages())}.")
    if common:
        print(f"For all letters replaced here: {', '.join(common)}.")
    mistakes = composer.misplaced()
    if mistakes:
        raise ends.end(ends.CONFIG, *mistakes)


def _own(letter: str, replaced: tuple[str, ...]) -> list[str]:
    return [name for name in replaced if name.partition("/")[2].rpartition(".")[0] == letter]


def _override(found: "Settings") -> Path | None:
    """The site's own folder of letters. Raises typer.Exit(78) when it is not there."""
    if not found.templates.dir:
        return None
    folder = Path(found.templates.dir)
    if not folder.is_dir():
        raise ends.end(ends.CONFIG, f"{folder} is no folder: mend [templates] dir in {found.path}, or leave it empty")
    return folder

"""Which config.toml a command goes by."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from maild.config import Settings

SYSTEM_CONFIG = Path("/etc/maild/config.toml")
VARIABLE = "MAILD_CONFIG"

# What was given before the command's name: `maild --config FILE check`.
_given: list[Path] = []

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", show_default=False,
        help="The config.toml to go by. Default: $MAILD_CONFIG, else ./config.toml, else /etc/maild/config.toml.",
    ),
]  # fmt: skip


def choose(path: Path | None) -> None:
    """Remember the global option."""
    _given[:] = [path] if path is not None else []


def find(path: Path | None) -> Path | None:
    """The file to go by: the option, the environment, here, the system's; None if there is none."""
    named = (
        path or (_given[0] if _given else None) or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    )
    return named if named is not None else next(_present(), None)


def _present() -> Iterator[Path]:
    yield from (each for each in (Path("config.toml"), SYSTEM_CONFIG) if each.is_file())


def settings(path: Path | None) -> "Settings":
    """The settings of that file. Raises ConfigError with every mistake; typer.Exit(78) without any file."""
    found = find(path)
    if found is None:
        from maild.cli.ends import end

        raise end(
            78,
            "there is no config.toml here and no /etc/maild/config.toml:"
            " make one with `maild init`, or name it with --config FILE",
        )
    return _load(found)


def settings_or_defaults(path: Path | None) -> "Settings":
    """As `settings`, with the shipped defaults when there is no file."""
    return _load(find(path))


def _load(path: Path | None) -> "Settings":
    from maild.cli.ends import CONFIG, end
    from maild.config import load

    try:
        return load(path)
    except OSError as error:
        raise end(CONFIG, f"{error.filename}: {error.strerror}: name a config.toml that this user may read") from error

"""The command line: one small file per group of commands, every heavy import inside its command."""

from maild.cli.app import main

__all__ = ["main"]

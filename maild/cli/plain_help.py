"""Commands and groups whose `--help` looks like what it is: a word to type, without a value behind it."""

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


def _without_value(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.metavar = ""
    return option


class PlainCommand(TyperCommand):
    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return _without_value(super().get_help_option(ctx))


class PlainGroup(TyperGroup):
    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return _without_value(super().get_help_option(ctx))

"""Commands that are loaded when they are called, so that a list of all of them loads none."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from typer._click import Command, Context


class Later(TyperCommand):
    """A command or a group of commands by its name, where it stands, and its line in a list.

    ``place`` is ``module:name`` in this package, of a function or of a Typer.
    """

    def __init__(self, name: str, place: str, line: str) -> None:
        super().__init__(name, short_help=line)
        self.place = place

    def loaded(self) -> "Command":
        """Return the command itself."""
        module, _, name = self.place.partition(":")
        found = getattr(import_module(f"{__package__}.{module}"), name)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=self.name)
        else:
            alone.command(self.name)(found)
        (command,) = get_group(alone).commands.values()
        return command


class LaterGroup(TyperGroup):
    """A group of such commands, in their order: a subclass says which."""

    later: ClassVar[Sequence[Later]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update((str(each.name), each) for each in self.later)

    def resolve_command(
        self, ctx: "Context", args: list[str]
    ) -> "tuple[str | None, Command | None, list[str]]":
        """Return the command's name, the command, loaded, and the arguments after its name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, Later) else command, rest

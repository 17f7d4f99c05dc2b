"""Commands that are loaded when they are called, so that a list of all of them loads none."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from firmtrack.cli.completion import ASKED, completions
from firmtrack.cli.failing import say_failure

if TYPE_CHECKING:
    from typer._click import Command, Context

PROGRAM = "firmtrack"

_ABORTED = 1


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
    """All such commands, in their order: a subclass says which. Run, it is the program."""

    later: ClassVar[Sequence[Later]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update((str(each.name), each) for each in self.later)

    def main(self, *_: Any, **__: Any) -> Any:
        """Run the command that the process's arguments name, and end the process.

        What is wrong with the arguments is said in plain lines, of which no box cuts an ID.
        """
        if ASKED in os.environ:
            sys.stdout.writelines(f"{each}\n" for each in completions(self, PROGRAM, sys.argv[1:]))
            sys.exit(0)
        try:
            with self.make_context(PROGRAM, sys.argv[1:]) as context:
                self.invoke(context)
        except typer.Exit as end:
            sys.exit(end.exit_code)
        except (typer.Abort, EOFError):
            say_failure("Aborted.")
            sys.exit(_ABORTED)
        except TyperException as error:
            _tell(error)
            sys.exit(error.exit_code)
        sys.exit(0)

    def resolve_command(
        self, ctx: "Context", args: list[str]
    ) -> "tuple[str | None, Command | None, list[str]]":
        """Return the command's name, the command, loaded, and the arguments after its name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, Later) else command, rest


def _tell(error: TyperException) -> None:
    said = error.format_message()
    context: Context | None = getattr(error, "ctx", None)
    if not said:  # no arguments were given, and what there is was printed instead
        return
    if context is None or context.parent is None:
        say_failure(said, f"{PROGRAM} --help")
    else:
        say_failure(said, f"{context.command_path} --help")

"""What Typer prints help with, imported without what no help of ours needs.

Typer imports Rich's Markdown and pretty tracebacks with it, and these a reader of Markdown and
Pygments, which take longer than all the rest. No help of ours is Markdown, no traceback pretty.
"""

import sys
from types import ModuleType

_UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def import_help() -> None:
    """Import ``typer.rich_utils``; whoever imports the modules left out afterwards gets them."""
    left_out = {
        name: _stand_in(name, of) for name, of in _UNUSED.items() if name not in sys.modules
    }
    sys.modules.update(left_out)
    try:
        import typer.rich_utils  # noqa: F401  # for whoever prints help
    finally:
        for name in left_out:
            del sys.modules[name]


def _stand_in(module: str, name: str) -> ModuleType:
    stand_in = ModuleType(module)
    setattr(stand_in, name, type(name, (), {}))
    return stand_in

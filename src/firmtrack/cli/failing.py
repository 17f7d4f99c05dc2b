"""How a command that failed says so."""


def say_failure(sentence: str, more: str | None = None) -> None:
    """Print on standard error, as one line, what failed, and the command that tells more."""
    from firmtrack.cli.printing import VisibleConsole

    told = VisibleConsole(stderr=True, soft_wrap=True)
    told.print(f"firmtrack: {sentence}", style="red", markup=False, highlight=False)
    if more is not None:
        told.print(f"More: {more}", markup=False, highlight=False)

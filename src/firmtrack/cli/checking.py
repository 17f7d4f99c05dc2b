"""``firmtrack check``: whether the store is whole."""

from dataclasses import asdict

import typer

from firmtrack.cli.options import AsJson, console, print_json
from firmtrack.cli.recorded_messages import came_again_text
from firmtrack.cli.session import opened

_NOT_WHOLE = 1


def check(*, as_json: AsJson = False) -> None:
    """Compute every current status anew from its events, and say where the store disagrees.

    Also named are withdrawn messages that came again from someone else. Exit status 0, or 1 if the
    store disagrees anywhere.
    """
    with opened():
        from firmtrack.store.consistency import disagreements
        from firmtrack.store.reading.messages import came_again

        found = disagreements()
        again = came_again()
    if as_json:
        print_json(
            {
                "is_whole": not found,
                "disagreements": [
                    {
                        "kind": each.kind,
                        "device_id": _text(each.device_id),
                        "service_request_id": _text(each.request_id),
                        "message_id": _text(each.message_id),
                    }
                    for each in found
                ],
                "withdrawn_came_again": [asdict(each) for each in again],
            }
        )
    else:
        for each in found:
            columns = (each.kind, each.device_id, each.request_id, each.message_id)
            console.print(" ".join(str(part) for part in columns if part is not None), markup=False)
        for one in again:
            text = came_again_text(one)
            console.print(f"Withdrawn message {one.message_id} came again {text}.", markup=False)
        console.print("The store is whole." if not found else f"{len(found)} disagreements.")
    if found:
        raise typer.Exit(_NOT_WHOLE)


def _text(value: object) -> str | None:
    return None if value is None else str(value)

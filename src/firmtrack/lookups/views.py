"""What a viewer sees of a device: its facts read, folded, and picked by who may see them."""

from firmtrack.domain.dossier import fold
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.seeing import View, view_of
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.as_of import Settled
from firmtrack.store.reading.dossiers import read_dossier, read_single_events
from firmtrack.store.replica import look_up

_read_dossier, _read_single_events = look_up(read_dossier), look_up(read_single_events)


def read_view(
    viewer: Viewer, device_id: Eui64, as_of: Settled | None, *, by_runs: bool = True
) -> View:
    """Return what the viewer sees of the device as of a moment, None for now: maybe nothing.

    Nothing is audited yet: that is for the look-up that answers it. Unless ``by_runs``, each event
    is read for itself, however many there are.
    """
    read = _read_dossier if by_runs else _read_single_events
    return view_of(viewer, fold(read(device_id, as_of)))

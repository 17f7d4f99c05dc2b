"""What is said of a request as a whole: the stages that it passes more slowly than others do."""

from collections.abc import Sequence

from firmtrack.answers.requests import RequestAnswer
from firmtrack.domain.cohorts import relative_pace
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation.diagnosis_wording import slower_request_text
from firmtrack.store.reports.waits import relative_paces


def slower_stages(viewer: Viewer, found: RequestAnswer) -> Sequence[str]:
    """Return a sentence for each stage, in order, that the request as a whole is slower at.

    As things stood when they were last counted; what is usual is learnt from other requests.
    """
    counted = relative_paces(viewer, found.request_id)
    paces = ((stage, relative_pace(*each)) for stage, each in counted.items())
    return [slower_request_text(stage, pace) for stage, pace in paces if pace is not None]

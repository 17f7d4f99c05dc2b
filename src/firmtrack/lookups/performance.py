"""The look-up of delivery performance."""

from dataclasses import replace

from firmtrack.answers.performance import PerformanceAnswer, PerformanceFilter
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.known_from import Kind, known_from
from firmtrack.store.audit import record_lookup
from firmtrack.store.reports import performance


def delivery_performance(viewer: Viewer, wanted: PerformanceFilter) -> PerformanceAnswer:
    """Return the figures of the viewer's own requests that are wanted; DCC's staff see all."""
    whole = replace(wanted, kept_from=known_from(Kind.FACTS))
    found = performance.delivery_performance(viewer, whole)
    record_lookup(viewer, "delivery_performance", wanted.term, found.total.distributions)
    return replace(found, kept_from=whole.kept_from if whole.is_cut else None)

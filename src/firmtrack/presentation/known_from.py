"""From when on things are known, in words: the one place where that is said of what was pruned."""

from datetime import UTC, datetime

from firmtrack.answers.requests import NoLongerKept
from firmtrack.presentation.times import MONTHS, day_text
from firmtrack.presentation.wording import COMPLETION_NAMES


def kept_from_text(kept_from: datetime) -> str:
    """Return the day from which on something is kept: retention goes by whole months of UTC."""
    return day_text(kept_from.astimezone(UTC).date())


def month_text(begins_at: datetime) -> str:
    """Return the month that begins then, in words, such as ``October 2025``."""
    begins_at = begins_at.astimezone(UTC)
    return f"{MONTHS[begins_at.month - 1]} {begins_at.year}"


def past_text(kept_from: datetime) -> str:
    """Return what is said of a moment before which not all is known any more."""
    return (
        f"Firmtrack keeps updates from {kept_from_text(kept_from)} on. Of the time before, only "
        "those are left that were still under way then, or of which something was said since. So "
        "this may be less than was known at that moment."
    )


def not_found_text(kept_from: datetime) -> str:
    """Return what is said where nothing is found, whatever was asked for and by whom."""
    return (
        f"Firmtrack keeps updates from {kept_from_text(kept_from)} on: what ended before may be no "
        "longer kept."
    )


def requests_text(kept_from: datetime) -> str:
    """Return from when on requests are all there, in a list of them."""
    return (
        f"Firmtrack keeps updates from {kept_from_text(kept_from)} on. Of requests submitted "
        "before, only those are listed of which an update is left, and only what is left "
        "is counted."
    )


def figures_text(kept_from: datetime) -> str:
    """Return what is said of figures over a time of which some updates have gone."""
    return (
        f"These figures are of requests submitted from {kept_from_text(kept_from)} on; the week in "
        "which that day lies is counted from it on. Of earlier requests not all updates are kept "
        "any more, so they do not count."
    )


def causes_text(kept_from: datetime, *, is_left_out: bool = False) -> str:
    """Return what is said of causes where requests were asked for of which some updates went.

    ``is_left_out``: the one request that was asked about is itself among these.
    """
    earlier = "earlier ones, as this one is," if is_left_out else "earlier ones"
    return (
        f"Compared are requests submitted from {kept_from_text(kept_from)} on: of {earlier} "
        "not all updates are kept any more."
    )


def peers_text(kept_from: datetime) -> str:
    """Return what is said of counts of all updates that have something in common."""
    return (
        f"Firmtrack keeps updates from {kept_from_text(kept_from)} on: of those that ended before, "
        "only what is left is counted."
    )


def audit_text(kept_from: datetime) -> str:
    """Return from when on the audit is whole."""
    return f"The audit is kept from {kept_from_text(kept_from)} on; what is older is gone."


def notices_text(kept_from: datetime) -> str:
    """Return from when on notices are all there."""
    return (
        f"Notices are kept from {kept_from_text(kept_from)} on. Of those before, only what still "
        "waits or goes on is left."
    )


def messages_text(kept_from: datetime) -> str:
    """Return from when on messages are all there, in a list of them."""
    return (
        f"Firmtrack keeps messages from {kept_from_text(kept_from)} on. Of those before, only what "
        "belongs to what is still kept is left."
    )


def body_text(kept_from: datetime | None) -> str:
    """Return what is said in place of what a message said word for word."""
    if kept_from is None:
        return "What this message said, word for word, is not kept any more."
    return (
        "What this message said, word for word, is not kept any more: Firmtrack keeps that of "
        f"messages from {kept_from_text(kept_from)} on. What was read of it stays where it belongs."
    )


def no_longer_kept_text(gone: NoLongerKept) -> str:
    """Return how many devices of a request are no longer kept, and how their updates had ended."""
    counts = gone.completion_counts
    ended = " and ".join(
        f"{count:,} {COMPLETION_NAMES[completion]}" for completion, count in counts.items()
    )
    one = gone.device_count == 1
    return (
        f"{gone.device_count:,} device{'' if one else 's'} whose update"
        f"{'' if one else 's'} had ended before {kept_from_text(gone.before)} "
        f"{'is' if one else 'are'} no longer kept: {ended}."
    )

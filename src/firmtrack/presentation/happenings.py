"""What happened since somebody looked: when that was, in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from firmtrack.presentation.times import near_text

_GREAT_BRITAIN = ZoneInfo("Europe/London")


def since_text(at: datetime, now: datetime) -> str:
    """Return a past time as people say it: ``today 09:12``, ``yesterday 16:12``, or the day.

    In Great Britain's time, whose zone is named where the day is.
    """
    local, today = at.astimezone(_GREAT_BRITAIN), now.astimezone(_GREAT_BRITAIN).date()
    names = {today: "today", today - timedelta(days=1): "yesterday"}
    name = names.get(local.date())
    return near_text(at, now) if name is None else f"{name} {local:%H:%M}"

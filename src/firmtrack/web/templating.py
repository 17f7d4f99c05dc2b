"""Jinja2 for the pages: half as dear as Django's templates, and GOV.UK's macros speak it."""

import re
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    Template,
)
from markupsafe import Markup

from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.notices.channels import channel_of, words_of
from firmtrack.presentation import diagnosis_wording, known_from, peers, performance, wording
from firmtrack.presentation.as_of import not_known_then_title, typed_text
from firmtrack.presentation.catalogue_incidents import INCIDENT_NAMES
from firmtrack.presentation.documents import inventories
from firmtrack.presentation.flags import FLAG_NAMES, flag_text
from firmtrack.presentation.freshness import (
    SOURCE_TEXTS,
    WHOSE_TIMES_TEXT,
    freshness_text,
    lag_text,
    learnt_text,
    quiet_text,
    source_title,
)
from firmtrack.presentation.incidents import incident_details, incident_source
from firmtrack.presentation.peers import SCOPE_NAMES, WHOSE_TEXT, group_name
from firmtrack.presentation.times import day_text, duration_text, limit_text, local_text, utc_text
from firmtrack.presentation.visible import visible
from firmtrack.web.assets import asset_url
from firmtrack.web.guidance import code_link
from firmtrack.web.navigation import current_in
from firmtrack.web.permissions import person_may

_LONGEST_WHOLE = 40
_PARTS = re.compile(r"[^:]*:|[^:]+")


class VisibleTemplate(Template):
    """A page or part of one, in whose text every character is seen, wherever it came from."""

    def render(self, *context: Any, **more: Any) -> str:
        """Return what Jinja makes of it, made visible."""
        return visible(super().render(*context, **more))


def environment(*, loader: BaseLoader, auto_reload: bool, **_options: Any) -> Environment:
    """Return the environment in which the pages' templates run."""
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    made = Environment(
        loader=ChoiceLoader((loader, govuk)),
        auto_reload=auto_reload,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.template_class = VisibleTemplate
    made.globals |= {"asset": asset_url, "url": reverse, "code_link": code_link}
    made.globals |= {"diagnosis_wording": diagnosis_wording}
    made.globals |= {"wording": wording, "FLAG_NAMES": FLAG_NAMES, "flag_text": flag_text}
    made.globals |= {"INCIDENT_NAMES": INCIDENT_NAMES, "incident_details": incident_details}
    made.globals |= {"incident_source": incident_source}
    made.globals |= {"freshness_text": freshness_text, "SOURCE_TEXTS": SOURCE_TEXTS}
    made.globals |= {"source_title": source_title, "learnt_text": learnt_text}
    made.globals |= {"quiet_text": quiet_text, "timed_text": performance.timed_text}
    made.globals |= {"lag_text": lag_text}
    made.globals |= {"WHOSE_TIMES_TEXT": WHOSE_TIMES_TEXT}
    made.globals |= {"group_name": group_name, "SCOPE_NAMES": SCOPE_NAMES, "WHOSE_TEXT": WHOSE_TEXT}
    made.globals |= {"performance_counted_text": performance.counted_text}
    made.globals |= {
        "peers_counted_text": peers.counted_text,
        "peers_not_whole_text": known_from.peers_text,
    }
    made.globals |= {"channel_of": channel_of, "channel_words": words_of}
    made.globals |= {"inventories": inventories, "may": person_may}
    made.globals |= {"not_known_then_title": not_known_then_title}
    made.globals |= {"current_in": current_in}
    made.globals |= {"now": lambda: datetime.now(UTC)}
    made.tests["untold"] = lambda part: part is UNTOLD
    made.filters |= {
        "day": day_element,
        "duration": duration_text,
        "typed": typed_text,
        "utc": utc_text,
        "limit": limit_text,
        "time": time_element,
        "updated": updated_element,
        "id": id_element,
        "count": count_text,
        "capitalised": capitalised_text,
    }
    return made


def time_element(at: datetime) -> Markup:
    """Return a time element: local time for people, UTC for machines."""
    return Markup('<time datetime="{}">{}</time>').format(utc_text(at), local_text(at))


def day_element(at: datetime) -> Markup:
    """Return a time element of the day alone, in UTC, of which nothing closer may be told."""
    day = at.astimezone(UTC).date()
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), day_text(day))


def updated_element(distribution: DistributionAnswer) -> Markup:
    """Return when a distribution got its current status, as far as the viewer may know."""
    element = day_element if distribution.is_anothers_event else time_element
    return element(distribution.updated_at)


def id_element(value: Eui64 | RequestId | str) -> Markup:
    """Return an ID, hash or code set so that each of its characters can be told apart.

    A Request ID may break after each of its parts.
    """
    parts = Markup("<wbr>").join(_part(text) for text in _PARTS.findall(str(value)))
    return Markup('<span class="firmtrack-id">{}</span>').format(parts)


def _part(text: str) -> Markup:
    # What is longer than a line of paper breaks, a hash; an ID does not.
    kind = "firmtrack-id__part" if len(text) <= _LONGEST_WHOLE else "firmtrack-id__long-part"
    return Markup('<span class="{}">{}</span>').format(kind, text)


def count_text(number: int) -> str:
    """Return a whole number with its thousands set apart by commas."""
    return f"{number:,}"


def capitalised_text(text: str) -> str:
    """Return a text as it stands at the beginning of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"

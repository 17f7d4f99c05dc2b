"""The user guidance: pages made from the tables that the product itself works with."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse
from django.views.decorators.http import require_safe
from markupsafe import Markup

from firmtrack.accounts.permissions import may
from firmtrack.answers.causes import DEFAULT_DAYS, LONGEST_DAYS
from firmtrack.domain.stages import STAGES
from firmtrack.domain.voice import voice_for
from firmtrack.domain.waits import FEWEST_STAYS
from firmtrack.presentation import (
    catalogue,
    catalogue_activations,
    catalogue_incidents,
    catalogue_states,
    causes,
)
from firmtrack.presentation.accounts import PERMISSION_NAMES, ROLE_NAMES
from firmtrack.presentation.catalogue_codes import NOT_EXPLAINED
from firmtrack.presentation.columns import CONTRACT_COLUMNS, FURTHER_COLUMNS
from firmtrack.presentation.flags import FLAG_NAMES
from firmtrack.store.wording import current_wordings
from firmtrack.web.status import viewer_in

_EXPLAINED = {each.code for group in catalogue.CODE_GROUPS for each in group.explained}
UNKNOWN_CODES = "unknown-codes"
_API_DOCUMENT = "api:openapi-json"


@dataclass(frozen=True, slots=True)
class Topic:
    """One page of the guidance."""

    slug: str
    title: str
    summary: str


TOPICS = {
    topic.slug: topic
    for topic in (
        Topic(
            "results",
            "How to read a result",
            "What each part of a result says, and which word counts.",
        ),
        Topic(
            "completion-statuses",
            "Completion Statuses",
            "Whether an update is under way, has failed or has succeeded.",
        ),
        Topic(
            "statuses",
            "Stages and Current Statuses",
            "The way of an update, who holds it at each stage, and what each status means.",
        ),
        Topic(
            "reasons",
            "Reasons and codes",
            "Every code of DCC that Firmtrack knows: what it means, and how sure that is.",
        ),
        Topic(
            "activations",
            "Activations, and what does not fit",
            "What happens after verification, and what Firmtrack flags.",
        ),
        Topic(
            "incidents",
            "What else befalls an update",
            "Quarantine, removals, exchanged hubs, and other messages that move no status.",
        ),
        Topic(
            "causes",
            "What failures have in common",
            "What a cause is, what it rests on, and when to distrust it.",
        ),
        Topic(
            "what-to-do",
            "What to do",
            "The next step for each status, and for each reason of a failure.",
        ),
        Topic("csv", "CSV guide", "The columns of the file, and how to open it."),
        Topic(
            "administration",
            "People, tokens and the audit",
            "Who may do what in your organisation, and what happens when somebody leaves.",
        ),
        Topic("api", "API guide", "The calls, what they take, and what they answer."),
    )
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API: ``parameters`` are the names, where each stands, and descriptions."""

    method: str
    path: str
    summary: str
    description: Markup
    parameters: tuple[tuple[str, str, Markup], ...]
    statuses: str


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Return the list of the guidance's pages."""
    return render(request, "firmtrack/guidance.html", {"topics": TOPICS.values()})


@require_safe
@login_required
def page(request: HttpRequest, topic: str) -> HttpResponse:
    """Return one page of the guidance."""
    context: dict[str, Any] = {
        "topic": TOPICS[topic],
        "voice": voice_for(viewer_in(request)),
        "stages": STAGES,
        "states": catalogue_states,
        "activations": catalogue_activations,
        "incidents": catalogue_incidents,
        "flag_names": FLAG_NAMES,
        "groups": catalogue.CODE_GROUPS,
        "codes": catalogue.CODES,
        "explained_codes": _EXPLAINED,
        "not_explained": NOT_EXPLAINED,
        "not_explained_by_kind": catalogue.NOT_EXPLAINED_BY_KIND,
        "kind_of": catalogue.kind_of,
        "together": catalogue.together,
        "wordings": current_wordings(),
        "columns": {column.title: column.text for column in CONTRACT_COLUMNS},
        "further_columns": {column.title: column.text for column in FURTHER_COLUMNS},
        "fewest_stays": FEWEST_STAYS,
        "roles": ROLE_NAMES,
        "permissions": PERMISSION_NAMES,
        "role_may": may,
        "causes": causes,
        "default_days": DEFAULT_DAYS,
        "longest_days": LONGEST_DAYS,
    }
    if topic == "api":
        document = json.loads(resolve(reverse(_API_DOCUMENT)).func(request).content)
        context |= {"calls": list(_calls(document)), "document_address": reverse(_API_DOCUMENT)}
    return render(request, f"firmtrack/guidance-{topic}.html", context)


def code_link(text: str, code: str) -> Markup:
    """Return ``text`` in which ``code`` leads to its place in the guidance.

    The code is added where the text does not hold it.
    """
    is_explained = code in catalogue.CODES or code in current_wordings()
    fragment = quote(code) if is_explained else UNKNOWN_CODES
    link = Markup(
        '<a class="govuk-link firmtrack-id" href="{}#{}">'
        '<span class="firmtrack-id__part">{}</span></a>'
    ).format(reverse("guidance-reasons"), fragment, code)
    before, found, after = _parted(text, code)
    if not found:
        return Markup("{} Code: {}").format(text, link)
    return Markup("{}{}{}").format(before, link, after)


def _parted(text: str, code: str) -> tuple[str, str, str]:
    """Return what is before the first whole ``code`` in ``text``, the code, and what is after."""
    found = re.search(rf"(?<!\w){re.escape(code)}(?!\w)", text)
    if found is None:
        return text, "", ""
    return text[: found.start()], code, text[found.end() :]


def _calls(document: dict[str, Any]) -> Iterator[Call]:
    """Yield what the API's published description says of each call, in its order."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Call(
                method.upper(),
                path,
                operation["summary"],
                _with_code(operation["description"]),
                tuple(
                    (each["name"], each["in"], _with_code(each["description"]))
                    for each in operation["parameters"]
                ),
                ", ".join(operation["responses"]),
            )


def _with_code(text: str) -> Markup:
    """Return a description with what stands between backquotes as code."""
    # The odd pieces are those between backquotes.
    pieces = text.split("`")
    code = Markup('<code class="firmtrack-id">{}</code>')
    return Markup().join(code.format(p) if i % 2 else p for i, p in enumerate(pieces))

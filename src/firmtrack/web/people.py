"""The pages of a party's people, for its administrators: inviting, roles, sessions, leaving."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from firmtrack.accounts import people as accounts
from firmtrack.accounts.acting import NoLongerAllowed
from firmtrack.accounts.models import User
from firmtrack.accounts.people import EmailTaken, LastAdministrator, MalformedEmail, PersonState
from firmtrack.accounts.permissions import Permission
from firmtrack.accounts.sessions import sessions_of
from firmtrack.presentation.accounts import ROLE_NAMES, STATE_NAMES
from firmtrack.web.invitations import invite
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.people_forms import InviteForm, RoleForm
from firmtrack.web.permissions import needs, not_allowed, person_of

_LARGEST_ID = 2**63 - 1
_ABOUT_LINK = "The link by which they choose a password, good once and for 7 days. Send it to them:"
_LAST = (
    "This is the last administrator of your organisation. Make somebody else administrator first"
)
_TAKEN = "This address cannot be invited. If the person is new to Firmtrack, ask its operator"
_INVITED_ALREADY = "This person is of your organisation already"


@require_safe
@needs(Permission.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Return the list of the party's people, disabled ones too."""
    rows = [
        (each, accounts.state_of(each)) for each in accounts.people_of(person_of(request).party)
    ]
    context = {
        "people": rows,
        "role_names": ROLE_NAMES,
        "state_names": STATE_NAMES,
        "news": take_news(request),
    }
    return render(request, "firmtrack/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def invite_person(request: HttpRequest) -> HttpResponse:
    """Return the form of an invitation; once somebody is invited, lead to their page."""
    by = person_of(request)
    form = InviteForm(by.party, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invited = _invited(by, form)
        except NoLongerAllowed:
            return not_allowed(request)
        if invited is not None:
            _tell_of_invitation(request, invited)
            return redirect("person", invited.pk)
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "firmtrack/people-invite.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Return a person's page. A POST does what its ``action`` names, and leads back to the page."""
    found = _found(request, person_id)
    form = RoleForm(found.party, initial={"role": found.role})
    if request.method == "POST":
        act = _ACTIONS.get(request.POST.get("action", ""))
        if act is None:
            raise BadRequest
        try:
            refused = act(request, found)
        except NoLongerAllowed:
            return not_allowed(request)
        if refused is None:
            return _back(request, found)
        form = refused
    state = accounts.state_of(found)
    context = {
        "found": found,
        "form": form,
        "state": state,
        "state_name": STATE_NAMES[state],
        "role_names": ROLE_NAMES,
        "is_self": found.pk == person_of(request).pk,
        "session_count": len(sessions_of(found)),
        "news": take_news(request),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "firmtrack/person.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def disable_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Return the page that asks whether to disable a person; once done, lead to their page."""
    found = _found(request, person_id)
    error = ""
    if request.method == "POST":
        try:
            is_new = accounts.disable(found, by=person_of(request))
        except NoLongerAllowed:
            return not_allowed(request)
        except LastAdministrator:
            error = _LAST
        else:
            leave_news(request, f"{found.email} {'is' if is_new else 'was already'} disabled.")
            return _back(request, found)
    context = {
        "found": found,
        "error": error,
        "is_self": found.pk == person_of(request).pk,
        "token_count": found.tokens.filter(revoked_at__isnull=True).count(),
    }
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    return render(request, "firmtrack/person-disable.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def enable_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Return the page that asks whether to enable a person; once done, lead to their page."""
    found = _found(request, person_id)
    if request.method != "POST":
        return render(request, "firmtrack/person-enable.html", {"found": found})
    try:
        is_new = accounts.enable(found, by=person_of(request))
    except NoLongerAllowed:
        return not_allowed(request)
    leave_news(request, f"{found.email} {'can sign in again' if is_new else 'could sign in'}.")
    return _back(request, found)


def _found(request: HttpRequest, person_id: int) -> User:
    """Return a person of the visitor's own party. Raises Http404, as well if of another's."""
    own = accounts.people_of(person_of(request).party).select_related("party")
    found = None if person_id > _LARGEST_ID else own.filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, found: User) -> HttpResponse:
    """Lead to the person's page; whoever has no session left, to the sign-in page."""
    if found.pk == person_of(request).pk and not _has_session(request):
        logout(request)
        return redirect("sign-in")
    return redirect("person", found.pk)


def _has_session(request: HttpRequest) -> bool:
    key = request.session.session_key
    return key is not None and request.session.exists(key)


def _invited(by: User, form: InviteForm) -> User | None:
    """Return who was invited; None if they were not, which the form then says."""
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        return accounts.invite_person(email, by.party, role, by=by)
    except MalformedEmail:
        form.add_error("email", form.fields["email"].error_messages["invalid"])
    except EmailTaken as refusal:
        is_own = accounts.people_of(by.party).filter(email=refusal.email).exists()
        form.add_error("email", _INVITED_ALREADY if is_own else _TAKEN)
    return None


def _tell_of_invitation(request: HttpRequest, invited: User) -> None:
    link = invite(request, invited)
    if settings.ENVIRONMENT.mail_server is None:
        sentence = f"{invited.email} is invited."
        leave_news(request, sentence, secret=link, about_secret=_ABOUT_LINK)
    else:
        leave_news(request, f"{invited.email} is invited by mail.")


def _change_role(request: HttpRequest, found: User) -> RoleForm | None:
    form = RoleForm(found.party, request.POST)
    if not form.is_valid():
        return form
    if request.POST.get("seen", "") != found.role:
        # Another administrator was quicker: what this page offered was decided without that.
        now = ROLE_NAMES[accounts.role_of(found)]
        leave_news(request, f"Nothing was changed: {found.email} is meanwhile {now}.")
        return None
    role = form.cleaned_data["role"]
    try:
        is_new = accounts.change_role(found, role, by=person_of(request))
    except LastAdministrator:
        form.add_error("role", _LAST)
        return form
    leave_news(request, f"{found.email} {'is now' if is_new else 'is'} {ROLE_NAMES[role]}.")
    return None


def _end_sessions(request: HttpRequest, found: User) -> RoleForm | None:
    count = accounts.end_sessions(found, by=person_of(request))
    ended = "There was no session to end." if count == 0 else f"{count:,} sessions were ended."
    leave_news(request, "One session was ended." if count == 1 else ended)
    return None


def _invite_again(request: HttpRequest, found: User) -> RoleForm | None:
    if accounts.state_of(found) is PersonState.INVITED:
        by, role = person_of(request), accounts.role_of(found)
        _tell_of_invitation(request, accounts.invite_person(found.email, by.party, role, by=by))
    return None


_ACTIONS: Mapping[str, Callable[[HttpRequest, User], RoleForm | None]] = {
    "role": _change_role,
    "end-sessions": _end_sessions,
    "invite-again": _invite_again,
}

"""The forms of people and tokens: whom to invite as what, and what a token is for."""

from typing import Any

from django import forms

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.accounts.models import Party
from firmtrack.accounts.permissions import ROLES, SCOPES
from firmtrack.accounts.tokens import LIFETIME, NAME_CHARACTERS
from firmtrack.presentation.accounts import ROLE_NAMES, SCOPE_NAMES

MOST_DAYS = 365
_NO_ROLE = "Select a role"
_NO_SCOPES = "Select what the token is for"
_NO_DAYS = f"Enter a whole number of days from 1 to {MOST_DAYS}"


class RoleForm(forms.Form):
    """What somebody is in their party: one of the roles that its people can have."""

    role = forms.TypedChoiceField(
        coerce=Role, error_messages={"required": _NO_ROLE, "invalid_choice": _NO_ROLE}
    )

    def __init__(self, party: Party, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(each, ROLE_NAMES[each]) for each in ROLES[PartyKind(party.kind)]]


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        error_messages={
            "required": "Enter an email address",
            "invalid": "Enter an email address in the correct form, like name@example.com",
        }
    )

    field_order = ("email", "role")


class TokenForm(forms.Form):
    """What a token is called, may do, and for how many days."""

    name = forms.CharField(
        max_length=NAME_CHARACTERS,
        error_messages={
            "required": "Enter what the token is for",
            "max_length": f"The name must have {NAME_CHARACTERS} characters or fewer",
        },
    )
    scopes = forms.TypedMultipleChoiceField(
        coerce=TokenScope,
        error_messages={"required": _NO_SCOPES, "invalid_choice": _NO_SCOPES},
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        initial=LIFETIME.days,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _NO_DAYS),
    )

    def __init__(self, party: Party, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(each, SCOPE_NAMES[each]) for each in SCOPES[PartyKind(party.kind)]]

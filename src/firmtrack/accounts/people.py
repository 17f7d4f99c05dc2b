"""The people who sign in."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from firmtrack.accounts.models import Party, User
from firmtrack.errors import FirmtrackError


class MalformedEmail(FirmtrackError):
    """The text is not an e-mail address."""

    def __init__(self, email: str) -> None:
        self.email = email[:254]
        super().__init__(f"{self.email!r} is not an e-mail address.")


class EmailTaken(FirmtrackError):
    """Someone signs in with this e-mail address already."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"Someone signs in as {email} already.")


class WeakPassword(FirmtrackError):
    """The password is too easy to guess; ``problems`` are sentences that say why."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


def add_user(email: str, party: Party, password: str) -> User:
    """Return a new person of ``party`` who signs in as ``email``, in whatever case.

    Raises MalformedEmail, EmailTaken, or WeakPassword by the settings' password validators.
    """
    address = email.strip().lower()
    try:
        User(email=address).clean_fields(exclude={"party", "password"})
    except ValidationError:
        raise MalformedEmail(email) from None
    try:
        validate_password(password, user=User(email=address))
    except ValidationError as error:
        raise WeakPassword(tuple(error.messages)) from None
    user, is_new = User.objects.get_or_create(
        email=address, defaults={"party": party, "password": make_password(password)}
    )
    if not is_new:
        raise EmailTaken(address)
    return user

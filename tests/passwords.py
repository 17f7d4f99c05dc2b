"""Passwords as Firmtrack keeps them, at a price that tests can pay."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class CheapScrypt(ScryptPasswordHasher):
    """Scrypt with the least work: any Firmtrack knows the password by what is kept of it."""

    work_factor = 2

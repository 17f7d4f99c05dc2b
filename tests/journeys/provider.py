"""An OpenID Connect provider on loopback, which can be told to lie."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import flask
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from oidc_provider_mock import User, app
from werkzeug.serving import make_server

Claims = dict[str, Any]
Tamper = Callable[[Claims], Claims]


def _as_it_is(claims: Claims) -> Claims:
    return claims


@dataclass
class LyingProvider:
    """A provider. ``tamper`` changes what its ID tokens claim; ``forges``: by another key.

    ``algorithm`` is what they are signed by; ``issuer_told`` is the issuer that its configuration
    names, if not its own.
    """

    issuer: str
    tamper: Tamper = _as_it_is
    forges: bool = False
    algorithm: str = "RS256"
    issuer_told: str | None = None
    users: Mapping[str, Claims] = field(default_factory=dict)

    def be_honest(self) -> None:
        """Lie no more."""
        self.tamper, self.forges, self.algorithm, self.issuer_told = _as_it_is, False, "RS256", None

    def change(self, response: flask.Response) -> flask.Response:
        """Return what the provider answers, as it was told to."""
        if flask.request.path == "/.well-known/openid-configuration" and self.issuer_told:
            told = response.get_json() | {"issuer": self.issuer_told}
            response.set_data(json.dumps(told))
        if flask.request.path == "/oauth2/token" and response.status_code == 200:
            answer = response.get_json()
            answer["id_token"] = self._signed(answer["id_token"])
            response.set_data(json.dumps(answer))
        return response

    def _signed(self, id_token: str) -> str:
        claims = jwt.decode(id_token, options={"verify_signature": False})
        header = jwt.get_unverified_header(id_token)
        key: Any = jwt.PyJWK(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)).key
        if self.forges:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if self.algorithm == "none":
            key = None
        if self.algorithm == "HS256":
            key = "the client secret, which is long enough"
        kept = {name: header[name] for name in ("kid",) if name in header}
        return jwt.encode(self.tamper(claims), key, algorithm=self.algorithm, headers=kept)


@contextmanager
def provider_at(port: int, users: Mapping[str, Claims]) -> Iterator[LyingProvider]:
    """Have a provider answer at the port of 127.0.0.1 within the block, with these users."""
    lying = LyingProvider(f"http://127.0.0.1:{port}", users=users)
    made = app(
        require_nonce=True,
        user_claims=[User(sub=sub, claims=claims) for sub, claims in users.items()],
    )
    made.after_request(lying.change)
    server = make_server("127.0.0.1", port, made, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield lying
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""What is looked at in the message stream: whether it keeps what it acknowledges."""

import asyncio
from collections.abc import Iterator

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from firmtrack.environment import Environment
from firmtrack.stream.connection import FAILURES, Access, StreamAway, connected
from firmtrack.stream.credentials import BadCredentials
from firmtrack.stream.durability import Weakness, find_weaknesses, leaderless
from firmtrack.stream.names import STREAM
from firmtrack.watching.doctor.findings import Finding, fail, ok, warn

_CONNECT_SECONDS = 5.0


def check_stream(environment: Environment) -> Iterator[Finding]:
    """Yield each thing that is wrong with the stream; or the one that all is well."""
    if not environment.nats_url:
        yield ok("There is no stream: NATS_URL is not set.")
        return
    try:
        yield from asyncio.run(_look(environment))
    except StreamAway as error:
        yield fail(
            str(error)[0].upper() + str(error)[1:],
            "See that its servers run, and that NATS_URL names them.",
        )
    except BadCredentials as error:
        yield fail(str(error), "Correct the file that NATS_CREDS names.")


async def _look(environment: Environment) -> list[Finding]:
    access = Access.of(environment)
    async with connected(access, "firmtrack doctor", _CONNECT_SECONDS) as client:
        try:
            found = await find_weaknesses(client, environment)
            if found:
                return [_finding(each, environment) for each in found]
            return [ok(await _praise(client))]
        except NotFoundError:
            return [
                warn(
                    f"There is no stream {STREAM} yet.",
                    "firmtrack worker makes it, and firmtrack serve that hands over to it.",
                )
            ]
        except nats.errors.TimeoutError:
            return [_finding(leaderless(STREAM), environment)]
        except FAILURES as error:
            raise StreamAway(access.servers, error) from None


def _finding(weakness: Weakness, environment: Environment) -> Finding:
    if weakness.kind == "loses" and environment.stream_unsafe:
        return warn(f"{weakness.sentence} FIRMTRACK_STREAM_UNSAFE allows it.", weakness.advice)
    if weakness.kind == "ails":
        return warn(weakness.sentence, weakness.advice)
    return fail(weakness.sentence, weakness.advice)


async def _praise(client: Client) -> str:
    """Return how the stream keeps what it acknowledges, and how much is in it."""
    info = await client.jsm().stream_info(STREAM)
    replicas = info.config.num_replicas or 1
    how = f"on {replicas} servers" if replicas > 1 else "on one server, flushed one by one"
    return f"The stream {STREAM} keeps messages {how}; {info.state.messages:,} are in it."

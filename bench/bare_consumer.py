"""``python -m bench.bare_consumer URL``: fetches and acknowledges, and does nothing else."""

import asyncio
import sys

import nats
import nats.errors

from firmtrack.stream.names import CONSUMER, STREAM

_BATCH = 1_000
# For so long nats-py waits to fill the last batch, whose messages are not acknowledged meanwhile.
_FETCH_SECONDS = 0.1


async def _consume(url: str) -> None:
    async with await nats.connect(url) as client:
        consumer = await client.jetstream().pull_subscribe_bind(CONSUMER, STREAM)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            try:
                messages = await consumer.fetch(_BATCH, timeout=_FETCH_SECONDS)
            except nats.errors.TimeoutError:
                continue
            for each in messages:
                await each.ack()


if __name__ == "__main__":
    asyncio.run(_consume(sys.argv[1]))

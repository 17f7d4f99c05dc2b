"""The way in by a message stream, NATS JetStream: handing messages over, and the worker."""

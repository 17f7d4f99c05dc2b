"""The look-ups: each takes who asks, an ID and a moment, and answers what is seen of it.

What leaves Firmtrack, be it a page, the API, a file or the command line, is rendered from one of
these. Each that is of anybody audits itself before its answer leaves; nobody else can write an
audit.
"""

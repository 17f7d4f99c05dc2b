"""The web server: requests and answers are buffered outside the threads that work.

One thread a process waits for all of its connections, reads requests and writes answers, as far as
sockets let it. Few threads work: each has a request that is whole and hands an answer over that is
whole, or makes a long one into a file. So a client that is slow holds a connection, and nothing
that others need. Each phase of a connection has its limit (``limits``).
"""

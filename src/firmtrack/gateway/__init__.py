"""The web server: uvicorn, with limits, and requests and answers buffered outside what works.

Uvicorn speaks HTTP, in one thread a process that waits for all connections. Few threads work: each
has a request that is whole and hands over an answer that is whole. So a client that is slow holds a
connection, and nothing that others need. Each phase of a connection has its limit (``limits``).
"""

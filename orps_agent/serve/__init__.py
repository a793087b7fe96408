"""Serve searches over HTTP, with a durable queue and a page that shows them live.

Modules that need the web libraries (the extra `serve`) are imported only where the service is started.
"""

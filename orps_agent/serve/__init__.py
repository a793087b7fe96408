"""The service: searches over HTTP, a durable queue of them, and the page that shows them live.

What needs the web's libraries (the extra `serve`) is imported by whoever starts the service.
"""

"""Serve orps over the Model Context Protocol (the extra `mcp`)."""

"""orps as a server of the Model Context Protocol (the extra `mcp`)."""

"""Provide what both sides of the sandbox need: frames, values, the protocol, confinement."""

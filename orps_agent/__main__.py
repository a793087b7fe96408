"""`python -m orps_agent` is `orps`."""

from .cli import main

main()

"""What a search does to the outside world: running candidates, measuring them, analysing their source."""

if __name__ == "tools":
    from orps_agent.util.checkout import alias

    alias(__name__)

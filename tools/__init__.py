"""Hold a search's effects on the outside world: run candidates, measure them, analyse their source."""

if __name__ == "tools":
    from orps_agent.util.checkout import alias

    alias(__name__)

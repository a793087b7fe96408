"""Define the LangGraph state machines: of a search, and of a candidate through its stages."""

if __name__ == "graphs":
    from orps_agent.util.checkout import alias

    alias(__name__)

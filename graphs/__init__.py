"""The LangGraph machines: the search, and a candidate's way through its stages. Wiring and short nodes."""

if __name__ == "graphs":
    from orps_agent.util.checkout import alias

    alias(__name__)

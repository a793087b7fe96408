"""Prompt templates (Jinja2), one folder a set, and the strategy hints. No code lives here."""

if __name__ == "prompts":
    from orps_agent.util.checkout import alias

    alias(__name__)

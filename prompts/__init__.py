"""Prompt templates (Jinja2), one folder a set, and the strategy hints. No code lives here."""

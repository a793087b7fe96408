"""Reading of what models write: code, thoughts, scores and tests."""

"""Parse model replies into code, thoughts, scores and tests."""

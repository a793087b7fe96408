"""Analyse sources without running them: size, complexity, and signs of tampering with the tests."""

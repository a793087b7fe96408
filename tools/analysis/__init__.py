"""Static analysis of sources: size, complexity, and signs of tampering with the tests."""

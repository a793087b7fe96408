"""Run the tests and decide the verdicts: the tester's side of the sandbox."""

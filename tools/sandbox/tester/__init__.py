"""The tester's side: runs the tests and decides."""

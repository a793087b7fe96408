"""Run the solution: the candidate's side of the sandbox."""

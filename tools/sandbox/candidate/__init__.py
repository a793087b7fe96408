"""The candidate's side: runs the solution."""

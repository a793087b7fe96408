"""Values of the problem domain and pure functions over them: problem, candidate, execution, rewards, result, events."""

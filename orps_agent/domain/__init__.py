"""Define the values of the problem domain and pure functions over them: problem, candidate, rewards, result, events."""

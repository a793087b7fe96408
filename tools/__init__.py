"""What a search does to the outside world: running candidates, measuring them, analysing their source."""

"""Run one search, forecast and account for it, fork, replay, summarise and export it."""

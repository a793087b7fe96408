"""One search: run it, forecast and account for it, fork, replay, summarise and export it."""

"""One process holds the data folder; others reach it through its socket, and its jobs outlive it."""

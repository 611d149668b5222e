"""What `benchmarks/calibrate.py` does: gathering what questions find, ordering it, and saying how sure it is."""

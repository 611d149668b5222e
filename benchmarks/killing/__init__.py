"""What `benchmarks/kills.py` is made of: stories, processes to kill, disks that fail, and a look at what is left."""

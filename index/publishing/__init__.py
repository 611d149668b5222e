"""A story's way into the catalog and both indexes, in step: live in all three or in none."""

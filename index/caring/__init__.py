"""Self-care: the stores are compared with each other, and put right."""

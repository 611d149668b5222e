"""Training the reader: examples from files, passages that look right and are not, the training itself."""

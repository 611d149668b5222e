"""Evaluation of retrieval, answers and refusals on questions with known answers. Its modules need `storydesk[eval]`."""

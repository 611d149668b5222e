"""What becomes of a failure: its cause, a numbered sentence for the person, and a log without their words."""

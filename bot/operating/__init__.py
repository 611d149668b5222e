"""What whoever runs the bot sees of it: its log, its metrics, its health."""

"""What people press: buttons, pages, questions whether something is meant."""

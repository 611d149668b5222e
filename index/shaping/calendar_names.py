"""The English names of months and days of the week, as words and as patterns."""

MONTHS = tuple("january february march april may june july august september october november december".split())
"""In small letters, in order: January is 0."""
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
"""In small letters, as `date.weekday` counts them: Monday is 0."""

MONTH_BEGINNING = "(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
"""A pattern for the first letters of a month as they are written, without their full stop."""
MONTH = rf"(?:{'|'.join(MONTHS)}|{MONTH_BEGINNING.lower()}\b\.?)"
"""A pattern for small letters, or without regard to case: a month's name, or its first letters."""
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
"""A pattern for small letters, or without regard to case: a day's whole name."""
MONTH_NAME = rf"(?:{'|'.join(map(str.capitalize, MONTHS))}|{MONTH_BEGINNING}\.)"
"""A pattern for a month as it is written, "August" or "Aug."; "may" is none."""
WEEKDAY_NAME = rf"(?:{'|'.join(map(str.capitalize, WEEKDAYS))})"
"""A pattern for a day's whole name as it is written."""

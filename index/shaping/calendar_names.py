"""The English names of months and days of the week, as words and as patterns."""

MONTHS = tuple("january february march april may june july august september october november december".split())
"""In small letters, in order: January is 0."""
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
"""In small letters, as `date.weekday` counts them: Monday is 0."""

MONTH = rf"(?:{'|'.join(MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
"""A pattern for small letters, or without regard to case: a month's name, or its first letters."""
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
"""A pattern for small letters, or without regard to case: a day's whole name."""
MONTH_NAME = rf"(?:{'|'.join(map(str.capitalize, MONTHS))})"
"""A pattern for a month's whole name as it is written; "may" is none."""
WEEKDAY_NAME = rf"(?:{'|'.join(map(str.capitalize, WEEKDAYS))})"
"""A pattern for a day's whole name as it is written."""

"""Storydesk for people: the `storydesk` command and the Discord bot. Importing it loads neither discord nor torch."""

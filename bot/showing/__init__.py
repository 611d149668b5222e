"""Everything that is drawn: data becomes embeds that Discord accepts, whatever stories and people wrote."""

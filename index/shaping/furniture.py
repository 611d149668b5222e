"""Lines that a page prints around a story: invitations to subscribe, share, read on, and advertisements."""

import re

_MAX_CHARACTERS = 250

# Each pattern must match the whole block, so that a sentence about newsletters or sharing stays.
_PATTERNS = (
    r"(?:story|article) continues (?:below|after)(?: this| the)?(?: advertisement| ad| video| promotion)?",
    r"(?:skip )?advert(?:isement|ising)?s?(?: feature)?(?: - (?:story|article) continues below)?",
    r"(?:sponsored(?: content| links?)?|promoted(?: content| links?| stories)?|paid post)",
    r"(?:share|save|print|tweet|email|e-mail|comments?|copy link|listen|loading|menu|search|close)",
    r"(?:share|save|print|email|e-mail|tweet) (?:this|the) (?:article|story|page|post)(?: (?:on|via|with|by|to)\b.*)?",
    r"share (?:on|via) (?:facebook|twitter|x|whatsapp|linkedin|reddit|telegram|e-?mail)\b.*",
    r"(?:read more|read also|also read|see also|more on this(?: story)?|recommended(?: reading)?|most read|trending)",
    r"(?:more|read more|read also|also read|see also|related|recommended|more on this(?: story)?): ?\S.*",
    r"(?:read more|learn more|find out more) (?:here|about .* here|on our (?:web)?site|at \S+\.\w+\S*)",
    r"(?:related|more|latest|top) (?:articles?|stor(?:y|ies)|topics?|coverage|content|news|posts)",
    r"(?:leave|post|write|add) a (?:comment|reply)|(?:view|show|read|see)(?: all)?(?: \d+)? comments",
    r"subscribe(?: (?:now|today|here))?",
    r"subscribe (?:now |today |here )?(?:to|for) (?:our|the|your|my|this)\b.*",
    r"subscribe .*\b(?:newsletter|inbox|e-?mail alerts?|you ?tube channel|podcast)\b.*",
    r"(?:sign|signing) up\b.*\b(?:newsletters?|inbox|e-?mails?|alerts?|briefing|updates)\b.*",
    r"(?:sign up|sign in|log in|register)(?: (?:now|today|here|for free))?",
    r"(?:get|receive|want) .*\b(?:your inbox|our newsletters?|by e-?mail)\b.*",
    r".*\b(?:sign up|subscribe) here\b.*",
    r".*\b(?:sign up|subscribe) (?:for|to) (?:our|the|this) (?:.{1,40} )?newsletters?\b.*",
    r"(?:our )?(?:free )?(?:daily |weekly |morning |evening )?newsletters?",
    r"follow (?:us|me|the author|@\w+|.{1,40}) on (?:facebook|twitter|x|instagram|threads|linkedin|telegram|tiktok|"
    r"bluesky|mastodon|google news|whatsapp)\b.*",
    r"download (?:our|the) (?:free )?app\b.*",
    r"(?:click|tap) here (?:to|for)\b.*",
    r"(?:we use|this (?:web)?site uses) cookies\b.*",
    r"by (?:signing up|subscribing|submitting|registering),? you (?:agree|consent|accept)\b.*",
    r"(?:(?:copyright|©|\(c\)) ?)+.*|.*\ball rights reserved",
    r"support (?:our|independent|quality) journalism\b.*",
    r"(?:back|return) to (?:top|home(?:page)?)",
    r"\d+ ?(?:min|minutes?)(?: of)? read(?:ing)?(?: time)?",
    r"(?:load|show|see|view) more",
)
_FURNITURE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_EDGES = " \t*_>|[]()»«›‹→…·•-–—:.!#"


def is_furniture(block: str) -> bool:
    """Whether `block`, a paragraph of a story, is a line that the page put there and not the reporter.

    Only blocks of at most 250 characters can be; English patterns. When in doubt the block is a part of the story.
    """
    if len(block) > _MAX_CHARACTERS:
        return False
    line = " ".join(block.split()).strip(_EDGES)
    return bool(line) and _FURNITURE.fullmatch(line) is not None

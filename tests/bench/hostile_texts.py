"""What people and web pages write to deceive: markup, mentions, links, text that cannot be seen, walls of text."""

HOSTILE = [
    "@everyone free coins",
    "@here",
    "@\u200beveryone",
    "<@123456789012345678> <@!123456789012345678> <@&123456789012345678> <#123456789012345678>",
    "</ask:123456789012345678> <id:customize>",
    "<t:1700000000:R>",
    "<:smile:123456789012345678> <a:party:123456789012345678> all :smile: now",
    "[click here](https://evil.example)",
    "[https://bank.example](https://evil.example)",
    "[a](<https://evil.example> 'title')",
    "x](https://evil.example)",
    "](https://evil.example) [",
    "<https://evil.example>",
    "see https://evil.example/a_b_c and discord.gg/evil now",
    "# Breaking\n## Breaking\n### Breaking",
    "-# small print",
    "> quoted\n>>> all of this",
    "- item\n+ item\n* item\n1. first\n2025. A year",
    "**bold** __under__ *it* _it_ ~~gone~~ ***all***",
    "**never closed __ and ~~ and *",
    "||spoiler|| ||",
    "`code` ``more`` `",
    "```py\nprint()\n```",
    "```",
    "\\",
    "ends with a backslash \\",
    "\\\\[x\\](https://evil.example)",
    "one\r\n\r\n\r\ntwo\u2028three\u2029four\x0b\x0cfive",
    "photo\u202egpj.exe \u2066\u2067\u2068\u2069\u200f",
    "z\u200be\u200cr\u200do\ufeff w\u00adidth \u2060",
    "e" + "\u0301" * 300,
    "x" * 4_000,
    "😀" * 2_100,
    "*" * 4_000,
    "_a_ " * 1_500,
    "Sentence of a story. " * 400,
    "\x00\x07\x1b[31mred\x1b[0m",
    "\ud800 a half of a pair",
]
"""Each has something to be seen once it is cleaned."""

INVISIBLE = ["", " \n ", "\u200b\u200d\u2060", "\u3164", "\u2800\u2800", "\u202e\u202d"]
"""Each has nothing to be seen."""

ADDRESSES = [
    "javascript:alert(1)",
    "https://bank.example@evil.example/",
    "https://evil.example/) [x](https://worse.example",
    "https://evil.example/\n# Breaking",
    "https://evil.example/" + "a" * 4_000,
    "data:text/html,x",
    "\\\\evil.example\\share",
    "https://evil.example/**||`<@1>",
]
"""Web addresses of stories, as a page may give them."""

"""`storydesk preview`: the Discord bot in a browser, without Discord."""

from typing import Annotated

import typer

from bot.cli import context, printing
from bot.cli.options import AsJson


def register(app: typer.Typer) -> None:
    app.command()(preview)


def preview(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of 127.0.0.1; 0 takes a free one.")] = 0,
    direct: Annotated[bool, typer.Option("--direct", help="Show a direct message, not a server's channel.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try the Discord bot in a browser, without Discord and without a token.

    \b
    Example:
        storydesk preview

    A page on this machine shows a made-up server with the bundled sample stories in it: ask with /ask,
    press the buttons, look at what else there is by typing /. It runs the same bot; only Discord is
    simulated. Your own stories are not touched. Ctrl-C ends it. Needs the extra "preview".
    """

    def tell(url: str) -> None:
        if as_json:
            printing.print_json({"status": "ready", "url": url})
            return
        printing.say(f"Open in a browser on this machine: {url}")
        printing.say("Ctrl-C ends it.")

    context.show_preview(context.settings(), port=port, direct=direct, on_ready=tell)

"""`storydesk run` and `storydesk start`: the Discord bot."""

import typer

from bot.cli import chatting, context, printing
from bot.cli.options import AsJson
from bot.settings import Settings
from index.errors import SettingsError


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(start)


def run(as_json: AsJson = False) -> None:
    """Run the Discord bot until it is stopped.

    \b
    Example:
        DISCORD_TOKEN=... storydesk run

    Meant for a service: without a token it fails at once. Prints the link that invites the bot
    to a server; --json prints an object with "status" and "invite" once it is connected. While
    it runs, other commands work through it, and it does the jobs that wait (`storydesk jobs`).
    """
    settings = context.settings()
    if settings.bot.discord_token is None:
        raise SettingsError(
            "DISCORD_TOKEN is not set; put the bot's token from https://discord.com/developers/applications "
            "in the environment or in .env."
        )
    _serve(settings, as_json=as_json)


def start(as_json: AsJson = False) -> None:
    """Run the Discord bot, or chat here while there is no token for it.

    \b
    Example:
        storydesk start

    With DISCORD_TOKEN set this is `storydesk run`, without it `storydesk chat`.
    """
    settings = context.settings()
    if settings.bot.discord_token is not None:
        _serve(settings, as_json=as_json)
        return
    printing.note(
        "DISCORD_TOKEN is not set: make a bot at https://discord.com/developers/applications, copy its token,"
    )
    printing.note("write DISCORD_TOKEN=<the token> into a file named .env here, and start again. Until then, ask here.")
    chatting.talk(settings.index, as_json=as_json)


def _serve(settings: Settings, *, as_json: bool) -> None:
    def tell(invite: str) -> None:
        if as_json:
            printing.print_json({"status": "connected", "invite": invite})
        else:
            printing.say(f"Connected. Invite the bot to a server: {invite}")

    with context.hold_engine(settings.index) as engine:
        context.run_bot(settings, engine, on_connected=tell)

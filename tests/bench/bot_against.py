"""Runs `storydesk`, unchanged but for where Discord is: `bot_against.py BASE GATEWAY ARGUMENT...`."""

import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket

from bot.cli import main

_, base, gateway, *arguments = sys.argv
discord.http.Route.BASE = base
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
sys.argv = ["storydesk", *arguments]
sys.exit(main())

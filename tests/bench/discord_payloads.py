"""Discord's objects as it sends them, with what discord.py needs of them and nothing else."""

from typing import Any

BOT = {"id": "42", "username": "storydesk", "discriminator": "0", "avatar": None, "global_name": None, "bot": True}
APPLICATION = {
    "id": "43", "name": "Storydesk", "icon": None, "description": "", "summary": "", "bot_public": True,
    "bot_require_code_grant": False, "verify_key": "", "flags": 0, "owner": BOT, "team": None,
}  # fmt: skip
_JOINED = "2025-01-01T00:00:00+00:00"
_EVERYTHING_IN_A_SERVER = "2251799813685247"


def person(number: int = 50, name: str = "mira") -> dict[str, Any]:
    """A person; numbers are ids."""
    return {"id": str(number), "username": name, "discriminator": "0", "avatar": None, "global_name": None}


def direct_channel(channel_id: int, with_whom: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(channel_id), "type": 1, "recipients": [with_whom], "last_message_id": None}


def text_channel(channel_id: int, server_id: int) -> dict[str, Any]:
    return {
        "id": str(channel_id), "type": 0, "guild_id": str(server_id), "name": "general", "position": 0,
        "permission_overwrites": [], "nsfw": False, "topic": None, "parent_id": None, "last_message_id": None,
    }  # fmt: skip


def member(who: dict[str, Any], *, permissions: str | None = None) -> dict[str, Any]:
    """`who` in a server, with no role."""
    made: dict[str, Any] = {
        "user": who, "roles": [], "joined_at": _JOINED, "deaf": False, "mute": False, "flags": 0, "nick": None,
    }  # fmt: skip
    return made if permissions is None else made | {"permissions": permissions}


def server(server_id: int, *, channel_id: int, owner: dict[str, Any], name: str = "Newsroom") -> dict[str, Any]:
    """A server with one text channel that everybody may read and write, as it comes in GUILD_CREATE."""
    everyone = {
        "id": str(server_id), "name": "@everyone", "color": 0, "hoist": False, "position": 0, "managed": False,
        "permissions": _EVERYTHING_IN_A_SERVER, "mentionable": False, "flags": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
    }  # fmt: skip
    return {
        "id": str(server_id), "name": name, "owner_id": owner["id"], "roles": [everyone], "emojis": [], "features": [],
        "channels": [text_channel(channel_id, server_id)], "members": [member(BOT), member(owner)], "threads": [],
        "voice_states": [], "presences": [], "member_count": 2, "large": False, "unavailable": False, "stickers": [],
        "joined_at": _JOINED, "afk_timeout": 0, "afk_channel_id": None, "verification_level": 0, "mfa_level": 0,
        "default_message_notifications": 0, "explicit_content_filter": 0, "premium_tier": 0, "nsfw_level": 0,
        "preferred_locale": "en-US", "system_channel_id": None, "system_channel_flags": 0, "rules_channel_id": None,
        "public_updates_channel_id": None, "application_id": None, "icon": None, "splash": None, "banner": None,
        "discovery_splash": None, "description": None, "vanity_url_code": None, "premium_progress_bar_enabled": False,
        "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
    }  # fmt: skip


def message(message_id: int, channel_id: int, author: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A message with the content, embeds and components of `body`."""
    shown = {name: body.get(name) or [] for name in ("embeds", "components")}
    return {
        "id": str(message_id), "channel_id": str(channel_id), "author": author, "content": body.get("content") or "",
        "type": 0, "attachments": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False,
        "tts": False, "timestamp": "2025-05-23T10:00:00+00:00", "edited_timestamp": None,
        "flags": body.get("flags", 0),
    } | shown  # fmt: skip

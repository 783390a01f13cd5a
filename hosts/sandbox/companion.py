"""The sandbox as the child of `unionhub run`: lines of JSON out, words in.

Out: the ready line, then `{"entry": ...}` for each message a partner sent or received, `{"scene": ...}` and
`{"story": "ended", "error": ...}`. In: `story` plays it; the end of the input ends the process, so that no sandbox
outlives the hub that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.hosts.sandbox.process import serving
from unionhub.hosts.sandbox.story import StoryFailed, play
from unionhub.hosts.sandbox.world import World


def emit(line: dict[str, Any]) -> None:
    """One line to the parent; when it is gone there is nobody to tell."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        sys.stdout.flush()


async def accompany(home: Path, hub_url: str, *, hub_timeout_s: float, stop: asyncio.Event) -> None:
    """Serve the sandbox of `home` until `stop` is set or the parent closes our input."""
    words = await _stdin()
    transport = AiohttpTransport()
    async with aclosing(transport), serving(home, hub_url, hub_timeout_s=hub_timeout_s, transport=transport) as sandbox:
        sandbox.world.journal.listen(lambda entry: emit({"entry": entry}))
        emit(msgspec.json.decode(sandbox.ready_line()))
        listening = asyncio.create_task(_listen(words, sandbox.world))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({listening, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (listening, stopped):
            task.cancel()
        await asyncio.gather(listening, stopped, return_exceptions=True)


async def _listen(words: asyncio.StreamReader, world: World) -> None:
    """Until the parent is gone: it does not wait for a story to end that nobody hears any more."""
    stories: list[asyncio.Task[None]] = []
    try:
        while line := await words.readline():
            if line.strip() == b"story":
                stories.append(asyncio.create_task(_tell_story(world)))
    finally:
        for story in stories:
            story.cancel()
        await asyncio.gather(*stories, return_exceptions=True)


async def _tell_story(world: World) -> None:
    error = ""
    try:
        await play(world, lambda scene: emit({"scene": scene}))
    except StoryFailed as failed:
        error = str(failed)
    except Exception as crashed:  # whatever it is, the parent waits for the end of the story
        error = f"{type(crashed).__name__}: {crashed}"
    emit({"story": "ended", "error": error})


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader

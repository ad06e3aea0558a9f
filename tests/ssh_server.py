"""An SSH server on this machine, for who has its key: it runs commands as a shell does."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncssh


@dataclass(frozen=True)
class Login:
    """How to come in: `options` are those of `asyncssh.connect`, on host 127.0.0.1."""

    port: int
    key: Path
    known_hosts: Path

    @property
    def options(self) -> dict[str, object]:
        return {
            "port": self.port,
            "username": "someone",
            "client_keys": [str(self.key)],
            "known_hosts": str(self.known_hosts),
            "config": None,  # none of who runs the tests
        }


@contextmanager
def running_ssh(folder: Path, environment: Mapping[str, str]) -> Iterator[Login]:
    """A server while the block lasts; keys are made in `folder`, commands get this environment."""
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key, authorized, known = (folder / name for name in ("key", "authorized", "known_hosts"))
    user.write_private_key(key)
    key.chmod(0o600)
    user.write_public_key(authorized)

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await run_command(process, environment)

    async def serve() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=str(authorized),
            process_factory=run,
            encoding=None,
        )

    with running_loop() as loop:
        server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
        port = server.get_port()
        known.write_bytes(f"[127.0.0.1]:{port} ".encode() + host.export_public_key())
        try:
            yield Login(port, key, known)
        finally:
            asyncio.run_coroutine_threadsafe(ended(server), loop).result()


async def ended(server: asyncssh.SSHAcceptor) -> None:
    """Once no connection is left, nor what was run through one."""
    server.close()
    await server.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


async def run_command(
    process: asyncssh.SSHServerProcess[bytes], environment: Mapping[str, str]
) -> None:
    """Run what was asked for until it ends, a signal comes, or no one is connected any more."""
    child = await asyncio.create_subprocess_shell(
        process.command or "exit 1",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment},
        start_new_session=True,  # so that signals reach all of it
    )
    try:
        await process.redirect(stdout=child.stdout, stderr=child.stderr)
        end = {asyncio.create_task(child.wait()), asyncio.create_task(told_to_end(process))}
        _, going = await asyncio.wait(end, return_when=asyncio.FIRST_COMPLETED)
        for task in going:
            task.cancel()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        process.exit(await child.wait() & 0xFF)


async def told_to_end(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Returns at a signal, and when the client is gone."""
    with suppress(asyncssh.SignalReceived, asyncssh.BreakReceived, OSError):
        while await process.stdin.read(1024):
            pass


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of events in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="ssh")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

"""Make what follows from code and results: docs/cli.md, and the tables of results in the docs.

`python tools/make_docs.py` writes them; `--check` only says whether they are in step, by its exit
code, and is what `make check` runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pellucid.cli import main as cli
from pellucid.evaluate.registry import SECTIONS
from pellucid.evaluate.report import START, read_page, sync_page

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "v0.1"
HEAD = """# The command line

Made from `--help` by `make docs`; edit the commands, not this page.

## Shell completion

Tab completes commands, options, choices and file names. Put the line for your shell into the named
file:

```text
eval "$(_PELLUCID_COMPLETE=bash_source pellucid)"     ~/.bashrc
eval "$(_PELLUCID_COMPLETE=zsh_source pellucid)"      ~/.zshrc
_PELLUCID_COMPLETE=fish_source pellucid | source      ~/.config/fish/completions/pellucid.fish
```

## Pipes

`-` stands for standard input, and after `-o` for standard output, which is the default for an
input without a name: `pellucid compress - < photo.png | pellucid decompress - > back.png`. A pipe
is copied to a temporary file first, as a codec looks at a picture more than once.
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield name and help of a command and all below it, in the order that help lists them."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from commands(below, _context(below, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=88,
        max_content_width=88,
        **command.context_settings,
    )


def cli_page() -> str:
    """Return docs/cli.md."""
    parts = [
        f"## {name}\n\n```text\n{text.rstrip()}\n```\n"
        for name, text in commands(cli, _context(cli, "pellucid", None))
    ]
    return "\n".join([HEAD, *parts])


def sync_cli(path: Path, *, check: bool) -> bool:
    """Write the page unless it says the same already, or `check`; say whether it did."""
    text = cli_page()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return True
    if not check:
        path.write_text(text, encoding="utf-8")
    return False


def main() -> int:
    """Write the pages, or with --check compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    in_step = {
        "docs/cli.md": sync_cli(ROOT / "docs" / "cli.md", check=check),
        **{
            str(page.relative_to(ROOT)): sync_page(page, RESULTS, SECTIONS, check=check)
            for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
            if START.search(read_page(page))
        },
    }
    stale = [name for name, same in in_step.items() if not same]
    for name in stale:
        print(f"{name} is not in step; run make docs" if check else f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

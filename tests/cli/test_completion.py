"""Shell completion, as docs/cli.md describes it."""

from __future__ import annotations

import subprocess

import pytest

from program import ENVIRONMENT, PROGRAM


def completion(instruction: str, words: str = "", index: int = 0) -> str:
    """What the program prints for a shell; `words` is the line so far, `index` the word to end."""
    environment = {
        **ENVIRONMENT,
        "_PELLUCID_COMPLETE": instruction,
        "COMP_WORDS": words,
        "COMP_CWORD": str(index),
    }
    return subprocess.run(
        PROGRAM, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("words", "index", "wanted"),
    [
        ("pellucid decomp", 1, "plain,decompress"),
        ("pellucid denoise --str", 2, "plain,--strength"),
        ("pellucid compress --keep", 2, "plain,--keep-times"),
        ("pellucid compress pho", 2, "file,pho"),
        ("pellucid decompress pho", 2, "file,pho"),
        ("pellucid verify pho", 2, "file,pho"),
        ("pellucid denoise --mask pho", 3, "file,pho"),
    ],
)
def test_words_are_completed(words, index, wanted):
    assert wanted in completion("bash_complete", words, index).split()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_for_other_shells(shell):
    assert "_PELLUCID_COMPLETE" in completion(f"{shell}_source")

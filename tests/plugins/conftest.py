"""Pillow and imageio as they are without the plugins once a test is over."""

from __future__ import annotations

from copy import copy

import pytest
from PIL import Image

from pellucid.plugins import pillow


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both know .pel files while a test lasts."""
    Image.init()  # what is loaded later would be lost afterwards
    for name in ("ID", "OPEN", "SAVE", "EXTENSION", "MIME"):
        monkeypatch.setattr(Image, name, copy(getattr(Image, name)))
    pillow.register()
    config = pytest.importorskip("imageio.config")
    from pellucid.plugins import imageio

    for module, name in ((config, "known_plugins"), (config.extensions, "known_extensions")):
        there = getattr(module, name)
        for key in ("pellucid", ".pel", ".pels"):
            monkeypatch.delitem(there, key, raising=False)
    monkeypatch.setattr(imageio, "extension_list", list(imageio.extension_list))
    imageio.register()

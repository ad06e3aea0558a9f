"""The codecs that come with the package, whichever these are; a test of all must hold for each."""

from __future__ import annotations

from pellucid.runtime.store import CODEC, PACKAGED, model_kind

_FOLDERS = [card.parent for card in sorted(PACKAGED.glob("*/card.json"))]
CODECS = [folder.name for folder in _FOLDERS if model_kind(folder) == CODEC]

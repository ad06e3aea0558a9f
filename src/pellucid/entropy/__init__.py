"""Symbols to bytes and back: integers and tables only, no float decides a bit."""

from __future__ import annotations

from pellucid.entropy.coder import SymbolDecoder, SymbolEncoder
from pellucid.entropy.costs import SymbolCosts
from pellucid.entropy.tables import MAX_SYMBOL, TableSet

__all__ = ["MAX_SYMBOL", "SymbolCosts", "SymbolDecoder", "SymbolEncoder", "TableSet"]

"""Lists the test pictures that no model may be trained on: `src/pellucid/evaluate/test_sets.txt`.

    python tools/list_test_sets.py ROOT kodak24 cbsd68 'rgbd/*.color.png' > test_sets.txt

Arguments after ROOT are folders or patterns in it. A line is `<hash> <name>`: the SHA-256 of the
shape and the RGB samples (`pellucid.evaluate.pictures.sample_hash`), so that another file format or
another name doesn't hide a picture, and the path in ROOT. `python -m pellucid.train.pack` refuses
what is listed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pellucid.evaluate.pictures import sample_hash
from pellucid.train.pack import find_pictures, open_rgb

HEAD = """\
# Pictures that results are reported on and no model is trained on: SHA-256 of shape and RGB
# samples, name. Made by tools/list_test_sets.py."""


def listed(root: Path, patterns: list[str]) -> list[str]:
    """One line a picture, by name; a picture that occurs twice has one line."""
    places = [place for pattern in patterns for place in sorted(root.glob(pattern))]
    names: dict[str, str] = {}
    for path in find_pictures(places):
        name = path.relative_to(root).as_posix().replace(" ", "_")
        names.setdefault(sample_hash(open_rgb(path.read_bytes())), name)
    return [f"{key} {name}" for key, name in sorted(names.items(), key=lambda item: item[1])]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="List pictures by the hash of their samples.")
    parser.add_argument("root", type=Path, help="folder that holds the test sets")
    parser.add_argument("patterns", nargs="+", help="folders or patterns in it")
    options = parser.parse_args()
    print("\n".join([HEAD, *listed(options.root, options.patterns)]))


if __name__ == "__main__":
    main()

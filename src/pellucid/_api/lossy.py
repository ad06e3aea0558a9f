"""A picture with loss: the learned layer, or the exact one where that is better for its bytes.

The learned transform has fewer latents than a picture has samples, so its error has a floor; nearer
only the exact layer comes, with a bound. And drawings and screens, where most pixels are those
beside them, often take fewer bytes without any loss than with that of the transform.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from pellucid._api.cleaned import Cleaned
from pellucid._api.exact import encode_exact
from pellucid._api.files import kept_of, metadata_of
from pellucid._api.kept import encode_kept
from pellucid._api.layer import Encoded
from pellucid._api.learned import encode_learned
from pellucid._api.meter import Told
from pellucid._api.options import CompressOptions
from pellucid._api.trial import Cost, Trial, bytes_of, in_memory, psnr_within
from pellucid.bitstream import file_length
from pellucid.codec import Difference, Target, look_at, reach_target
from pellucid.codec.targets import TOP
from pellucid.errors import TargetError
from pellucid.pixels import ImageSource

NEAR = 95  # quality from which a bound on errors may take fewer bytes at no lower PSNR


def encode_lossy(
    source: ImageSource, clean: Cleaned, options: CompressOptions, told: Told
) -> Encoded:
    """The file for a quality or a target.

    Args:
        clean: the source, which `check_source` finds nothing wrong with, as it is to be coded.
        told: is told of parts of the file, 0 to 1, that refining has done.

    A model that is named is used: then the layer is the learned one, and so it is of a picture
    whose noise is left out. With `keep_noise` the source is behind it. Raises what `compress` does.
    """
    if options.keep_noise:
        return encode_kept(source, clean, options, told)
    if options.model is not None or clean.noise is not None:
        return encode_learned(clean, options, told)
    try:
        learned = encode_learned(clean, options, told)
    except TargetError:
        instead = exact_instead(source, options, None)
        if instead is None:
            raise
        return instead
    return exact_instead(source, options, learned) or learned


def exact_instead(
    source: ImageSource, options: CompressOptions, learned: Encoded | None
) -> Encoded | None:
    """The exact file that is better than the learned one, or meets a target that none of those do.

    Better is no lower PSNR for fewer bytes, or for those that a target allows. It is tried on a
    sample, for drawings, for a PSNR that takes a quality of `NEAR` or more, and for targets that
    the learned layer doesn't reach or fill.
    """
    seen = source.without_full_alpha()
    size, quality = bytes_at_most(seen, options), 0 if learned is None else learned.header.quality
    beyond = options.psnr is not None if learned is None else size is not None and quality == TOP
    trial = Trial(seen, options)
    near = beyond or quality >= NEAR
    if not (beyond or trial.drawn or (near and options.psnr is not None)):
        return None
    wanted = Cost(options.psnr or 0, math.inf)
    if learned is not None or size is not None:
        wanted = trial.learned(quality)
    if size is not None:
        wanted = Cost(wanted.psnr, trial.share * (size + 1))  # fewer bytes than that
    bound = trial.bound_for(wanted, near=near)
    if bound is None:
        return None
    encode = partial(encoded, trial, seen, options)
    if size is None and options.psnr is None:
        return encode(bound)
    made = meeting(seen, options, bound, encode)
    if made is None or learned is None or size is not None:
        return made
    return min(learned, made, key=bytes_of)


def encoded(trial: Trial, source: ImageSource, options: CompressOptions, bound: int) -> Encoded:
    """The exact file, perhaps as it was tried."""
    return trial.whole(bound) or encode_exact(source, options, bound, None)


def meeting(
    source: ImageSource,
    options: CompressOptions,
    bound: int,
    encode: Callable[[int], Encoded],
) -> Encoded | None:
    """The exact file of this bound, or of a smaller one, that meets the target; None if none does.

    It is the best within a size, or the smallest that reaches a PSNR.
    """
    size = bytes_at_most(source, options)
    kept = kept_of(metadata_of(source.info), options.metadata)
    picture = look_at(source, alpha=source.info.has_alpha)
    target = Target(size or options.psnr or 0, "", at_least=size is None)

    def probe(step: int) -> tuple[float, Encoded]:
        made = in_memory(encode(bound - step))
        if size is None:
            return psnr_within(made, Difference(picture)), made
        return file_length(kept, map(len, made.tiles), made.extras), made

    try:
        return reach_target(target, probe, top=bound)[1]
    except TargetError:  # the sample promised more
        return None


def bytes_at_most(source: ImageSource, options: CompressOptions) -> int | None:
    """The bytes of a target for size or rate; None without one."""
    if options.bpp is None:
        return options.size
    return math.floor(options.bpp * math.prod(source.shape[:2]) / 8)

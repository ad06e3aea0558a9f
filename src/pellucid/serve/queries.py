"""Options of the endpoints: those of the Python functions, but for what names a file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MODEL = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

Model = Annotated[str, Field(pattern=MODEL, description="Name of an installed model (/v1/models).")]
Page = Annotated[int, Field(ge=0, description="Of a TIFF, or frame of a DICOM file, from 0.")]
Part = Annotated[float, Field(ge=0, le=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


NUMBER = r"\d{1,9}"
Region = Annotated[str, Field(pattern=f"^{','.join([NUMBER] * 4)}$", examples=["0,0,64,48"])]
Pixel = Annotated[str, Field(pattern=f"^{NUMBER},{NUMBER}$", examples=["12,8"])]


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Whole numbers with commas between."""
    return None if text is None else tuple(map(int, text.split(",")))


class Options(BaseModel):
    """A query that refuses what it doesn't know."""

    model_config = ConfigDict(extra="forbid")


class CompressQuery(Options):
    """Options of `pellucid.compress`."""

    quality: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None, description="0 smallest, 100 best; 60 without any target."
    )
    bpp: Annotated[Finite, Field(gt=0)] | None = Field(
        None, description="Best file of at most this many bits per pixel."
    )
    size: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Best file of at most this many bytes."
    )
    psnr: Annotated[Finite, Field(gt=0)] | None = Field(
        None, description="Smallest file of at least this many dB."
    )
    lossless: bool = Field(False, description="Every sample comes back as it is.")
    max_error: Annotated[Finite, Field(ge=0)] | None = Field(
        None, description="Every sample comes back at most this far off, in its own unit."
    )
    nodata: Finite | None = Field(
        None, description="With max_error: samples of this value stay, and no other becomes it."
    )
    tune: Literal["eye", "psnr"] | None = Field(None, description="What the file is best at.")
    model: Model | None = None
    effort: Annotated[int, Field(ge=0, le=9)] = Field(
        0, description="Takes time to make the file better for its size."
    )
    denoise: Literal["off", "auto"] | Part = Field(
        "off", description="How much of the noise is left out: off, auto, or 0 to 1."
    )
    keep_noise: bool = Field(False, description="Keep the source beside the denoised picture.")
    metadata: bool = Field(True, description="Keep EXIF, ICC profile, XMP.")
    page: Page | None = None
    tile: Annotated[int, Field(json_schema_extra={"enum": [64, 128, 256, 512, 1024]})] | None = (
        Field(None, description="Samples a side of what is coded, and damaged, on its own.")
    )


class DecodeQuery(Options):
    """Options of `pellucid.decompress`."""

    region: Region | None = Field(None, description="x,y,width,height in samples as stored.")
    scale: Annotated[int, Field(json_schema_extra={"enum": [1, 2, 4, 8]})] = Field(
        1, description="2, 4 or 8 for a picture of a half, a quarter, an eighth of the sides."
    )
    which: Literal["picture", "guide", "source"] = Field(
        "picture", description="Of a file that holds a guide or its source, too."
    )
    grain: Part = Field(0, description="How much of the noise that was taken off to put back.")


class DecompressQuery(DecodeQuery):
    """The same, and how the picture is written."""

    format: Literal["png", "jpeg", "webp", "tiff", "npy"] = Field(
        "png", description="Lossless all but jpeg; tiff and npy hold all samples."
    )
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="Of a JPEG; 95 if it isn't given."
    )
    metadata: bool = Field(True, description="Write EXIF, ICC profile and XMP.")
    keep_going: bool = Field(False, description="Give what is whole of a damaged file.")


class CleanQuery(Options):
    """Options of `pellucid.denoise`."""

    sigma: Literal["auto"] | Annotated[Finite, Field(ge=0)] = Field(
        "auto", description="Standard deviation of the noise in the samples' unit."
    )
    strength: Part = Field(1, description="How much of the noise to take off.")
    nodata: Finite | None = Field(
        None, description="Pixels of this value stay, and no other becomes it."
    )
    model: Model = "m"
    page: Page | None = None


class DenoiseQuery(CleanQuery):
    """The same, and how the picture is written."""

    format: Literal["png", "jpeg", "webp", "tiff", "npy"] = Field(
        "png", description="Lossless all but jpeg; tiff and npy hold all samples."
    )


class ExplainQuery(Options):
    """Options of `pellucid.explain`."""

    task: Literal["compress", "denoise"] | None = Field(
        None, description="What is done to a picture; a .pel file needs none."
    )
    quality: Annotated[int, Field(ge=0, le=100)] = Field(60, description="To compress with.")
    denoise: Literal["off", "auto"] | Part = Field("off", description="To compress with.")
    sigma: Literal["auto"] | Annotated[Finite, Field(ge=0)] = Field(
        "auto", description="To denoise with."
    )
    strength: Part = Field(1, description="To denoise with.")
    model: Model = "m"
    pixel: Pixel | None = Field(None, description="x,y whose filter is wanted (denoise).")
    page: Page | None = None
    format: Literal["html", "json", "npz"] = Field(
        "html", description="A page for people, its figures, or its arrays."
    )


class InfoQuery(Options):
    """Options of `pellucid.info`."""

    latents: bool = Field(False, description="Add the SHA-256 of the decoded latents.")

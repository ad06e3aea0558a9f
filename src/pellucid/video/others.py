"""What is beside the frames, into a container as it is: sound, subtitles, fonts for those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pellucid.errors import OutputError
from pellucid.video.clip import ffmpeg, pyav

NOUNS = {"audio": "sound", "subtitle": "subtitles"}
MATROSKA = "matroska"
HOLDERS = {MATROSKA: "Matroska (.mkv, .pels)"}  # FFmpeg's name -> for a person
ANY_SOUND = ("mpegts",)  # FFmpeg has no list of what they hold
BARE = ("mp4", "mov")
UNFRAMED = "aac_adtstoasc"  # takes off the headers that AAC has in broadcasts


class OtherStreams:
    """Copies of streams in a container whose header isn't written yet.

    Args:
        container: PyAV's.
        form: FFmpeg's name of its kind.
        streams: PyAV's, of the source.

    Attributes:
        remarks: what is left out as the container can't hold it, such as subtitles, in words.

    Raises:
        OutputError: it can't hold sound.
    """

    def __init__(self, container: Any, form: str, streams: Sequence[Any]) -> None:
        self._container, self._form, self.remarks = container, form, list[str]()
        self._copies: dict[int, Any] = {}
        self._filters: dict[int, Any] = {}
        known = container.supported_codecs
        for stream in streams:
            name = None if stream.codec_context is None else stream.codec_context.name
            attached = stream.type == "attachment" and form == MATROSKA
            if attached or name in known or (name and form in ANY_SOUND):
                self._copy(stream)
            else:
                self._leave(stream, name)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._copies)

    def take(self, packet: Any) -> None:
        """Write a packet of one of the streams; raises what PyAV does."""
        index = packet.stream.index
        if index not in self._copies:
            return
        packets = self._filters[index].filter(packet) if index in self._filters else [packet]
        for each in packets:
            each.stream = self._copies[index]
            self._container.mux(each)

    def _copy(self, stream: Any) -> None:
        with ffmpeg(f"{self._form} can't hold the source's {noun(stream)}", OutputError):
            copy = self._container.add_stream_from_template(stream)
        copy.metadata.update(stream.metadata)
        copy.disposition = stream.disposition
        self._copies[stream.index] = copy
        context = stream.codec_context
        if self._form in BARE and context and context.name == "aac" and not context.extradata:
            made = pyav().bitstream.BitStreamFilterContext(UNFRAMED, stream)
            self._filters[stream.index] = made

    def _leave(self, stream: Any, name: str | None) -> None:
        holder, kind = HOLDERS.get(self._form, self._form), name or "unknown"
        if stream.type == "audio":
            matroska = "" if self._form == MATROSKA else "write Matroska (--to matroska), or "
            raise OutputError(
                f"{holder} can't hold the source's sound ({kind}); {matroska}leave all but the "
                "video out with --only-video"
            )
        remark = f"{noun(stream)} is left out: {holder} can't hold it"
        if stream.type == "subtitle":
            remark = f"the source's subtitles ({kind}) are left out: {holder} can't hold them"
        said = name or stream.type != "data"  # chapters of MP4 are data
        if said and remark not in self.remarks:
            self.remarks.append(remark)


def noun(stream: Any) -> str:
    """What a stream is."""
    return NOUNS.get(stream.type, f"a stream ({stream.type})")

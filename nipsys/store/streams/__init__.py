"""Byte streams: bounded reading, decompression, a thread pipeline, and seekable zstd."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.store.streams.bounded import BoundedReader, Meter, Section, reader_of
    from nipsys.store.streams.compression import open_decompressed
    from nipsys.store.streams.pipeline import Pipeline
    from nipsys.store.streams.seekable import FrameWriter
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "bounded": ("BoundedReader", "Meter", "Section", "reader_of"),
            "compression": ("open_decompressed",),
            "pipeline": ("Pipeline",),
            "seekable": ("FrameWriter",),
        },
    )

__all__ = ["BoundedReader", "FrameWriter", "Meter", "Pipeline", "Section", "open_decompressed", "reader_of"]

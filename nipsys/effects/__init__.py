"""The ports to the operating system: disk, web, host, processes, threads, signals and clock."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.clock import Clock, FixedClock, SystemClock, identify_user
    from nipsys.effects.filelock import hold_lock
    from nipsys.effects.files import read_bytes, replace_file
    from nipsys.effects.journal import add_journal, read_journal
    from nipsys.effects.malloc import keep_freed_memory, trim_memory
    from nipsys.effects.openpgp import verify_clearsigned
    from nipsys.effects.process import Finished, replace_process, run
    from nipsys.effects.signals import hold_signals, raise_on_signals
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "clock": ("Clock", "FixedClock", "SystemClock", "identify_user"),
            "filelock": ("hold_lock",),
            "files": ("read_bytes", "replace_file"),
            "journal": ("add_journal", "read_journal"),
            "malloc": ("keep_freed_memory", "trim_memory"),
            "openpgp": ("verify_clearsigned",),
            "process": ("Finished", "replace_process", "run"),
            "signals": ("hold_signals", "raise_on_signals"),
        },
    )

__all__ = [
    "Clock",
    "Finished",
    "FixedClock",
    "SystemClock",
    "add_journal",
    "hold_lock",
    "hold_signals",
    "identify_user",
    "keep_freed_memory",
    "raise_on_signals",
    "read_bytes",
    "read_journal",
    "replace_file",
    "replace_process",
    "run",
    "trim_memory",
    "verify_clearsigned",
]

"""A progress line on standard error: a bar on a terminal, a sentence now and then elsewhere."""

import sys
import time
from typing import TextIO

from baozhen.insurance.proposals.queries import BatchProgress

_BAR_CELLS = 24
_QUIET_SECONDS = 10.0


class ProgressLine:
    """Shows done/total, policies a second, and the time left."""

    def __init__(self, *, total: int, stream: TextIO | None = None) -> None:
        """`total` counts proposals."""
        self._total = total
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._began = time.monotonic()
        self._done_before: int | None = None
        self._policies_before = 0
        self._shown_at = self._began

    def show(self, progress: BatchProgress) -> None:
        """Show where the batch is, if it is time to."""
        if self._done_before is None:
            self._done_before, self._policies_before = progress.done, progress.policies
        if self._is_terminal:
            self._stream.write("\r" + self._text(progress) + "\x1b[K")
        elif time.monotonic() - self._shown_at >= _QUIET_SECONDS:
            self._shown_at = time.monotonic()
            self._stream.write(self._text(progress) + "\n")
        self._stream.flush()

    def finish(self, progress: BatchProgress) -> None:
        """Show the end."""
        seconds = time.monotonic() - self._began
        clear = "\r\x1b[K" if self._is_terminal else ""
        self._stream.write(f"{clear}处理完毕：{progress.done} 份投保单，用时 {_span(seconds)}。\n")
        self._stream.flush()

    def _text(self, progress: BatchProgress) -> str:
        seconds = max(time.monotonic() - self._began, 0.001)
        share = progress.done / self._total if self._total else 1.0
        filled = int(share * _BAR_CELLS)
        bar = "█" * filled + "░" * (_BAR_CELLS - filled)
        rate = (progress.policies - self._policies_before) / seconds
        speed = (progress.done - (self._done_before or 0)) / seconds
        left = _span((self._total - progress.done) / speed) if speed > 0 else "…"
        problems = progress.refused + progress.conflict + progress.failed
        return f"{bar} {progress.done}/{self._total}  {rate:.1f} 个文件/秒  剩余 {left}" + (
            f"  未出单 {problems}" if problems else ""
        )


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"

"""What other rooms call: publish one event or many."""

from baozhen.foundation.events.publishing import Happening, publish, publish_many

__all__ = ["Happening", "publish", "publish_many"]

"""拉取事件：记住 cursor，下次从那里继续，不会漏掉也不会重复。

BAOZHEN_URL=http://127.0.0.1:8080 BAOZHEN_KEY=bz_… python examples/follow_events.py
"""

import os
from pathlib import Path

from baozhen.client import Client

place = Path("events.cursor")
cursor = place.read_text() if place.exists() else ""

with Client(os.environ["BAOZHEN_URL"], key=os.environ["BAOZHEN_KEY"]) as client:
    count = 0
    while True:
        page = client.events.list(cursor=cursor)
        for event in page.items:
            print(event["timestamp"], event["type"], event["data"]["id"])
            count += 1
        cursor = page.cursor or cursor
        place.write_text(cursor)  # 处理完一页再记
        if not page.has_more:
            break
    print(f"共 {count} 个事件")

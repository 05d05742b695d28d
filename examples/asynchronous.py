"""异步客户端：同时问几件事。

BAOZHEN_URL=http://127.0.0.1:8080 BAOZHEN_KEY=bz_… python examples/asynchronous.py
"""

import asyncio
import os

from baozhen.client import AsyncClient, Options, Retries


async def main() -> None:
    options = Options(timeout_seconds=20, retries=Retries(attempts=5))
    async with AsyncClient(
        os.environ["BAOZHEN_URL"], key=os.environ["BAOZHEN_KEY"], options=options
    ) as client:
        events, webhooks = await asyncio.gather(client.events.list(), client.webhooks.list())
        print(f"{len(events.items)} 个事件，{len(webhooks.items)} 个回调地址")


asyncio.run(main())

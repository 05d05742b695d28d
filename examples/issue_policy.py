"""出单：提交投保单，下载签章保单，离线验真。

    BAOZHEN_URL=http://127.0.0.1:8080 BAOZHEN_KEY=bz_… BAOZHEN_PROPOSAL=proposal.json \
    BAOZHEN_ROOTS=trust python examples/issue_policy.py
"""

import json
import os
from pathlib import Path

from baozhen.client import Client, Refused, verify_policy

proposal = json.loads(Path(os.environ["BAOZHEN_PROPOSAL"]).read_text(encoding="utf-8"))
roots = b"".join(path.read_bytes() for path in Path(os.environ["BAOZHEN_ROOTS"]).glob("*.pem"))

with Client(os.environ["BAOZHEN_URL"], key=os.environ["BAOZHEN_KEY"]) as client:
    try:
        result = client.policies.issue(proposal, idempotency_key=proposal["proposal_no"])
    except Refused as refusal:
        for fault in refusal.faults:
            print(f"{fault.path}：{fault.message}")
        raise SystemExit(1) from None
    for policy in result["policies"]:
        number = policy["policy_no"]
        if policy["kind"] == "mark":
            continue
        path = Path(f"{number}.pdf")
        with path.open("wb") as file:
            done = client.policies.download(number, file)
        report = verify_policy(path.read_bytes(), roots)
        print(f"{number}：{done.size} 字节，{report.verdict}")

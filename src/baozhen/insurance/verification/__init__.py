"""查询、下载与验真: what the register says of a policy, and to whom."""

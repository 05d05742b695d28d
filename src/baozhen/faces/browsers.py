"""Internet Explorer gets one plain page without script or style: it says what to use instead."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse

from baozhen.signing.organizations.insurer import get_insurer

# "MSIE 10.0; … Trident/6.0" or "Trident/7.0; rv:11.0"; the IE mode of other browsers says it too.
_OLD: Final = re.compile(r"\bMSIE \d|\bTrident/\d")
_PAGE: Final = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>请更换浏览器</title></head>
<body><h1>请更换浏览器</h1>
<p>您正在使用 Internet Explorer，或浏览器的“兼容模式”。它已停止更新，不能安全地签署和核验文件。</p>
<p>请改用下列任一浏览器，再打开同一链接：</p>
<ul><li>手机：微信，或手机自带的浏览器</li>
<li>电脑：Microsoft Edge、Chrome、Firefox，或 360、QQ 浏览器的“极速模式”</li></ul>
<p>有疑问请致电 {phone}（{name}）。</p>
</body></html>
"""


def is_too_old(request: HttpRequest) -> bool:
    """Tell whether the browser is Internet Explorer, or plays it."""
    return bool(_OLD.search(request.headers.get("User-Agent", "")))


def refusal() -> HttpResponse:
    """Return the page; 403, for no later request of this browser will fare better."""
    insurer = get_insurer()
    answer = HttpResponse(
        _PAGE.format(phone=insurer.service_phone, name=insurer.name),
        status=403,
        content_type="text/html; charset=utf-8",
    )
    # It stands as it is: the usual page of an error has styles that this browser misreads.
    answer.problem = "browser_too_old"  # type: ignore[attr-defined]
    return answer

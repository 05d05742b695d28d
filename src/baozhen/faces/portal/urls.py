"""Addresses of the public pages."""

from django.urls import path

from baozhen.faces.portal import clauses, download, pages, prints, query, verify, wechat

app_name = "portal"

urlpatterns = [
    path("", pages.home, name="home"),
    path("guide", pages.guide, name="guide"),
    path("contact", pages.contact, name="contact"),
    path("clauses", clauses.clauses, name="clauses"),
    path("clauses/<str:product>/<str:version>.pdf", clauses.document, name="clause_document"),
    path("text-size", pages.text_size, name="text_size"),
    path("robots.txt", pages.robots, name="robots"),
    path("verify", verify.verify, name="verify"),
    path("verify/report", verify.report, name="verify_report"),
    # The address that QR codes carry; insurance.policies.tokens writes it.
    path("v/<str:number>", verify.scan, name="scan_bare"),
    path("v/<str:number>/<str:token>", verify.scan, name="scan"),
    # The address that the QR codes of numbered prints carry; console.archive.copies writes it.
    path("p/<str:number>", prints.check, name="print"),
    path("query", query.query, name="query"),
    path("query/result", query.result, name="result"),
    path("query/result/<str:kind>/code", download.send_code, name="send_code"),
    path("query/result/<str:kind>/unlock", download.unlock, name="unlock"),
    path("query/result/<str:kind>/file", download.file, name="file"),
    path("wechat/messages", wechat.messages, name="wechat_messages"),
    path("query/leave", query.leave, name="leave"),
]

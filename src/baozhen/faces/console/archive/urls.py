"""Addresses of the staff pages for: the file centre."""

from django.urls import URLPattern, path

from baozhen.faces.console.archive import (
    compare,
    copies,
    deposits,
    files,
    holds,
    inspections,
    links,
    packages,
    sheet,
)

URLS: list[URLPattern] = [
    path("files", files.files, name="files"),
    path("files/compare", compare.compare, name="file_compare"),
    path("files/mark", copies.mark, name="file_mark"),
    path("files/inspect", inspections.inspect, name="file_inspect"),
    path("files/inspect/report", inspections.report, name="file_inspect_report"),
    path("files/reports", inspections.handed_out, name="inspection_reports"),
    path("files/copies", copies.register, name="file_copies"),
    path("files/deposits", deposits.deposits, name="deposits"),
    path("files/deposits/rules", deposits.rules, name="deposit_rules"),
    path("files/deposits/rules/new", deposits.new_rule, name="deposit_rule_new"),
    path("files/deposits/rules/<int:key>/end", deposits.end, name="deposit_rule_end"),
    path("files/deposits/<int:key>/again", deposits.again, name="deposit_again"),
    path("holds", holds.holds, name="holds"),
    path("holds/new", holds.place, name="hold_new"),
    path("holds/<int:key>", holds.hold, name="hold"),
    path("holds/<int:key>/release", holds.release, name="hold_release"),
    path("files/<str:key>", sheet.file, name="file_entry"),
    path("files/<str:key>/deposit", deposits.deposit, name="file_deposit"),
    path("files/<str:key>/download", copies.original, name="file_download"),
    path("files/<str:key>/black", copies.black, name="file_black"),
    path("files/<str:key>/print", copies.printing, name="file_print"),
    path("files/<str:key>/package", packages.package, name="file_package"),
    path("files/<str:key>/links", links.link, name="file_link"),
    path("files/links/<int:key>/end", links.end, name="file_link_end"),
]

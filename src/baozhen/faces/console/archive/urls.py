"""Addresses of the staff pages for: the file centre."""

from django.urls import URLPattern, path

from baozhen.faces.console.archive import compare, copies, files, links, packages

URLS: list[URLPattern] = [
    path("files", files.files, name="files"),
    path("files/compare", compare.compare, name="file_compare"),
    path("files/mark", copies.mark, name="file_mark"),
    path("files/copies", copies.register, name="file_copies"),
    path("files/<str:key>", files.file, name="file_entry"),
    path("files/<str:key>/download", copies.original, name="file_download"),
    path("files/<str:key>/black", copies.black, name="file_black"),
    path("files/<str:key>/print", copies.printing, name="file_print"),
    path("files/<str:key>/package", packages.package, name="file_package"),
    path("files/<str:key>/links", links.link, name="file_link"),
    path("files/links/<int:key>/end", links.end, name="file_link_end"),
]

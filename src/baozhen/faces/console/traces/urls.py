"""Addresses of the staff pages for: the record of people's acts."""

from django.urls import URLPattern, path

from baozhen.faces.console.traces import destructions, dossiers, exports, replaying, sessions

URLS: list[URLPattern] = [
    path("dossiers", dossiers.dossier, name="dossier"),
    path("traces", sessions.traces, name="traces"),
    path("traces/exports", exports.exports, name="trace_exports"),
    path("traces/exports/new", exports.new, name="trace_export_new"),
    path("traces/exports/<str:key>", exports.export, name="trace_export"),
    path("traces/exports/<str:key>/decide", exports.decide, name="trace_export_decide"),
    path("traces/exports/<str:key>/download", exports.download, name="trace_export_file"),
    path("traces/destructions", destructions.destructions, name="trace_destructions"),
    path("traces/destructions/new", destructions.new, name="trace_destruction_new"),
    path("traces/destructions/<str:key>", destructions.destruction, name="trace_destruction"),
    path(
        "traces/destructions/<str:key>/decide",
        destructions.decide,
        name="trace_destruction_decide",
    ),
    path("traces/<str:key>", sessions.session, name="trace"),
    path("traces/<str:key>/pages/<int:seq>", replaying.shown, name="trace_page"),
    path("traces/<str:key>/movie", replaying.movie, name="trace_movie"),
    path("traces/<str:key>/movie.json", replaying.events, name="trace_events"),
    path("traces/<str:key>/files/<int:version>/<path:path>", replaying.file, name="trace_file"),
]

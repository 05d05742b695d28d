"""What pages fetch lies compressed in one folder, and nothing of the packages beside it."""

import gzip
import os
import shutil
from contextlib import closing

import pytest
from django.contrib.staticfiles import finders
from whitenoise.middleware import WhiteNoiseMiddleware

from baozhen.site import statics

RECORDER = "rrweb/rrweb.umd.min.cjs"


@pytest.fixture
def root(settings, tmp_path):
    """A folder of its own for the files, empty."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    return settings.STATIC_ROOT


def test_files_are_gathered_and_compressed(root):
    statics.gather()
    recorder = root / RECORDER
    packed = recorder.with_name(recorder.name + ".gz").read_bytes()
    assert gzip.decompress(packed) == recorder.read_bytes()
    assert len(packed) < recorder.stat().st_size / 3
    assert (root / "baozhen" / "tokens.css").is_file()


def test_only_what_pages_fetch_is_found():
    assert finders.find(RECORDER)
    assert finders.find("pdfjs-cmaps/UniGB-UCS2-H.bcmap")
    assert finders.find("rrweb/rrweb.cjs.map") is None
    assert finders.find("pdfjs/pdf.mjs") is None
    found = {path for finder in finders.get_finders() for path, _storage in finder.list(None)}
    assert not [path for path in found if path.endswith(".map")]
    assert len([path for path in found if not path.startswith("baozhen/")]) < 200


def test_the_second_process_finds_them_there(root, monkeypatch):
    statics.gather()
    monkeypatch.setattr(statics, "call_command", lambda *_, **__: pytest.fail("gathered again"))
    statics.gather()


def test_a_file_that_changed_is_taken_although_it_looks_older(root, settings, tmp_path):
    """Files of packages bear dates of long ago."""
    library = tmp_path / "library"
    library.mkdir()
    settings.STATICFILES_DIRS = [("htmx", library)]
    given, gathered = library / "htmx.min.js", root / "htmx" / "htmx.min.js"
    given.write_text("earlier")
    statics.gather()
    assert gathered.read_text() == "earlier"
    given.write_text("later, with more")
    os.utime(given, (0, 0))
    statics.gather()
    assert gathered.read_text() == "later, with more"


def test_what_somebody_emptied_is_gathered_anew(root):
    statics.gather()
    shutil.rmtree(root)
    root.mkdir()  # the settings make it when it is missing
    statics.gather()
    assert (root / RECORDER).is_file()


def test_what_was_broken_off_is_begun_anew(root, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(statics, "call_command", _fail)
        with pytest.raises(OSError, match="disk"):
            statics.gather()
    statics.gather()
    assert (root / RECORDER).is_file()


def _fail(*_words, **_options):
    raise OSError("the disk is full")


def test_the_server_sends_the_compressed_file(root, rf):
    statics.gather()
    server = WhiteNoiseMiddleware(lambda _request: None)
    for accepted, said in (("gzip, br", "gzip"), ("", None)):
        answer = server(rf.get(f"/static/{RECORDER}", headers={"accept-encoding": accepted}))
        with closing(answer):
            sent = b"".join(answer)
        assert answer.get("Content-Encoding") == said
        assert answer["Vary"] == "Accept-Encoding"
        assert answer["Content-Type"].startswith("text/javascript")
        whole = (root / RECORDER).read_bytes()
        assert (gzip.decompress(sent) if said else sent) == whole

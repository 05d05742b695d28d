"""The embedded database's runner, with a real cluster."""

import os
import signal
import stat
import threading
from pathlib import Path

import psycopg
import pytest

from baozhen.site.embedded import EmbeddedDatabase, EmbeddedDatabaseError


@pytest.fixture
def embedded(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("pg")
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    database = EmbeddedDatabase(tmp_path / "db")
    yield database
    database.stop("immediate")


def count(url):
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from pg_database").fetchone()
    return row[0]


def test_start_is_idempotent_and_stop_stops(embedded):
    url = embedded.start()
    assert embedded.start() == url
    assert count(url) == 4
    embedded.stop()
    assert not embedded.is_running()
    embedded.stop()


def test_several_starts_at_once_give_one_cluster(embedded):
    urls = []
    threads = [threading.Thread(target=lambda: urls.append(embedded.start())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(urls)) == 1
    assert count(urls[0]) == 4


def test_after_kill_9_it_starts_again_and_has_lost_nothing(embedded):
    url = embedded.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (1)")
    os.kill(int((embedded.cluster / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)
    url = embedded.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("select n from kept").fetchone() == (1,)


def test_a_pid_file_of_somebody_else_is_not_believed(embedded):
    embedded.start()
    embedded.stop()
    (embedded.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert count(embedded.start()) == 4


def test_a_cluster_that_others_can_read_is_refused_with_advice(embedded):
    embedded.start()
    embedded.stop()
    embedded.cluster.chmod(0o755)
    with pytest.raises(EmbeddedDatabaseError, match="chmod 700"):
        embedded.start()
    embedded.cluster.chmod(0o700)


def test_socket_is_private_and_the_order_does_not_depend_on_the_machine(embedded):
    url = embedded.start()
    assert stat.S_IMODE(embedded.socket.stat().st_mode) == 0o700
    with psycopg.connect(url) as connection:
        row = connection.execute("select datlocale from pg_database where datname='baozhen'")
        assert row.fetchone() == ("C.UTF-8",)


def test_a_long_path_gets_a_short_socket(tmp_path):
    long = tmp_path / ("深" * 30) / "db"
    assert len(os.fsencode(EmbeddedDatabase(long).socket)) < 100


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own a folder that others can't reach")
def test_as_root_a_home_that_others_cannot_reach_is_left_alone(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    database = EmbeddedDatabase(closed / "db", durable=False)
    assert database.home.is_relative_to(Path("/var/lib/baozhen"))
    try:
        assert count(database.start()) == 4
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        database.stop("immediate")

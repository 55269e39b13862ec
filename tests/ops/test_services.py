import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg
import pytest
import redis

from erp.embedded import door


class Services:
    """Embedded services of their own, as a process that needs them holds them."""

    def __init__(self, var: Path) -> None:
        self.connection, environment = door.enter(var)
        self.database, self.broker = environment["DATABASE_URL"], environment["REDIS_URL"]
        self.var = var
        postmaster = psutil.Process(int((var / "postgres" / "postmaster.pid").read_text().split("\n")[0]))
        self.keeper = postmaster.parent()
        self.postmaster = postmaster

    def leave(self) -> None:
        self.connection.close()
        psutil.wait_procs([self.keeper, self.postmaster], timeout=60)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    services = Services(tmp_path / "var")
    yield services
    services.leave()


def _connect(url: str) -> psycopg.Connection:
    """Connect, as often as a server that is coming up refuses."""
    for _ in range(200):
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError:
            signal.sigtimedwait([], 0.1)
    raise AssertionError("PostgreSQL did not come back")


def test_the_services_answer_and_end_with_their_last_guest(services: Services) -> None:
    with _connect(services.database) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    with redis.Redis.from_url(services.broker) as broker:
        assert broker.ping()
        assert broker.config_get("appendonly") == {"appendonly": "yes"}

    second = door.knock(services.var)
    assert second is not None
    services.connection.close()
    assert services.keeper.is_running()
    second[0].close()

    assert not psutil.wait_procs([services.keeper, services.postmaster], timeout=60)[1]


def test_trigram_search_knows_chinese(services: Services) -> None:
    with _connect(services.database) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT similarity('不锈钢螺丝', '不锈钢') > 0.3").fetchone() == (True,)


def test_what_was_committed_survives_a_killed_server(services: Services) -> None:
    with _connect(services.database) as connection:
        connection.execute("CREATE TABLE kept (text text)")
        connection.execute("INSERT INTO kept VALUES ('here')")
    with redis.Redis.from_url(services.broker) as broker:
        broker.set("kept", "here")
    services.postmaster.kill()
    psutil.wait_procs([services.postmaster], timeout=30)

    with _connect(services.database) as connection:
        assert connection.execute("SELECT text FROM kept").fetchone() == ("here",)


def test_a_lock_file_left_by_a_dead_server_is_no_obstacle(services: Services) -> None:
    services.leave()
    (services.var / "postgres" / "postmaster.pid").write_text("1\n/elsewhere\n0\n5432\n\n\n0 0\n")

    again = Services(services.var)
    with _connect(again.database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.leave()


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    deep = Services(tmp_path / ("深" * 30) / ("x" * 60))
    with _connect(deep.database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert "/tmp/erp-" in unquote(deep.database)
    deep.leave()


def test_a_start_that_fails_says_what_the_server_said(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "postgres").mkdir(parents=True)
    (var / "postgres" / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(door.ServicesError, match="postgres"):
        door.enter(var)

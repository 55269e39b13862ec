"""More than one database server, and a pooler: one application on a real streaming replica and Debian's PgBouncer."""

import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings

from tests.ops.cluster import Pooler, Server, pair, play


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    tmp_path.parent.parent.chmod(0o755)  # the servers run as somebody else
    tmp_path.parent.chmod(0o755)
    with pair(tmp_path) as found:
        yield found


def _environment(tmp_path: Path, servers: tuple[Server, Server]) -> dict[str, str]:
    primary, replica = servers
    assert primary.process and replica.process
    broker = urlsplit(settings.REDIS_URL)._replace(path=f"/{zlib.crc32(str(tmp_path).encode()) % 900}").geturl()
    return {
        "DATABASE_URL": primary.postgres.url,
        "DATABASE_REPLICA_URL": replica.postgres.url,
        "REDIS_URL": broker,
        "ERP_VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": "only-for-this-test",
        "PRIMARY_PID": str(primary.process.pid),
        "REPLICA_PID": str(replica.process.pid),
    }


@pytest.mark.timeout(400)
def test_one_application_on_several_database_servers(tmp_path: Path, servers: tuple[Server, Server]) -> None:
    """One story, because a migrated database is costly: what lags, what pools, what dies, what takes over."""
    primary, replica = servers
    play("people_read_their_own_writes", _environment(tmp_path, servers))

    if shutil.which("pgbouncer"):
        with Pooler(tmp_path / "pooler", primary) as pooler:
            play("a_pooler_changes_nothing", _environment(tmp_path, servers) | pooler.environment)

    play("pages_do_without_the_replica", _environment(tmp_path, servers))

    replica.start()
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.execute("SELECT pg_reload_conf()")
    both = quote(f"{primary.host},{replica.host}", safe="")
    environment = _environment(tmp_path, servers) | {
        "DATABASE_URL": f"postgresql://erp@/erp?host={both}&target_session_attrs=read-write",
        "DATABASE_REPLICA_URL": "",
        "REPLICA_DSN": replica.postgres.url_of("postgres"),
    }
    play("the_replica_takes_over", environment)

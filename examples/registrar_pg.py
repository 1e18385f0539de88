"""registrar_pg - the same users on several hosts: PostgreSQL for registrar,
locate and members, in place of SQLite.

A phone registers at one host and is called through any other; a challenge of
one is answered at another, for they share the key, too. They need clocks that
agree to the second (NTP).

Install: on each host, beside registrar:
    apt install python3-psycopg2
    install -m 644 SOURCE/registrar_pg.py /usr/local/lib/sip-cgi-bin
and name the database, in one line as libpq takes it, in the file
registrar.postgresql in $STATE_DIRECTORY, else in /var/lib/sip-cgi, which the
user of the scripts alone may read:
    hostaddr=192.0.2.5 sslmode=require dbname=sip user=sip password=...
Once, on the host of the database:
    runuser -u postgres -- createuser -P sip
    runuser -u postgres -- createdb -O sip -E UTF8 -T template0 sip
From then on ./registrar add on any host is for all of them. What SQLite has is
not taken over: give the passwords again, and the phones register again.

Each request makes a connection of its own. What it waits for the database is
bounded, all together: then, and when nobody is there, the answer is 503 and a
line in the log says why. An address (hostaddr=) spares it the name's look-up,
which no limit of ours bounds.
"""

from __future__ import annotations

import select
import sqlite3
import sys
import time

# psycopg2 loads this for the sake of threads, of which there are none here, and
# does without: that spares half of its start.
sys.modules["ssl"] = None  # type: ignore
import psycopg2  # type: ignore  # noqa: E402
from psycopg2 import extensions  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

PATIENCE = 5    # seconds, for all that a request waits
left = float(PATIENCE)


def wait(connection: Any) -> None:
    """What psycopg2 calls wherever it would wait."""
    global left
    while (state := connection.poll()) != extensions.POLL_OK:
        began = time.monotonic()
        for_reading = state == extensions.POLL_READ
        if not any(select.select([connection] if for_reading else [],
                                 [] if for_reading else [connection], [],
                                 max(0, left))):
            raise psycopg2.OperationalError(f"no answer within {PATIENCE} s")
        left -= time.monotonic() - began


class Connection:
    """What the scripts use of an sqlite3.Connection, errors included."""

    def __init__(self, where: str) -> None:
        try:
            self._connection = psycopg2.connect(where)
        except psycopg2.Error as error:
            raise _failed(error) from None
        self._connection.autocommit = True

    def execute(self, statement: str, values: Iterable[Any] = ()) -> Any:
        cursor = self._connection.cursor()
        try:
            cursor.execute(statement.replace("BEGIN IMMEDIATE", "BEGIN")
                           .replace("?", "%s"), tuple(values))
        except psycopg2.Error as error:
            raise _failed(error) from None
        return cursor

    def executemany(self, statement: str,
                    rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.execute(statement, row)

    def executescript(self, tables: str) -> None:
        for name, here in (("REAL", "DOUBLE PRECISION"), ("BLOB", "BYTEA"),
                           (" WITHOUT ROWID", "")):
            tables = tables.replace(name, here)
        self.execute(tables)

    def close(self) -> None:
        self._connection.close()


def _failed(error: Exception) -> sqlite3.OperationalError:
    """In one line, for the log."""
    return sqlite3.OperationalError(" ".join(str(error).split())[:500])


def connect(path: str) -> sqlite3.Connection:
    """path: the file that names the database."""
    extensions.set_wait_callback(wait)
    with open(path, encoding="utf-8") as file:
        where = file.read().strip()
    return Connection(where)  # type: ignore[return-value]

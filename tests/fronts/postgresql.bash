# A PostgreSQL of one's own, for tests and measurements: in a temporary
# directory, on loopback and a socket there, by an unprivileged user.
# shellcheck shell=bash

# shellcheck source=../helpers/helper.bash
. "${BASH_SOURCE[0]%/*}/../helpers/helper.bash"

# Where the programs are: installed, or unpacked by tests/packages.
pg_program()
{
	local path

	for path in /usr/lib/postgresql/*/bin/"$1" \
	    "$PG_DIRECTORY"/usr/lib/postgresql/*/bin/"$1" \
	    "$(command -v "$1")"; do
		if [ -x "$path" ]; then
			echo "$path"
			return
		fi
	done
	echo "no program $1 of PostgreSQL: tests/packages check-fronts" >&2
	return 1
}

# Become a command, by a user whom it does not refuse.
pg_exec()
{
	[ "$(id -u)" -ne 0 ] ||
	    set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	exec "$@"
}

# Make a cluster with the role and the database "sip" and start it. Exports
# PG_DIRECTORY; PG_WHERE, which is what a registrar.postgresql holds; PG_PID.
pg_up()
{
	PG_DIRECTORY=$(mktemp -d) || return
	export PG_DIRECTORY
	# A build tree may be where root alone may look.
	pg_program initdb >/dev/null 2>&1 ||
	    cp -R "$BUILD/super/postgresql-15/usr" "$PG_DIRECTORY" || return
	[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$PG_DIRECTORY"
	chmod 755 "$PG_DIRECTORY"	# its socket is for all
	(cd "$PG_DIRECTORY" && LC_ALL=C.UTF-8 pg_exec \
	    "$(pg_program initdb)" -D data -U postgres --no-sync -E UTF8 \
	    --auth-local=trust --auth-host=scram-sha-256) \
	    </dev/null >"$PG_DIRECTORY/initdb.log" 2>&1 3>&- || {
		cat "$PG_DIRECTORY/initdb.log" >&2
		return 1
	}
	pg_start || return
	pg_sql postgres "CREATE ROLE sip LOGIN PASSWORD 'secret'" &&
	    pg_sql postgres 'CREATE DATABASE sip OWNER sip TEMPLATE template0'
}

# Start it; another program may take the port before it does.
pg_start()
{
	local try

	for try in 1 2 3 4 5; do
		PG_PORT=$(free_port)
		(cd "$PG_DIRECTORY" && pg_exec "$(pg_program postgres)" \
		    -D data -k "$PG_DIRECTORY" -h 127.0.0.1 -p "$PG_PORT" \
		    -c fsync=off -c max_connections=200) \
		    </dev/null >>"$PG_DIRECTORY/log" 2>&1 3>&- &
		PG_PID=$!
		wait_until is_listening_or_gone "$PG_PORT" "$PG_PID"
		is_gone "$PG_PID" || break
		[ "$try" -lt 5 ]
	done || {
		cat "$PG_DIRECTORY/log" >&2
		return 1
	}
	export PG_PORT PG_PID
	export PG_WHERE="hostaddr=127.0.0.1 port=$PG_PORT dbname=sip user=sip password=secret"
	wait_until pg_sql postgres 'SELECT 1' >/dev/null 2>&1
}

# What pg_sql prints is one value a line, and "|" between columns.
pg_sql()
{
	"$(pg_program psql)" -X -q -t -A -h "$PG_DIRECTORY" -p "$PG_PORT" -U postgres -d "$1" \
	    -c "$2"
}

pg_down()
{
	if [ -n "${PG_PID:-}" ]; then
		# At once, whatever it waits for.
		kill -CONT "$PG_PID"
		kill -QUIT "$PG_PID"
		wait_until is_gone "$PG_PID"
	fi 2>/dev/null
	rm -rf "$PG_DIRECTORY"
}

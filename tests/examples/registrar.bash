# What the tests of registrar and locate share.
# shellcheck shell=bash

# shellcheck source=examples.bash
. "${BASH_SOURCE[0]%/*}/examples.bash"
# In a PostgreSQL, where PG_WHERE says so.
# shellcheck source=../fronts/postgresql.bash
[ -z "${PG_WHERE:-}" ] || . "${BASH_SOURCE[0]%/*}/../fronts/postgresql.bash"

registrar() { "$SCRIPTS/registrar" "$@"; }

# A domain with the users alice and bob. The first test of a file makes their
# passwords, for all.
domain_of_two()
{
	local made=$BATS_FILE_TMPDIR/domain_of_two

	example domain @b.example
	example registrar
	example locate
	if [ -n "${PG_WHERE:-}" ]; then
		in_postgresql
		return
	fi
	if [ ! -e "$made" ]; then
		registrar add bob@b.example <<<secret
		registrar add alice@b.example <<<"sEcret: %&\"ü"
		cp -a "$STATE_DIRECTORY" "$made"
	else
		cp -a "$made/." "$STATE_DIRECTORY"
	fi
}

# The same in the database that PG_WHERE names, which is emptied first.
in_postgresql()
{
	db 'DROP OWNED BY sip; GRANT ALL ON SCHEMA public TO sip'
	echo "$PG_WHERE" >"$STATE_DIRECTORY/registrar.postgresql"
	example registrar_pg.py
	# A busy machine is none of its faults.
	sed -i 's/^PATIENCE = .*/PATIENCE = 60/' "$SCRIPTS/registrar_pg.py"
	registrar add bob@b.example <<<secret
	registrar add alice@b.example <<<"sEcret: %&\"ü"
}

# Let only users call, in the domain whose script this is.
members_only()
{
	sed -i 's|^\*)|INVITE) exec ./members ;;\n&|' "$SCRIPTS/$1"
}

# served [OPTION]...: the same, served, with options for the handler.
served()
{
	domain_of_two
	direct "$@"
}

# The Contacts of the answer, one a line, without what time does to expires.
contacts() { tr -d '\r' <answer | sed -n 's/^Contact: //p'; }

# The value of a database query.
# A registrar that has answered may not have closed its database yet.
db()
{
	if [ -n "${PG_WHERE:-}" ]; then
		pg_sql sip "$1"
	else
		sqlite3 -cmd '.timeout 20000' "$STATE_DIRECTORY/registrar.db" \
		    "$1"
	fi
}

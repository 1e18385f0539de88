# What the tests of registrar and locate share.
# shellcheck shell=bash

# shellcheck source=examples.bash
. "${BASH_SOURCE[0]%/*}/examples.bash"

registrar() { "$SCRIPTS/registrar" "$@"; }

# A domain with the users alice and bob. The first test of a file makes their
# passwords, for all.
domain_of_two()
{
	local made=$BATS_FILE_TMPDIR/domain_of_two

	example domain @b.example
	example registrar
	example locate
	if [ ! -e "$made" ]; then
		registrar add bob@b.example <<<secret
		registrar add alice@b.example <<<"sEcret: %&\"ü"
		cp -a "$STATE_DIRECTORY" "$made"
	else
		cp -a "$made/." "$STATE_DIRECTORY"
	fi
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
db() { sqlite3 -cmd '.timeout 20000' "$STATE_DIRECTORY/registrar.db" "$1"; }

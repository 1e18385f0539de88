# Functions for the tests of the examples: each is installed as its header
# says, with the library of the source tree, and served over TCP on loopback
# by systemd-socket-activate, or directly.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

# bats' hooks: every test has a directory of scripts and one for their state.
setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck source=serve.bash
	. "$BATS_TEST_DIRNAME/serve.bash"
	state_in_memory
}

teardown()
{
	stop_all
	rm -rf "$STATE_DIRECTORY"
}

# The examples sync what they keep, which takes seconds where the disk is busy.
state_in_memory()
{
	local directory

	directory=$(mktemp -d /dev/shm/sip-cgi.XXXXXX) || return 0
	rmdir "$STATE_DIRECTORY"
	STATE_DIRECTORY=$directory
}

# Does the answer have just this line?
has()
{
	local line

	while IFS= read -r line; do
		[ "${line%$'\r'}" != "$1" ] || return 0
	done <answer
	cat answer >&2
	echo "no line: $1" >&2
	return 1
}

# is STATUS: the last answer was whole, and this.
is()
{
	local octets

	[ "$STATUS" = "SIP/2.0 $1" ] || {
		cat answer log server.log >&2
		echo "expected: $1" >&2
		return 1
	}
	has 'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1;received=127.0.0.1'
	IFS= read -r -d '' octets <answer || :
	[[ $octets = *$'\r\nTo: '*';tag='*$'\r\n\r\n' ]]
}

# answered PATTERN...: the status line is one of these.
answered()
{
	local pattern

	for pattern; do
		# shellcheck disable=SC2053
		[[ $STATUS = SIP/2.0\ $pattern ]] && return
	done
	echo "not expected: $STATUS" >&2
	return 1
}

# later METHOD URI [HEADER]...: ask this with others, when together is called.
later()
{
	request "$@"
	command_for_client send "$MESSAGE" >>commands
}

# All that the file commands has, at a time. The answers are answer.1 ...
together()
{
	tell together commands
}

# lock DATABASE: hold its write lock, until unlock.
lock()
{
	rm -f statements locked
	mkfifo statements
	sqlite3 "$STATE_DIRECTORY/$1" <statements >locked 3>&- &
	LOCKER=$!
	exec 5>statements
	echo "BEGIN IMMEDIATE; SELECT 'it is';" >&5
	wait_until grep -q 'it is' locked
}

unlock()
{
	exec 5>&-
	wait "$LOCKER"
}

# sipsak; what it prints is in sipsak.out. It does nothing on a machine whose
# own name does not resolve: there it gets a name that does.
run_sipsak()
{
	local own=()

	if ! getent hosts "$(uname -n)" >getent.out; then
		own=(unshare --uts)
		[ "$(id -u)" -eq 0 ] || own+=(--user --map-root-user)
		own+=(sh -c 'hostname localhost && exec "$@"' -)
		"${own[@]}" true 2>/dev/null ||
		    skip "this machine's own name does not resolve"
	fi
	"${own[@]}" sipsak "$@" >sipsak.out 2>&1
}

# The same over TCP, with all that came.
sipsak_asks()
{
	run_sipsak -E tcp -vv "$@"
}

# Header values that do something where a script treats them as code.
# shellcheck disable=SC2016,SC2034
HOSTILE=(
	'"; DROP TABLE user; --" <sip:x@a.example>'
	"<sip:x'%20OR%20'1'='1@a.example>"
	"' OR 1=1 --"
	'$(touch pwned) <sip:$(touch%20pwned)@a.example>'
	'`touch pwned`'
	'<sip:a@b>;tag=$(touch pwned)'
	'"\"" <sip:../../etc/passwd@../..>'
	'%s%n%x \r\nEvil: 1'
	'-e -n -rf --help'
	'*'
	$'"\xff\xfe" <sip:a@a.example>'
	$'<sip:\xff@a.example>'
)

# None of them was taken for a command.
nobody_was_pwned()
{
	[ -z "$(find "$BATS_TEST_TMPDIR" "$STATE_DIRECTORY" -name 'pwned*')" ]
}

# What more than one test needs, to be loaded by bats or sourced by bash.
# shellcheck shell=bash
#
# tests/run exports, and these are the values without it:
#     TOP      the top of the source tree
#     BUILD    the build tree
#     HANDLER  the program under test
#     EACH     the other one, sipcgi-each

TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$TOP/build}
HANDLER=${HANDLER:-$TOP/sipcgi-handler}
EACH=${EACH:-$TOP/sipcgi-each}

# A TCP port that is free on loopback now. Another program may take it before
# its use: try again with another one then. perl-base is on every Debian.
free_port()
{
	perl -MSocket -e '
		socket(S, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
		bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
		print +(sockaddr_in(getsockname(S)))[0], "\n"'
}

# Does anybody listen on TCP port $1? Asked of the kernel: a connection made
# to find out would start a handler.
is_listening()
{
	local hex

	printf -v hex ':%04X 0' "$1"
	grep -sEq "^ *[0-9]+: [0-9A-F]+$hex+:0000 0A " /proc/net/tcp \
	    /proc/net/tcp6
}

# Has anybody bound UDP port $1, over IPv4?
is_bound_udp()
{
	local hex

	printf -v hex ':%04X 00000000:0000 07' "$1"
	grep -q "$hex" /proc/net/udp
}

# Skip the test where loopback has no IPv6, as in many containers.
needs_ipv6()
{
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null ||
	    skip 'this kernel has no IPv6 on loopback'
}

# Has process $1 ended? A zombie has.
is_gone()
{
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == Z* ]]
}

# Poll a command until it succeeds, for at most ten seconds or $WAIT_BOUND.
wait_until()
{
	local i bound=${WAIT_BOUND:-10}

	for ((i = 0; i < 50 * bound; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	echo "not within $bound seconds: $*" >&2
	return 1
}

is_listening_or_gone()
{
	is_listening "$1" || is_gone "$2"
}

# End process $1, a child of this shell, and wait for it.
stop()
{
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

if declare -F bats_require_minimum_version >/dev/null; then
	bats_require_minimum_version 1.5.0
fi

# bats' own trap, before each command, notes where that is, which takes longer
# than most commands do. Where a test fails is as well known when it fails.
if declare -F bats_debug_trap bats_check_status_from_trap >/dev/null; then
	bats_debug_trap() { :; }
	bats_error_trap()
	{
		bats_check_status_from_trap
		bats_capture_stack_trace
		# shellcheck disable=SC2034 # bats reads it
		BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
	}
fi

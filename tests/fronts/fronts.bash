# Hosts for the tests of front ends, each a network namespace, and what runs
# on them. Loaded by bats.
# shellcheck shell=bash
# What is set for the tests that load this:
# shellcheck disable=SC2034
#
# A file calls hosts_up in setup_file and hosts_down in teardown_file:
#
#     peer 192.0.2.7 --- 192.0.2.1 front 10.0.0.1 --- 10.0.0.11 one
#                                                 \-- 10.0.0.12 two
#
# where phones and load tools run on peer, a front end on front with the files
# of examples/front as they are, and handlers on one and two, port 5060. Their
# names have the file's before them, so that files can run at the same time.
# What a host's programs print is in $BATS_FILE_TMPDIR/HOST.out, the handlers'
# log in HOST.log. tests/fronts/run makes an end of all of it.

# shellcheck source=tests/helpers/helper.bash
. "${BASH_SOURCE[0]%/*}/../helpers/helper.bash"

SUPER=$BUILD/super
FRONTS=${BATS_TEST_FILENAME##*/}
FRONTS=${FRONTS%.bats}

[ "${FRONTS_NAMESPACE:-}" = yes ] || {
	echo 'run these by tests/fronts/run FILE' >&2
	exit 1
}

hosts_up()
{
	local host

	for host in peer front one two; do
		ip netns add "$FRONTS-$host"
		ip -n "$FRONTS-$host" link set lo up
		# What reaches a host that was cut off comes late, not never.
		on "$host" sysctl -qw net.ipv4.tcp_syn_retries=6
	done
	ip -n "$FRONTS-front" link add inside type bridge
	ip -n "$FRONTS-front" addr add 10.0.0.1/24 dev inside
	ip -n "$FRONTS-front" link set inside up
	hosts_link peer 192.0.2.7
	ip -n "$FRONTS-front" addr add 192.0.2.1/24 dev peer
	hosts_link one 10.0.0.11
	hosts_link two 10.0.0.12
	ip -n "$FRONTS-front" link set one master inside
	ip -n "$FRONTS-front" link set two master inside
}

# Host $1, whose address is $2, by an interface of its name on front.
hosts_link()
{
	ip -n "$FRONTS-front" link add "$1" type veth \
	    peer name eth0 netns "$FRONTS-$1"
	ip -n "$FRONTS-front" link set "$1" up
	ip -n "$FRONTS-$1" addr add "$2/24" dev eth0
	ip -n "$FRONTS-$1" link set eth0 up
}

hosts_down()
{
	local host

	for host in peer front one two; do
		host_kill "$host"
		ip netns delete "$FRONTS-$host"
	done
}

# Run a command on host $1: `on HOST COMMAND...`.
on()
{
	ip netns exec "$FRONTS-$1" "${@:2}"
}

# The same in the background, with what it prints in HOST.out. STARTED is its
# process.
start_on()
{
	ip netns exec "$FRONTS-$1" "${@:2}" </dev/null >>"$BATS_FILE_TMPDIR/$1.out" 2>&1 3>&- &
	STARTED=$!
}

# ---- What happens to a host

host_signal()
{
	local pid

	for pid in $(ip netns pids "$FRONTS-$2"); do
		kill "-$1" "$pid" 2>/dev/null || :
	done
}

# Its processes end at once, and its connections with them.
host_kill()
{
	host_signal KILL "$1"
	host_is_idle "$1" || wait_until host_is_idle "$1"
}

host_is_idle()
{
	[ -z "$(ip netns pids "$FRONTS-$1")" ]
}

host_hang()
{
	host_signal STOP "$1"
}

host_wake()
{
	host_signal CONT "$1"
}

# Nothing from it and nothing to it, and nobody is told.
host_cut()
{
	ip -n "$FRONTS-front" link set "$1" down
}

host_join()
{
	ip -n "$FRONTS-front" link set "$1" up
}

# Does anybody listen on TCP port $2 of host $1?
host_listens()
{
	[ -n "$(on "$1" ss -Hltn "sport = :$2")" ]
}

# ---- What runs on them

# sipcgi-each with the options after the host, if any, and the handler with
# the scripts in directory $SCRIPTS, behind tcpserver.
each_start()
{
	start_on "$1" env -i PATH=/usr/bin:/bin HOST="$1" ${STATE_DIRECTORY:+"STATE_DIRECTORY=$STATE_DIRECTORY"} \
	    "$SUPER/ucspi-tcp/usr/bin/tcpserver" -RHl0 -c 1024 -b 4096 0 5060 \
	    "$EACH" -l "$BATS_FILE_TMPDIR/$1.log" "${@:2}" \
	    "$HANDLER" -d "$SCRIPTS" -e HOST \
	    -l "$BATS_FILE_TMPDIR/$1.log"
	wait_until host_listens "$1" 5060
}

# The handler alone, one request for each connection.
handler_start()
{
	start_on "$1" env -i PATH=/usr/bin:/bin HOST="$1" ${STATE_DIRECTORY:+"STATE_DIRECTORY=$STATE_DIRECTORY"} \
	    "$SUPER/ucspi-tcp/usr/bin/tcpserver" -RHl0 -c 1024 -b 4096 0 5060 \
	    "$HANDLER" -d "$SCRIPTS" -e HOST \
	    -l "$BATS_FILE_TMPDIR/$1.log"
	wait_until host_listens "$1" 5060
}

# Run a front end: `front_start PACKAGE... -- COMMAND...`. The unpacked
# packages are laid over /usr, directory $ETC over /etc, so that programs,
# modules and configurations are in the places that they have on a machine
# where they are installed. /run and /var/log are empty.
front_start()
{
	local usr='' etc=$ETC

	while [ "$1" != -- ]; do
		usr=$usr$SUPER/$1/usr:
		[ ! -d "$SUPER/$1/etc" ] || etc=$etc:$SUPER/$1/etc
		shift
	done
	shift
	start_on front unshare --mount sh -ec '
		mount -t overlay -o "lowerdir=$0" overlay /usr
		mount -t overlay -o "lowerdir=$1" overlay /etc
		mount -t tmpfs run /run
		mount -t tmpfs log /var/log
		shift
		exec "$@"' "$usr/usr" "$etc:/etc" "$@"
}

# ---- Calls

# The smallest script, so that what is measured is not the script: a static
# program that redirects whatever it is asked.
smallest_script()
{
	mkdir -p "$SCRIPTS"
	cc -O2 -nostdlib -static -no-pie -fno-stack-protector \
	    -o "$SCRIPTS/default.cgi" "$TOP/tests/bench/smallest.c"
}

# Calls from peer to 192.0.2.1, all of which must be redirected:
# `calls COUNT RATE [OPTION]...`, with options of sipp. Sets CALLED, calls a
# second; leaves what each took in the file milliseconds, sorted.
calls()
{
	local count=$1 rate=$2 status=0 began=${EPOCHREALTIME/./}

	shift 2
	rm -f ./*_rtt.csv sipp.err
	TERM=dumb on peer timeout 400 sipp -sf "$BATS_TEST_DIRNAME/redirect.xml" \
	    -i 192.0.2.7 -m "$count" -r "$rate" -nostdin \
	    -trace_rtt -rtt_freq 1 -trace_err -error_file sipp.err "$@" \
	    192.0.2.1:5060 >sipp.out 2>&1 3>&- </dev/null || status=$?
	CALLED=$((count * 1000000 / (${EPOCHREALTIME/./} - began)))
	tail -qn +2 ./*_rtt.csv 2>/dev/null | cut -d ';' -f 2 |
	    sort -n >milliseconds
	if [ "$status" -ne 0 ] || ! has_lines "$count" milliseconds; then
		echo "sipp: status $status, $(wc -l <milliseconds) of $count answered"
		grep -a 'Failed call\|Successful call' sipp.out | tail -n 2
		grep -ah '^20' sipp.err 2>/dev/null | cut -f 3 |
		    cut -c 1-200 | sort | uniq -c | tail -n 10
		tail -n 20 "$BATS_FILE_TMPDIR"/*.out
		return 1
	fi
}

has_lines()
{
	[ "$(wc -l <"$2")" -eq "$1" ]
}

# How late the calls in the file milliseconds were.
lateness()
{
	awk '
	{ ms[NR] = $1; late += $1 > 200 }
	END {
		printf "half within %d ms, 99 %% within %d, the last after %d, " \
		    "%d after more than 200", ms[int((NR + 1) / 2)],
		    ms[int(NR * 0.99)], ms[NR], late
	}' milliseconds
}

# Shown by tests/run.
figure()
{
	echo "# figure: $*" >&3
}

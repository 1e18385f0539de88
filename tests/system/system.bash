# Functions for the tests that run in a box with a systemd of its own.
# shellcheck shell=bash
#
# A test file calls system_start in setup_file and system_stop in
# teardown_file. Between them the project is installed in the box with its
# default paths, and each file of tests/system/scripts as the script of a user:
# scripts/hang is what sip:hang@box runs.

# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

# shellcheck source=tests/helpers/helper.bash
. "${BASH_SOURCE[0]%/*}/../helpers/helper.bash"

# Shared between the machine and the box, at the same path.
SHARED=$BUILD/system
SCRIPTS=/usr/local/lib/sip-cgi-bin
CLIENT=$BUILD/tests/load/client

box()
{
	"$TOP/tests/system/box" "$@"
}

inside()
{
	box run "$@"
}

box_start()
{
	BOX=$(mktemp -d /tmp/sipcgi-box.XXXXXX)
	BOX_SHARE="$TOP $BUILD"
	export BOX BOX_SHARE
	mkdir -p "$SHARED"
	# Where the tests are killed, the box does not stay behind.
	setsid sh -c 'tail --pid="$1" -f /dev/null; exec "$2" stop' - $$ \
	    "$TOP/tests/system/box" </dev/null >/dev/null 2>&1 3>&- &
	box start
}

system_start()
{
	box_start
	inside make -s -C "$TOP" BUILD="$BUILD" install >/dev/null
	inside systemd-sysusers
	inside systemd-tmpfiles --create sip-cgi.conf
	# The example that answers everybody would hide that a script is missing.
	inside rm -f "$SCRIPTS/default.cgi"
	sh_inside 'for f in "$1"/*; do
		install -m 755 "$f" "$2/${f##*/}@box"
	done' - "$TOP/tests/system/scripts" "$SCRIPTS"
	inside systemctl daemon-reload
}

# Run shell commands in the box: sh_inside 'COMMANDS' - ARGUMENT...
sh_inside()
{
	inside bash -c "$@"
}

system_stop()
{
	box stop
}

# xinetd is unpacked into the box, where Debian's package would have put it.
xinetd_install()
{
	inside cp "$BUILD/super/xinetd/usr/sbin/xinetd" /usr/sbin/xinetd
}

# Start it by root with the shipped entries "$@" (sip-cgi), and no others.
xinetd_start()
{
	local entry

	[ $# -gt 0 ] || set -- sip-cgi
	sh_inside 'sed -i "s/^\(.disable *=\).*/\1 yes/" "$@"' - \
	    /usr/local/etc/xinetd.d/sip-cgi{,-each,-udp}
	for entry; do
		inside sed -i 's/^\(.disable *=\).*/\1 no/' \
		    "/usr/local/etc/xinetd.d/$entry"
	done
	echo 'includedir /usr/local/etc/xinetd.d' |
	    inside tee /etc/xinetd.conf >/dev/null
	super_run /usr/sbin/xinetd -dontfork
}

# Run a super-server as a service of its own, so that all of it can be ended.
super_run()
{
	inside systemd-run --quiet --unit=super --collect "$@"
}

# The sandbox of the fast lane for sip-cgi@.service too.
harden()
{
	sh_inside 'mkdir -p "/run/systemd/system/$1.d" && ln -s "$2" \
	    "/run/systemd/system/$1.d/"' - sip-cgi@.service \
	    /usr/local/lib/systemd/system/sip-cgi-inetd.service.d/hardened.conf
	inside systemctl daemon-reload
}

# Settings of this test: `drop_in UNIT SECTION LINE...`, gone with drop_out.
drop_in()
{
	local unit=$1 section=$2

	shift 2
	printf '%s\n' "[$section]" "$@" | sh_inside 'mkdir -p "$1" &&
	    cat >>"$1/test.conf"' - "/run/systemd/system/$unit.d"
	inside systemctl daemon-reload
}

drop_out()
{
	sh_inside 'rm -rf /run/systemd/system/*.d'
	inside systemctl daemon-reload
}

# Every unit of ours back as it was before a test.
units_reset()
{
	inside systemctl stop sip-cgi.socket sip-cgi-inetd.service \
	    sip-cgi-each.socket sip-cgi-udp.socket sip-cgi-udp.service \
	    'sip-cgi@*.service' 'sip-cgi-each@*.service'
	drop_out
	inside systemctl reset-failed
}

# For this test alone, so that its lines in the journal can be told.
CALL_ID=test-${BATS_TEST_NUMBER:-0}@box

# Has the journal a line of the handler for a request of this test, of the
# event $1 and with $2 behind the Call-ID? Not by unit or program: journald
# looks them up, and the process may have become the script, or have ended.
is_logged()
{
	inside journalctl --quiet -n 1 \
	    --grep="^$1 .*call-id=$CALL_ID${2:+.*$2}"
}

# Has it what the script fail says on standard error, for this test?
is_failure_logged()
{
	inside journalctl --quiet -n 1 \
	    --grep="this script always fails, also for $CALL_ID"
}

# A request for the script of user $1.
message()
{
	printf '%s\r\n' "${2:-OPTIONS} sip:$1@box SIP/2.0" \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    'From: <sip:tester@example.org>;tag=1' "To: <sip:$1@box>" \
	    "Call-ID: $CALL_ID" "CSeq: 1 ${2:-OPTIONS}" \
	    'Content-Length: 0' ''
}

# Ask for the script of user $1, with options of tests/load/client: prints its
# line, "ok=1 error=0 empty=0 reset=0 refused=0 timeout=0 ...".
ask()
{
	local user=$1

	shift
	message "$user" >"$SHARED/$user.sip"
	inside "$CLIENT" "$@" "${SERVER:-127.0.0.1}" "${PORT:-5060}" \
	    "$SHARED/$user.sip"
}

# Ask in the background: the client's process id in ASKING.
ask_on()
{
	ask "$@" >"$SHARED/asked" 3>&- &
	# shellcheck disable=SC2034 # the tests wait for it
	ASKING=$!
}

running_instances()
{
	inside systemctl list-units --no-legend --plain --state=running \
	    'sip-cgi@*.service' | wc -l
}

instances_are()
{
	[ "$(running_instances)" -eq "$1" ]
}

# The script's first line for a request over $1 says who asked, and which user
# it runs as.
check_peer()
{
	message ok >"$SHARED/request"
	sh_inside 'exec 4<>"/dev/tcp/$1/5060"; cat >&4; cat <&4' - "$1" 	    <"$SHARED/request" >"$SHARED/answer"
	head -n 1 "$SHARED/answer" >"$SHARED/got"
	printf 'SIP/2.0 200 OK from %s as sip-cgi\r\n' "$1" |
	    cmp - "$SHARED/got"
}

# The one request that must work after each fault.
check_served()
{
	asked=$(ask ok)
	[[ $asked == "ok=1 "* ]] || { echo "$asked"; false; }
}

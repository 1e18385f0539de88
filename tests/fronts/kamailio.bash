# For the tests of Kamailio: the front as README of an example sets it up.
# shellcheck shell=bash

load fronts

# The example $1 on the front, its files in /etc/kamailio, and README's
# commands. What else a test wants changed there it changes between this and
# kamailio_start.
kamailio_install()
{
	export ETC=$BATS_FILE_TMPDIR/etc SCRIPTS=$BATS_FILE_TMPDIR/scripts
	mkdir -p "$ETC" "$SCRIPTS"
	cp -R "$TOP/examples/front/$1" "$ETC/kamailio"
	echo '#!define KEY "0123456789abcdef"' >"$ETC/kamailio/local.cfg"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=192.0.2.1 \
	    -keyout "$ETC/kamailio/sip.key" -out "$ETC/kamailio/sip.pem" \
	    2>/dev/null
}

# Start it, and wait until it has found the hosts "$@", which run already.
kamailio_start()
{
	local host

	rm -f "$BATS_FILE_TMPDIR/capacity"
	front_start kamailio kamailio-tls-modules kamailio-websocket-modules -- \
	    sh -c 'mkdir /run/kamailio && exec kamailio -DD -E -m 128 -M 8 \
	    -f /etc/kamailio/kamailio.cfg'
	wait_until host_listens front 5060
	for host; do
		wait_until has_connection "$host"
	done
}

# How many TCP connections host $1 has accepted since it is there.
connections()
{
	on "$1" awk '/^Tcp: [0-9]/ { print $7 }' /proc/net/snmp
}

has_connection()
{
	[ "$(connections "$1")" -gt 0 ]
}

# How many calls a second there can be: as many as 32 callers get who call
# without a pause. Measured once for a file, and anew after the front was
# started again.
capacity()
{
	local file=$BATS_FILE_TMPDIR/capacity

	if [ ! -e "$file" ]; then
		calls 2000 100000 -l 32 >&2 || return
		echo "$CALLED" >"$file"
	fi
	cat "$file"
}

# 10,000 calls at a $1th of that rate.
none_lost_at_one_in()
{
	local rate

	rate=$(capacity)
	rate=$((rate / $1))
	calls 10000 "$rate"
	figure "10000 calls, $rate a second: $(lateness)"
}

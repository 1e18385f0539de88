# For haproxy.bats, nginx.bats and stunnel.bats: front ends that pass on a
# connection as it is, less its TLS. Loaded after fronts.bash.
# shellcheck shell=bash
# What fronts.bash and bats set:
# shellcheck disable=SC2153,SC2154

# What the files of these front ends name: users, a certificate, and this
# program, installed.
streams_prepare()
{
	export ETC=$BATS_FILE_TMPDIR/etc LOCAL=$BATS_FILE_TMPDIR/local
	export SCRIPTS=$LOCAL/lib/sip-cgi-bin
	local id=800 user

	mkdir -p "$ETC" "$LOCAL/libexec" "$LOCAL/share/sip-cgi" "$SCRIPTS"
	cp "$HANDLER" "$LOCAL/libexec/sipcgi-handler"
	cp "$EACH" "$LOCAL/libexec/sipcgi-each"
	cp "$TOP/lib/sip-cgi.sh" "$LOCAL/share/sip-cgi"
	cat >"$SCRIPTS/default.cgi" <<-'END'
		#!/bin/sh
		. /usr/local/share/sip-cgi/sip-cgi.sh
		sip_reply 302 'Contact: <sip:bob@192.0.2.9>' \
		    "Seen: $REMOTE_ADDR $REMOTE_PORT" \
		    "Here: $SERVER_NAME $SERVER_PORT" \
		    "Certificate: $SSL_CLIENT_DN" "User: $(id -un)"
	END
	chmod 755 "$SCRIPTS/default.cgi"
	cp /etc/passwd /etc/group "$ETC"
	for user in haproxy stunnel4 sip-cgi; do
		id=$((id + 1))
		echo "$user:x:$id:$id::/nonexistent:/bin/false" >>"$ETC/passwd"
		echo "$user:x:$id:" >>"$ETC/group"
	done
	make_certificate "$BATS_FILE_TMPDIR/sip" -subj /CN=192.0.2.1
	cat "$BATS_FILE_TMPDIR/sip.key" "$BATS_FILE_TMPDIR/sip.crt" \
	    >"$BATS_FILE_TMPDIR/sip.pem"
}

# Hosts, and callers on peer who have an address each.
streams_up()
{
	local i

	hosts_up
	for i in {101..110}; do
		ip -n "$FRONTS-peer" addr add "192.0.2.$i/24" dev eth0
	done
}

# A certificate FILE.crt and its key, FILE.key: `make_certificate FILE [OPTION]...`
make_certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -keyout "$1.key" -out "$1.crt" "${@:2}" 2>/dev/null
}

# sipcgi-each with the options after the host on its port $PORT, with the
# installed program.
each_start_at()
{
	# shellcheck disable=SC2016 # the other shell's variables
	start_on "$1" unshare --mount sh -ec '
		mount -t overlay -o "lowerdir=$0:/usr/local" local /usr/local
		exec env -i PATH=/usr/bin:/bin "$@"' "$LOCAL" \
	    ${STATE_DIRECTORY:+"STATE_DIRECTORY=$STATE_DIRECTORY"} \
	    "$SUPER/ucspi-tcp/usr/bin/tcpserver" -RHl0 -c 1024 -b 4096 0 \
	    "$PORT" /usr/local/libexec/sipcgi-each \
	    -l "$BATS_FILE_TMPDIR/$1.log" "${@:2}" \
	    /usr/local/libexec/sipcgi-handler -d /usr/local/lib/sip-cgi-bin \
	    -l "$BATS_FILE_TMPDIR/$1.log"
	wait_until host_listens "$1" "$PORT"
}

proxied_start()
{
	PORT=5070 each_start_at "$1" -P
}

# A front end and the programs that it may start, with an empty /var/lib but
# for the directories $DIRECTORIES: `stream_start PACKAGE... -- COMMAND...`.
stream_start()
{
	local -a packages=()

	while [ "$1" != -- ]; do
		packages+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2016 # the other shell's variables
	front_start "${packages[@]}" -- sh -ec '
		mount -t overlay -o "lowerdir=$0:/usr/local" local /usr/local
		mount -t tmpfs lib /var/lib
		for d in $1; do
			mkdir -p "$d"
		done
		[ ! -d /var/lib/sip-cgi ] || chown sip-cgi /var/lib/sip-cgi
		shift
		exec "$@"' "$LOCAL" "${DIRECTORIES:-}" "$@"
}

# The script sees who calls the front end, by each of its ports.
sees_callers()
{
	local ask=$BATS_TEST_DIRNAME/ask.py

	run -0 on peer "$ask" --times 2 192.0.2.1 5060
	[ "$output" = $'302 me 192.0.2.1 5060 root \n302 me 192.0.2.1 5060 root ' ]
	run -0 on peer "$ask" --from 192.0.2.103 --tls --times 2 192.0.2.1 5061
	[ "$output" = $'302 me 192.0.2.1 5061 root \n302 me 192.0.2.1 5061 root ' ]
	# As nc and sipsak end what they send.
	run -0 on peer "$ask" --half-close 192.0.2.1 5060
	[ "$output" = '302 me 192.0.2.1 5060 root ' ]
	run -0 on front "$ask" ::1 5060
	[ "$output" = '302 me ::1 5060 root ' ]
	run -0 on front "$ask" --tls ::1 5061
	[ "$output" = '302 me ::1 5061 root ' ]
}

# Who does not speak SIP over TLS or TCP gets nowhere, holds no connection, and
# keeps nobody from calling: `withstands_strangers [OPTION]`, of strangers.py.
withstands_strangers()
{
	on peer "$BATS_TEST_DIRNAME/strangers.py" "$@" 192.0.2.1
	run -0 on peer "$BATS_TEST_DIRNAME/ask.py" --tls 192.0.2.1 5061
	[[ $output == '302 me '* ]]
}

# One connection for each caller is what the front end is set to.
counts_callers()
{
	run -0 on peer "$BATS_TEST_DIRNAME/ask.py" --from 192.0.2.101 \
	    --from 192.0.2.101 --from 192.0.2.102 192.0.2.1 5060
	[ "$output" = $'302 me 192.0.2.1 5060 root \nclosed
302 me 192.0.2.1 5060 root ' ]
}

# Calls while something happens to host one: `calls_while WHAT [OPTION]...`,
# with options of callers.py. WHAT is begun when calls have been served. $OVER,
# if any, ends it when the other host has served more, and before a caller gives
# up waiting. No call is lost.
calls_while()
{
	local status=0 callers

	: >"$BATS_FILE_TMPDIR/one.log"
	: >"$BATS_FILE_TMPDIR/two.log"
	wait_until calls_reach one
	wait_until calls_reach two
	ip netns exec "$FRONTS-peer" "$BATS_TEST_DIRNAME/callers.py" "${@:2}" \
	    192.0.2.1 192.0.2.{101..110} >callers.out 2>&1 3>&- &
	callers=$!
	await_served one 50 "$callers"
	"$1" one
	kill -USR1 "$callers"
	if [ -n "${OVER:-}" ]; then
		await_served two $(($(served two) + 200)) "$callers"
		"$OVER" one
	fi
	wait "$callers" || status=$?
	sed "s/^/# $BATS_TEST_DESCRIPTION: /" callers.out >&3
	return "$status"
}

calls_reach()
{
	on peer "$BATS_TEST_DIRNAME/ask.py" 192.0.2.1 5060 >/dev/null
	[ "$(served "$1")" -gt 0 ]
}

served()
{
	grep -c ' done .*method=INVITE' "$BATS_FILE_TMPDIR/$1.log"
}

# Until host $1 has served $2 calls or the callers, process $3, have ended; for
# at most ten seconds.
await_served()
{
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(served "$1")" -lt "$2" ] && ! is_gone "$3" || return 0
		sleep 0.1
	done
}

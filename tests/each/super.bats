# sipcgi-each under each super-server, by the recipes of doc/super-servers.md,
# examples/front and the shipped xinetd entries: connections that are kept, and
# UDP.
# systemd's own are in system/each.bats.

load each
# shellcheck source=tests/super/super.bash
. "$BATS_TEST_DIRNAME/../super/super.bash"

# What an inetd waits for does not end with it.
teardown()
{
	local child
	local -a children=()

	[ -n "${SUPER_PID:-}" ] || return 0
	read -ra children <"/proc/$SUPER_PID/task/$SUPER_PID/children" || :
	super_stop
	for child in "${children[@]}"; do
		kill "$child" 2>/dev/null || :
		wait_until is_gone "$child"
	done
}

# start KIND tcp|udp: on a port of loopback that the kernel picks, PORT.
start()
{
	local program

	program=$(super_program "$1")
	[ -x "$program" ] || skip "$1 is not here: run tests/packages"
	answerer <<-'END'
		printf 'SIP/2.0 200 %s\n\n' "$REMOTE_ADDR"
	END
	for _ in 1 2 3 4 5; do
		PORT=$(free_port)
		"start_$1" "$program" "$2" >server.log 2>&1 </dev/null 3>&- &
		SUPER_PID=$!
		wait_until is_bound "$PORT" "$SUPER_PID"
		is_gone "$SUPER_PID" || return 0
	done
	cat server.log
	return 1
}

is_bound()
{
	is_listening_or_gone "$1" "$2" || is_bound_udp "$1"
}

# The shipped entry with this test's paths.
start_xinetd()
{
	local entry=sip-cgi-each
	local -a sanitized=()

	[ "$2" = tcp ] || entry=sip-cgi-udp
	# The address sanitizer reserves terabytes that it does not use.
	! grep -q __asan_init "$EACH" || sanitized=(-e '/rlimit_as/d')
	sed "${sanitized[@]}" -e "s|@libexecdir@/sipcgi-each|$EACH|" \
	    -e "s|^\(.server_args *\)=.*|\1= -l $LOG $HANDLER -d $DIR -l none|" \
	    -e "s|^\(.port *\)=.*|\1= $PORT\n\tbind = 127.0.0.1|" \
	    -e "s|^\(.flags *= \)IPv6|\1IPv4|" \
	    -e "s|^\(.user *\)=.*|\1= $(id -un)|" \
	    -e "s|^\(.group *\)=.*|\1= $(id -gn)|" \
	    -e 's|^\(.disable *\)=.*|\1= no|' \
	    "$TOP/xinetd.d/$entry.in" >conf
	exec "$1" -dontfork -f conf -filelog /dev/stderr -pidfile pid
}

start_openbsd-inetd()
{
	local how=stream\ tcp4\ nowait

	[ "$2" = tcp ] || how=dgram\ udp4\ wait
	echo "127.0.0.1:$PORT $how $(id -un) $EACH sipcgi-each -l $LOG" \
	    "$HANDLER -d $DIR -l none" >conf
	exec "$1" -i "$PWD/conf"
}

start_tcpserver()
{
	exec "$1" -RHl0 127.0.0.1 "$PORT" "$EACH" -l "$LOG" \
	    "$HANDLER" -d "$DIR" -l none
}

start_socket-activate()
{
	local how=--datagram

	[ "$2" = udp ] || how='--accept --inetd'
	# Words on purpose:
	# shellcheck disable=SC2086
	exec "$1" $how -l "127.0.0.1:$PORT" "$EACH" -l "$LOG" \
	    "$HANDLER" -d "$DIR" -l none
}

# examples/front's, with a certificate, paths and port of this test's own.
start_stunnel()
{
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost \
	    -keyout key.pem -out certificate.pem
	cat key.pem certificate.pem >sip.pem
	sed -e "s|^accept = .*|accept = 127.0.0.1:$PORT|" \
	    -e "s|/etc/stunnel/sip.pem|$PWD/sip.pem|" -e '/^set[ug]id/d' \
	    -e "s|^exec = .*|exec = $EACH|" \
	    -e "s|^\(execArgs = sipcgi-each\).*|\1 -l $LOG $HANDLER -d $DIR -l none|" \
	    "$TOP/examples/front/stunnel/sips-exec.conf" >conf
	exec "$1" "$PWD/conf"
}

# Two requests on one connection, and another connection.
asks_tcp()
{
	PORT=$PORT peer <<-'END'
	def connect():
	    s = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])),
	                                 timeout=BOUND)
	    return s
	s, t = connect(), connect()
	for c in s, s, t:
	    c.send(request(transport='TCP'))
	    r = Response(c.recv(65536))
	    assert r.line == 'SIP/2.0 200 127.0.0.1', r
	END
}

# The same over TLS; from another address, which the script is to see.
asks_tls()
{
	PORT=$PORT peer <<-'END'
	import ssl
	context = ssl.create_default_context()
	context.check_hostname = False
	context.verify_mode = ssl.CERT_NONE
	raw = socket.socket()
	raw.settimeout(BOUND)
	raw.bind(('127.0.0.5', 0))
	raw.connect(('127.0.0.1', int(os.environ['PORT'])))
	with context.wrap_socket(raw) as s:
	    for i in range(2):
	        s.send(request(transport='TLS'))
	        r = Response(s.recv(65536))
	        assert r.line == 'SIP/2.0 200 127.0.0.5', r
	END
}

# Some datagrams; all are served by one process.
asks_udp()
{
	PORT=$PORT peer <<-'END'
	for i in range(5):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.settimeout(BOUND)
	    s.connect(('127.0.0.1', int(os.environ['PORT'])))
	    s.send(request())
	    r = Response(s.recv(65536))
	    assert r.line == 'SIP/2.0 200 127.0.0.1', r
	END
	[ "$(runs_by)" -eq 1 ]
}

# Processes of sipcgi-each that logged a script's end.
runs_by()
{
	sed -n 's/.*\[\([0-9]*\)\].* done .*/\1/p' "$LOG" | sort -u | wc -l
}

@test "xinetd, the entry for kept connections" {
	start xinetd tcp
	asks_tcp
}

@test "xinetd, the entry for UDP: wait = yes" {
	start xinetd udp
	asks_udp
}

@test "openbsd-inetd, kept connections" {
	start openbsd-inetd tcp
	asks_tcp
}

@test "openbsd-inetd, UDP: dgram wait" {
	start openbsd-inetd udp
	asks_udp
}

@test "tcpserver, kept connections" {
	start tcpserver tcp
	asks_tcp
}

@test "systemd-socket-activate, kept connections" {
	start socket-activate tcp
	asks_tcp
}

@test "systemd-socket-activate, UDP" {
	start socket-activate udp
	asks_udp
}

@test "socat, kept connections by a Unix socket" {
	local program

	program=$(super_program socat)
	[ -x "$program" ] || skip 'socat is not here: run tests/packages'
	answerer <<-'END'
		printf 'SIP/2.0 200 %s\n\n' "$REMOTE_ADDR"
	END
	"$program" UNIX-LISTEN:socket,fork \
	    EXEC:"$EACH -l $LOG $HANDLER -d $DIR -l none" \
	    >server.log 2>&1 </dev/null 3>&- &
	SUPER_PID=$!
	wait_until [ -S socket ]
	peer <<-'END'
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(BOUND)
	s.connect('socket')
	for i in range(2):
	    s.send(request(transport='TCP'))
	    r = Response(s.recv(65536))
	    assert r.line == 'SIP/2.0 200 127.0.0.1', r
	END
}

@test "stunnel, kept connections over TLS: the peer is who speaks to stunnel" {
	start stunnel tcp
	asks_tls
}

#!/usr/bin/env bats
# Every shipped way to run promises a script the same, and an administrator the
# same about scripts: SECURITY.md, "However it is started". The table is here
# once, and each way is held to it.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

setup_file()
{
	system_start
	xinetd_install
	inside install -d -o sip-cgi /srv/of-the-user
}

teardown_file() { system_stop; }

teardown()
{
	inside systemctl stop super.service 2>/dev/null || :
	units_reset
}

promises()
{
	cat <<-'EOS'
	user sip-cgi, groups sip-cgi
	umask 0027
	no_new_privs 1
	seccomp filter 2
	capabilities 0000000000000000
	ignored signals 0
	blocked signals 0
	descriptors 0 1 2
	open files 1024
	stderr log
	no terminal
	writes state temporary
	no namespaces
	EOS
}

# What a script says of its world, asked over "$1", tcp or udp: the body of
# the answer.
said()
{
	message promises | sed 's/^Via: .*[^\r]/&;rport/' >"$SHARED/request"
	inside python3 -IS -c '
import socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET, kind)
s.settimeout(10)
s.connect(("127.0.0.1", 5060))
s.send(sys.stdin.buffer.read())
answer = b""
if kind == socket.SOCK_STREAM:
    s.shutdown(socket.SHUT_WR)
    for octets in iter(lambda: s.recv(65536), b""):
        answer += octets
else:
    answer = s.recv(65536)
sys.stdout.buffer.write(answer)' "$1" <"$SHARED/request" | sed '1,/^\r$/d'
}

# holds tcp or holds udp: for a service that is started.
holds()
{
	wait_until is_said "$1"
	promises | diff - "$SHARED/said"
}

is_said()
{
	said "$1" >"$SHARED/said" 2>&1 && grep -q ^user "$SHARED/said"
}

# The ways to run that are tested below.
TESTED='systemd/sip-cgi@.service.in
systemd/sip-cgi-inetd.service.in
systemd/sip-cgi-each@.service.in
systemd/sip-cgi-udp.service.in
xinetd.d/sip-cgi.in
xinetd.d/sip-cgi-each.in
xinetd.d/sip-cgi-udp.in'

# bats test_tags=P67
@test "every shipped way to run is held to the promises" {
	(cd "$TOP" && grep -l sipcgi-handler systemd/*.service.in \
	    xinetd.d/*) | sort >"$BATS_TEST_TMPDIR/shipped"
	sort <<<"$TESTED" | diff "$BATS_TEST_TMPDIR/shipped" -
}

# bats test_tags=P67
@test "sip-cgi@.service keeps the promises" {
	inside systemctl start sip-cgi.socket
	holds tcp
}

# bats test_tags=P67
@test "sip-cgi@.service, hardened, keeps the promises" {
	harden
	inside systemctl start sip-cgi.socket
	holds tcp
}

# bats test_tags=P67
@test "sip-cgi-inetd.service keeps the promises" {
	inside systemctl start sip-cgi-inetd
	holds tcp
}

# bats test_tags=P39,P67
@test "sip-cgi-each@.service keeps the promises" {
	inside systemctl start sip-cgi-each.socket
	holds tcp
}

# bats test_tags=P39,P67
@test "sip-cgi-udp.service keeps the promises" {
	inside systemctl start sip-cgi-udp.socket
	holds udp
}

# bats test_tags=P67
@test "xinetd with the shipped entry keeps the promises" {
	xinetd_start sip-cgi
	holds tcp
}

# bats test_tags=P67
@test "xinetd with the entries for kept connections and UDP keeps the promises" {
	xinetd_start sip-cgi-each sip-cgi-udp
	holds tcp
	holds udp
}

# bats test_tags=P67
@test "the promises are not kept without the sandbox and the umask" {
	drop_in sip-cgi@.service Service UMask=0022 ExecStart= \
	    'ExecStart=/usr/local/libexec/sipcgi-handler'
	inside systemctl start sip-cgi.socket
	wait_until is_said tcp
	for line in 'umask 0022' 'seccomp filter 0' \
	    'writes state home' namespaces; do
		grep -qx "$line" "$SHARED/said" || {
			cat "$SHARED/said"
			false
		}
	done
}

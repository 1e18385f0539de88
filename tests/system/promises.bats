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
	ignored signals 0000000000000000
	blocked signals 0000000000000000
	descriptors 0 1 2
	open files 1024
	stderr log
	no terminal
	writes state temporary
	no namespaces
	EOS
}

# What a script says of its world: the body of the answer.
said()
{
	message promises >"$SHARED/request"
	inside bash -c 'exec 4<>/dev/tcp/127.0.0.1/5060; cat >&4; cat <&4' \
	    <"$SHARED/request" | sed '1,/^\r$/d'
}

holds()
{
	wait_until check_served
	said >"$SHARED/said"
	promises | diff - "$SHARED/said"
}

# The ways to run that are tested below.
TESTED='systemd/sip-cgi@.service.in
systemd/sip-cgi-inetd.service.in
xinetd.d/sip-cgi.in'

@test "every shipped way to run is held to the promises" {
	(cd "$TOP" && ls systemd/*.service.in xinetd.d/*) | sort \
	    >"$BATS_TEST_TMPDIR/shipped"
	sort <<<"$TESTED" | diff "$BATS_TEST_TMPDIR/shipped" -
}

@test "sip-cgi@.service keeps the promises" {
	inside systemctl start sip-cgi.socket
	holds
}

@test "sip-cgi@.service, hardened, keeps the promises" {
	harden
	inside systemctl start sip-cgi.socket
	holds
}

@test "sip-cgi-inetd.service keeps the promises" {
	inside systemctl start sip-cgi-inetd
	holds
}

@test "xinetd with the shipped entry keeps the promises" {
	xinetd_start
	holds
}

@test "the promises are not kept without the sandbox and the umask" {
	drop_in sip-cgi@.service Service UMask=0022 ExecStart= \
	    'ExecStart=/usr/local/libexec/sipcgi-handler'
	inside systemctl start sip-cgi.socket
	wait_until check_served
	said >"$SHARED/said"
	for line in 'umask 0022' 'seccomp filter 0' \
	    'writes state home' namespaces; do
		grep -qx "$line" "$SHARED/said" || {
			cat "$SHARED/said"
			false
		}
	done
}

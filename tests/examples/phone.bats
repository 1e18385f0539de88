#!/usr/bin/env bats
# Real phones on connections that are kept, and over UDP: they register, are
# called by the 302, and call where that needs a password.

load registrar.bash
load phones.bash

teardown()
{
	stop_phones
	rm -rf "$STATE_DIRECTORY"
}

# served [HOW]: a domain that is this machine, with bob and alice.
served()
{
	example domain @127.0.0.1
	example locate
	example registrar
	registrar add bob@127.0.0.1 <<<secret
	registrar add alice@127.0.0.1 <<<secret
	"$@" kept serve
}

# The same over UDP.
served_udp()
{
	# shellcheck disable=SC2034 # phones.bash reads it
	TRANSPORT=udp
	served datagrams
}

# The same, where only users may call.
closed()
{
	served
	example members
	members_only @127.0.0.1
}

binding() { registrar list | grep -q "^$1 sip:"; }
no_binding() { ! binding "$1"; }

# answered_times N METHOD STATUS: so many requests were.
answered_times()
{
	[ "$(grep -c "done .*method=$2 .* status=$3 " log)" -eq "$1" ]
}

# Bob, a baresip, registers; alice, another, calls him at his own port, which
# the 302 has named.
baresip_is_called()
{
	local bob

	registrar offer MD5	# it knows no SHA-256
	start_baresip bob 600
	bob=$PID
	wait_until says bob '200 OK () \[1 binding\]'
	binding bob@127.0.0.1
	start_baresip alice 0 -e "/dial $(address_of bob)"
	wait_until says alice 'Call established'
	wait_until says bob 'Call established: sip:alice@127.0.0.1'
	# The line comes when the script has ended, which may be later.
	wait_until grep -q 'method=INVITE uri=sip:bob@127.0.0.1.* status=302 ' log
	# It takes its binding away when it ends.
	kill "$bob"
	wait_until no_binding bob@127.0.0.1
}

# Bob, a Linphone, registers, and calls nobody a few times. All comes from one
# connection or socket, and he does not register again meanwhile, as he does
# several times a second where his connection is closed after each answer.
linphone_registers_once()
{
	local i

	start_linphone bob
	wait_until binding bob@127.0.0.1
	for i in 1 2 3 4 5; do
		echo 'call sip:nobody@127.0.0.1' >&6
		wait_until says bob 'Call [0-9]* with sip:nobody@127.0.0.1 error' "$i"
	done
	wait_until answered_times 5 INVITE 404
	answered_times 1 REGISTER 200
	[ "$(sed -n 's/.* done .* peer=\([^ ]*\) .*/\1/p' log | sort -u | wc -l)" -eq 1 ]
}

@test "phone: baresip registers over TCP, another calls it by the 302" {
	served
	baresip_is_called
}

@test "phone: baresip registers over UDP, another calls it by the 302" {
	served_udp
	baresip_is_called
}

@test "phone: baresip registers and calls with a password, on one connection" {
	closed
	registrar offer MD5
	start_baresip bob 600
	wait_until says bob '200 OK () \[1 binding\]'
	start_baresip alice 600 -e "/dial $(address_of bob)"
	wait_until says alice 'Call established'
	wait_until says bob 'Call established: sip:alice@127.0.0.1'
	asked_and_called
}

@test "phone: Linphone over TCP registers once, with its connection's port" {
	local peer

	served
	linphone_registers_once
	peer=$(sed -n 's/.* done .* peer=\([^ ]*\) .*/\1/p' log | head -n 1)
	registrar list | grep -q "^bob@127.0.0.1 sip:bob@$peer;"
}

@test "phone: Linphone over UDP registers once, a baresip calls it by the 302" {
	served_udp
	linphone_registers_once
	start_baresip alice 0 -e "/dial $(address_of bob)"
	wait_until says alice 'Call established'
	wait_until says bob 'Call [0-9]* with sip:alice@127.0.0.1.* connected'
	wait_until answered_times 1 INVITE 302
}

@test "phone: Linphone registers and calls with a password, on one connection" {
	closed
	register user=bob domain=127.0.0.1 contact='<sip:bob@192.0.2.7>'
	start_linphone alice
	wait_until binding alice@127.0.0.1
	echo 'call sip:bob@127.0.0.1' >&6
	asked_and_called
}

# Alice's call was challenged and then redirected on one connection; she
# registered, on the same one or, where she dialled at once, on one beside it.
asked_and_called()
{
	local peer called='done .*method=INVITE .* status=302 '

	wait_until grep -q "$called" log
	peer=$(sed -n 's/.*done .*peer=\([^ ]*\) method=INVITE .* status=302 .*/\1/p' \
	    log | head -n 1)
	wait_until grep -q "done .*peer=$peer method=INVITE .* status=401 " log
	wait_until binding alice@127.0.0.1
}

@test "phone: sipsak registers over TCP" {
	served
	registrar offer MD5
	sipsak_asks -U -C "sip:bob@127.0.0.1:9" -u bob -a secret -x 600 \
	    -s "sip:bob@127.0.0.1:$PORT"
	binding bob@127.0.0.1
}

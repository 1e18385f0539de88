#!/usr/bin/env bats
# Real phones on connections that are kept: they register, are called by the
# 302, and call where that needs a password.

load registrar.bash

# A domain that is this machine, with bob and alice.
served()
{
	example domain @127.0.0.1
	example locate
	example registrar
	registrar add bob@127.0.0.1 <<<secret
	registrar add alice@127.0.0.1 <<<secret
	kept serve
}

# The same, where only users may call.
closed()
{
	served
	example members
	members_only @127.0.0.1
}

# phone NAME REGINT [OPTION]...: a baresip with its account, silent sound and no
# terminal; its words go to NAME/out. Sets PID. REGINT 0: it does not register.
phone()
{
	local name=$1 regint=$2 modules

	shift 2
	modules=$(dirname "$(dpkg -L baresip-core | grep '/g711\.so$')")
	mkdir "$name"
	cat >"$name/config" <<-END
		sip_listen 127.0.0.1:0
		module_path $modules
		audio_source aufile,$BATS_TEST_TMPDIR/silence.wav
		audio_player aufile,$name/heard.wav
		audio_alert aufile,$name/alert.wav
		module g711.so
		module aufile.so
		module_app account.so
		module_app contact.so
		module_app menu.so
	END
	echo "<sip:$name@127.0.0.1:$PORT;transport=tcp>;auth_pass=secret;regint=$regint;answermode=auto" \
	    >"$name/accounts"
	touch "$name/contacts"
	silence
	setsid baresip -f "$name" "$@" </dev/null >"$name/out" 2>&1 3>&- &
	PID=$!
	PIDS+=("$PID")
	wait_until says "$name" '^Local network address:'
	! says "$name" '^Local network address: *$' ||
	    skip 'baresip wants an IPv4 address besides loopback'
}

# Ten seconds of it, 8 kHz, 16 bits.
silence()
{
	perl -e 'print "RIFF", pack("V", 160036), "WAVEfmt ",
	    pack("VvvVVvv", 16, 1, 1, 8000, 16000, 2, 16), "data",
	    pack("V", 160000), "\0" x 160000' >silence.wav
}

says() { grep -aq -e "$2" "$1/out"; }

# A phone that does not end by itself is ended the hard way.
teardown()
{
	local pid

	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$STATE_DIRECTORY"
}

binding() { registrar list | grep -q "^$1 sip:"; }
no_binding() { ! binding "$1"; }

@test "phone: baresip registers over TCP, another calls it by the 302" {
	local bob

	served
	registrar offer MD5	# it knows no SHA-256
	phone bob 600
	bob=$PID
	wait_until says bob '200 OK () \[1 binding\]'
	binding bob@127.0.0.1
	phone alice 0 -e "/dial sip:bob@127.0.0.1:$PORT;transport=tcp"
	wait_until says alice 'Call established'
	wait_until says bob 'Call established: sip:alice@127.0.0.1'
	grep -q 'method=INVITE uri=sip:bob@127.0.0.1' log
	# It takes its binding away when it ends.
	kill "$bob"
	wait_until no_binding bob@127.0.0.1
}

@test "phone: baresip registers and calls with a password, on one connection" {
	closed
	registrar offer MD5
	phone bob 600
	wait_until says bob '200 OK () \[1 binding\]'
	phone alice 600 -e "/dial sip:bob@127.0.0.1:$PORT;transport=tcp"
	wait_until says alice 'Call established'
	wait_until says bob 'Call established: sip:alice@127.0.0.1'
	asked_and_called
}

@test "phone: Linphone registers and calls with a password, on one connection" {
	command -v linphonec >/dev/null || skip 'needs linphonec (linphone-cli)'
	closed
	register user=bob domain=127.0.0.1 contact='<sip:bob@192.0.2.7>'
	mkdir -p home/.local/share/linphone
	cat >linphonerc <<-END
		[sip]
		sip_port=0
		sip_tcp_port=-1
		default_proxy=0
		[auth_info_0]
		username=alice
		passwd=secret
		realm=127.0.0.1
		[proxy_0]
		reg_proxy=<sip:127.0.0.1:$PORT;transport=tcp>
		reg_identity=sip:alice@127.0.0.1
		reg_expires=600
		reg_sendregister=1
		publish=0
	END
	mkfifo typed
	HOME=$PWD/home linphonec -c linphonerc <typed >linphone.out 2>&1 3>&- &
	PIDS+=($!)
	exec 6>typed
	wait_until binding alice@127.0.0.1
	echo 'call sip:bob@127.0.0.1' >&6
	asked_and_called
	exec 6>&-
}

# Alice's call was challenged and then redirected on one connection; she
# registered, on the same one or, where she dialled at once, on one beside it.
asked_and_called()
{
	local peer called='done .*method=INVITE .* status=302 '

	wait_until grep -q "$called" log
	peer=$(sed -n 's/.*done .*peer=\([^ ]*\) method=INVITE .* status=302 .*/\1/p' \
	    log | head -n 1)
	grep -q "done .*peer=$peer method=INVITE .* status=401 " log
	wait_until binding alice@127.0.0.1
}

@test "phone: sipsak registers over TCP" {
	served
	registrar offer MD5
	sipsak_asks -U -C "sip:bob@127.0.0.1:9" -u bob -a secret -x 600 \
	    -s "sip:bob@127.0.0.1:$PORT"
	binding bob@127.0.0.1
}

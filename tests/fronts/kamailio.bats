#!/usr/bin/env bats
# Kamailio with examples/front/kamailio, in front of sipcgi-each on two hosts.
# Runs alone: it measures how many calls there can be.

load fronts

setup_file()
{
	export ETC=$BATS_FILE_TMPDIR/etc SCRIPTS=$BATS_FILE_TMPDIR/scripts
	mkdir -p "$ETC"
	cp -R "$TOP/examples/front/kamailio" "$ETC/kamailio"
	smallest_script
	hosts_up
	# README's commands.
	echo '#!define KEY "0123456789abcdef"' >"$ETC/kamailio/key.cfg"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=192.0.2.1 \
	    -keyout "$ETC/kamailio/sip.key" -out "$ETC/kamailio/sip.pem" \
	    2>/dev/null
	each_start one
	each_start two
	kamailio_start
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

kamailio_start()
{
	front_start kamailio kamailio-tls-modules kamailio-websocket-modules -- \
	    sh -c 'mkdir /run/kamailio && exec kamailio -DD -E -m 128 -M 8 \
	    -f /etc/kamailio/kamailio.cfg'
	wait_until host_listens front 8443
}

@test "a call over UDP is redirected by a script behind Kamailio" {
	calls 1 1
}

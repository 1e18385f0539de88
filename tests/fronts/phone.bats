#!/usr/bin/env bats
# Phones over TLS, by stunnel with examples/front/stunnel: they register, and
# what they ask for comes by the connection that they keep.

load fronts
load streams.bash
load ../examples/phones.bash

setup_file()
{
	local example

	streams_prepare
	cp -R "$TOP/examples/front/stunnel" "$ETC/stunnel"
	cp "$BATS_FILE_TMPDIR/sip.pem" "$ETC/stunnel"
	cp -R "$TOP/lib/sipcgi" "$LOCAL/share/sip-cgi"
	for example in registrar locate domain; do
		sed "s|^import sipcgi$|sys.path.insert(0, '/usr/local/share/sip-cgi'); &|" \
		    "$TOP/examples/$example" >"$SCRIPTS/$example"
		chmod 755 "$SCRIPTS/$example"
	done
	mv "$SCRIPTS/domain" "$SCRIPTS/@192.0.2.1"
	hosts_up
}

teardown_file()
{
	hosts_down
}

# shellcheck disable=SC2034 # phones.bash reads them
setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	SERVED_AT=192.0.2.1 PORT=5061 TRANSPORT=tls
	AUTHORITY=$BATS_FILE_TMPDIR/sip.crt
	PHONES_AT=192.0.2.7 PHONES_BY=(ip netns exec "$FRONTS-peer")
	PIDS=()
}

teardown()
{
	stop_phones
	host_kill peer
	host_kill front
}

# Bob, a baresip, and alice, a Linphone, register with the registrar that is run
# by "$@", and so does carol, a baresip, who calls bob: by the connection that
# she registered on she is told where he is. The log is $LOG.
phones_register_and_call()
{
	local user

	for user in alice bob carol; do
		"$@" add "$user@192.0.2.1" <<<secret
	done
	"$@" offer MD5
	start_baresip bob 600
	start_linphone alice
	wait_until says bob '200 OK () \[1 binding\]'
	wait_until logs 2 REGISTER 200
	start_baresip carol 600 -e "/dial $(address_of bob)"
	wait_until logs 1 INVITE 302
	"$@" list >bindings
	grep -q '^bob@192.0.2.1 sip:bob[^ ]*@192.0.2.7:.*transport=tls' bindings
	grep -q '^alice@192.0.2.1 sip:alice@192.0.2.7:.*transport=tls' bindings
}

# logs N METHOD STATUS: so many phones had that answer, by their own address.
logs()
{
	[ "$(grep -c "done .*peer=192.0.2.7:.* method=$2 .* status=$3 " "$LOG")" -ge "$1" ]
}

@test "phones register over TLS, by stunnel that starts sipcgi-each" {
	LOG=$BATS_FILE_TMPDIR/front.out
	DIRECTORIES=/var/lib/sip-cgi stream_start stunnel4 -- \
	    stunnel4 /etc/stunnel/sips-exec.conf
	wait_until host_listens front 5061
	# In the mounts that the scripts see, as their user.
	phones_register_and_call nsenter --target "$STARTED" --mount \
	    setpriv --reuid=sip-cgi --regid=sip-cgi --clear-groups \
	    /usr/local/lib/sip-cgi-bin/registrar
}

@test "phones register over TLS, by stunnel and sipcgi-each -P" {
	LOG=$BATS_FILE_TMPDIR/front.log
	mkdir state
	STATE_DIRECTORY=$PWD/state proxied_start front
	stream_start stunnel4 -- stunnel4 /etc/stunnel/sips.conf
	wait_until host_listens front 5061
	phones_register_and_call env STATE_DIRECTORY="$PWD/state" \
	    PYTHONPATH="$TOP/lib" python3 "$SCRIPTS/registrar"
}

#!/usr/bin/env bats
# Real phones: baresip registers over TCP, another calls it by the 302; sipsak
# registers too.

load examples

# A domain that is this machine, with bob and alice, for phones that know no
# SHA-256.
served()
{
	example domain @127.0.0.1
	example locate
	example registrar
	"$SCRIPTS/registrar" offer MD5
	"$SCRIPTS/registrar" add bob@127.0.0.1 <<<secret
	"$SCRIPTS/registrar" add alice@127.0.0.1 <<<secret
	serve
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
}

binding() { "$SCRIPTS/registrar" list | grep -q "^$1 sip:"; }
no_binding() { ! binding "$1"; }

@test "phone: baresip registers over TCP, another calls it by the 302" {
	local bob

	served
	phone bob 600
	bob=$PID
	wait_until says bob '200 OK () \[1 binding\]'
	binding bob@127.0.0.1
	# One that registers and calls by the same connection would lose the
	# call: a connection is for one request.
	phone alice 0 -e "/dial sip:bob@127.0.0.1:$PORT;transport=tcp"
	wait_until says alice 'Call established'
	wait_until says bob 'Call established: sip:alice@127.0.0.1'
	grep -q 'method=INVITE uri=sip:bob@127.0.0.1' log
	# It takes its binding away when it ends.
	kill "$bob"
	wait_until no_binding bob@127.0.0.1
}

@test "phone: sipsak registers over TCP" {
	served
	sipsak_asks -U -C "sip:bob@127.0.0.1:9" -u bob -a secret -x 600 \
	    -s "sip:bob@127.0.0.1:$PORT"
	binding bob@127.0.0.1
}

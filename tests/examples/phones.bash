# Real phones: baresip and Linphone, without sound and without a terminal. Each
# has the password "secret" in the domain $SERVED_AT, and answers calls. Loaded
# by bats.
# shellcheck shell=bash

# The server: its address, which is the domain, port $PORT, and tcp, udp or
# tls, with the authority that signed its certificate.
SERVED_AT=127.0.0.1 TRANSPORT=tcp AUTHORITY=
# Their own address, and what they are started by.
PHONES_AT=127.0.0.1 PHONES_BY=(env)
# They have timers of seconds of their own.
# shellcheck disable=SC2034 # wait_until reads it
WAIT_BOUND=60

# What is dialled for user $1.
address_of() { echo "sip:$1@$SERVED_AT:$PORT;transport=$TRANSPORT"; }

# start_baresip NAME REGINT [OPTION]...: with NAME's account; its words go to
# NAME/out. Sets PID. REGINT 0: it does not register.
start_baresip()
{
	local name=$1 regint=$2 modules

	shift 2
	modules=$(dirname "$(dpkg -L baresip-core | grep '/g711\.so$')")
	mkdir "$name"
	cat >"$name/config" <<-END
		sip_listen $PHONES_AT:0
		sip_cafile $AUTHORITY
		module_path $modules
		audio_source aufile,$PWD/silence.wav
		audio_player aufile,$name/heard.wav
		audio_alert aufile,$name/alert.wav
		module g711.so
		module aufile.so
		module_app account.so
		module_app contact.so
		module_app menu.so
	END
	echo "<$(address_of "$name")>;auth_pass=secret;regint=$regint;answermode=auto" \
	    >"$name/accounts"
	touch "$name/contacts"
	silence
	setsid "${PHONES_BY[@]}" baresip -f "$name" "$@" </dev/null >"$name/out" 2>&1 3>&- &
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

# start_linphone NAME: the same; it registers. What it is to do is written to
# descriptor 6.
start_linphone()
{
	local name=$1 tcp=0 udp=0 tls=0

	command -v linphonec >/dev/null || skip 'needs linphonec (linphone-cli)'
	# -1: a port that the kernel picks.
	case $TRANSPORT in
	tcp) tcp=-1 ;;
	udp) udp=-1 ;;
	tls) tls=-1 ;;
	esac
	mkdir -p "$name/.local/share/linphone"
	cat >"$name/rc" <<-END
		[sip]
		sip_port=$udp
		sip_tcp_port=$tcp
		sip_tls_port=$tls
		root_ca=$AUTHORITY
		default_proxy=0
		[auth_info_0]
		username=$name
		passwd=secret
		realm=$SERVED_AT
		[proxy_0]
		reg_proxy=<sip:$SERVED_AT:$PORT;transport=$TRANSPORT>
		reg_identity=sip:$name@$SERVED_AT
		reg_expires=600
		reg_sendregister=1
		publish=0
	END
	mkfifo "$name/typed"
	HOME=$PWD/$name "${PHONES_BY[@]}" linphonec -a -c "$name/rc" <"$name/typed" \
	    >"$name/out" 2>&1 3>&- &
	PIDS+=($!)
	exec 6>"$name/typed"
}

# says NAME PATTERN [TIMES]: it has said what matches, so many times.
says() { [ "$(grep -a -o -e "$2" "$1/out" | grep -c .)" -ge "${3:-1}" ]; }

# A phone that does not end by itself is ended the hard way.
stop_phones()
{
	local pid

	exec 6>&-
	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

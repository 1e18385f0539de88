#!/usr/bin/env bats
# stunnel with examples/front/stunnel, which takes TLS off callers on port 5061,
# in front of sipcgi-each and sipcgi-handler on the same host.

load fronts
load streams.bash

setup_file()
{
	streams_prepare
	cp -R "$TOP/examples/front/stunnel" "$ETC/stunnel"
	cp "$BATS_FILE_TMPDIR/sip.pem" "$ETC/stunnel"
	hosts_up
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

teardown()
{
	host_kill front
}

# stunnel with /etc/stunnel/$1.conf.
stunnel_start()
{
	DIRECTORIES=/var/lib/sip-cgi stream_start stunnel4 -- \
	    stunnel4 "/etc/stunnel/$1.conf"
	wait_until host_listens front 5061
}

# What the caller sees: `calls TIMES [OPTION]...`.
calls()
{
	on peer "$BATS_TEST_DIRNAME/ask.py" --tls --times "$@" 192.0.2.1 5061
}

id_of()
{
	awk -F : -v user="$1" '$1 == user { print $3 }' "$ETC/passwd"
}

# bats test_tags=P34
@test "connect and PROXY header: the script sees the caller" {
	proxied_start front
	stunnel_start sips
	run -0 calls 2
	[ "$output" = '302 me 192.0.2.1 5061 root 
302 me 192.0.2.1 5061 root ' ]
	run -0 on front "$BATS_TEST_DIRNAME/ask.py" --tls ::1 5061
	[ "$output" = '302 me ::1 5061 root ' ]
	# shellcheck disable=SC2046
	[ "$(ps -o euid=,comm= -p $(ip netns pids "$FRONTS-front") |
	    awk '$2 == "stunnel4" { print $1 }')" = "$(id_of stunnel4)" ]
}

# bats test_tags=P34
@test "strangers get nowhere, and hold no connection" {
	proxied_start front
	stunnel_start sips
	withstands_strangers --tls-only
}

@test "exec of sipcgi-each: the script sees the caller, and runs as sip-cgi" {
	stunnel_start sips-exec
	run -0 calls 2
	[ "$(grep -c '^302 me 127.0.0.1 [0-9]* sip-cgi $' <<<"$output")" -eq 2 ]
}

@test "exec of sipcgi-handler: one request for each connection" {
	sed -i -e 's|sipcgi-each -t 5 /usr/local/libexec/||' \
	    -e 's|libexec/sipcgi-each|libexec/sipcgi-handler|' \
	    "$ETC/stunnel/sips-exec.conf"
	stunnel_start sips-exec
	run -0 calls 2
	[[ ${lines[0]} == '302 me 127.0.0.1 '*' sip-cgi ' ]]
	[ "${lines[1]}" = closed ]
}

@test "who has a certificate of ours may call, and is known by its name" {
	stunnel_certificates
	stunnel_start sips-certificates
	run -0 calls 1 --certificate caller.crt caller.key
	[[ $output == '302 me '*' sip-cgi O="Example, Inc.", CN=a.example' ]]
	[ "$(calls 1)" = refused ]
	[ "$(calls 1 --certificate other.crt other.key)" = refused ]
}

# An authority, a caller that it knows, and one that it does not.
stunnel_certificates()
{
	make_certificate "$ETC/stunnel/callers" -subj '/CN=callers'
	make_certificate caller -subj '/O=Example, Inc./CN=a.example' \
	    -CA "$ETC/stunnel/callers.crt" -CAkey "$ETC/stunnel/callers.key"
	make_certificate other -subj '/O=Example, Inc./CN=a.example'
	mv "$ETC/stunnel/callers.crt" "$ETC/stunnel/callers.pem"
}

@test "transparent: stunnel connects from the caller's own address" {
	PORT=5060 each_start_at front
	stunnel_start sips-transparent
	on front sh -e <<<"$(sed -n 's/^    ip /ip /p' \
	    "$TOP/examples/front/stunnel/README")"
	run -0 calls 2
	[ "$output" = '302 me 127.0.0.1 5060 root 
302 me 127.0.0.1 5060 root ' ]
	# Who needs no stunnel is not kept from calling.
	run -0 on peer "$BATS_TEST_DIRNAME/ask.py" 192.0.2.1 5060
	[ "$output" = '302 me 192.0.2.1 5060 root ' ]
}

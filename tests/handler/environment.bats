# the environment, whole. What single headers give is in
# messages/accept; here the set is compared.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# The script's environment is exactly that on standard input, in any order.
environment_is()
{
	tr '\0' '\n' <"$DIR/probe.env" | LC_ALL=C sort >have
	LC_ALL=C sort >want
	diff want have || explain_failure "the environment is another"
}

software()
{
	"$HANDLER" --version | sed 's|^\([^ ]*\) |\1/|'
}

# What every request has here; $1 is the Via, and the peer is added.
common()
{
	cat <<-END
		GATEWAY_INTERFACE=SIP-CGI/1.1
		PATH=/usr/local/bin:/usr/bin:/bin
		REQUEST_METHOD=INVITE
		REQUEST_URI=sip:bob@example.com
		SCRIPT_FILENAME=$DIR/default.cgi
		SERVER_PROTOCOL=SIP/2.0
		SERVER_SOFTWARE=$(software)
		SIPCGI_HOST=example.com
		SIPCGI_TO_TAG=$(has_variable SIPCGI_TO_TAG; echo "$VALUE")
		SIPCGI_USER=bob
		SIP_CALL_ID=3848276298220188511@example.net
		SIP_CSEQ=1 INVITE
		SIP_FROM=Alice <sip:alice@example.net>;tag=9fxced76sl
		SIP_TO=Bob <sip:bob@example.com>
		SIP_VIA=$1
	END
}

VIA='SIP/2.0/TCP client.example.net:5060;branch=z9hG4bK74b43'

# Run the handler on the message `message` with the environment "$@" only,
# on the connection $ON.
with_environment()
{
	STATUS=0
	# shellcheck disable=SC2086
	env -i "$@" "$CONNECT" $ON -- "$HANDLER" -d "$DIR" -l stderr \
	    <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	ran
}

# bats test_tags=P8
@test "from a file: the exact set; a local peer" {
	request >message
	env -i "$HANDLER" -d "$DIR" -l none <message >"$ANSWER"
	{
		common "$VIA"
		echo REMOTE_ADDR=127.0.0.1
		echo SERVER_NAME=localhost
		echo SERVER_PORT=5060
	} | environment_is
}

# bats test_tags=P8
@test "nothing is inherited but what the list names" {
	request >message
	env -i HOME=/root USER=root SHELL=/bin/sh LD_PRELOAD=/no/such.so \
	    IFS=x BASH_ENV=/tmp/x ENV=/tmp/x SIP_FROM=forged \
	    SIPCGI_USER=forged REQUEST_METHOD=forged CONTENT_LENGTH=9 \
	    PATH=/evil LANG_X=1 NOTIFY_SOCKET=/x LISTEN_FDS=1 \
	    "$HANDLER" -d "$DIR" -l none <message >"$ANSWER" 2>"$LOG"
	{
		common "$VIA"
		echo REMOTE_ADDR=127.0.0.1
		echo SERVER_NAME=localhost
		echo SERVER_PORT=5060
	} | environment_is
}

@test "what the list names is passed on when inherited" {
	request >message
	cat >passed <<-'END'
		CACHE_DIRECTORY=/c
		CONFIGURATION_DIRECTORY=/f
		CREDENTIALS_DIRECTORY=/d
		INVOCATION_ID=5a
		JOURNAL_STREAM=8:9
		LANG=C.UTF-8
		LOGS_DIRECTORY=/l
		RUNTIME_DIRECTORY=/r
		STATE_DIRECTORY=/s
		TMPDIR=/t
		TZ=UTC
	END
	mapfile -t names <passed
	env -i "${names[@]}" "$HANDLER" -d "$DIR" -l none <message >"$ANSWER"
	{
		common "$VIA"
		cat passed
		echo REMOTE_ADDR=127.0.0.1
		echo SERVER_NAME=localhost
		echo SERVER_PORT=5060
	} | environment_is
}

# bats test_tags=P11
@test "a value that begins as a shell function is not passed on either" {
	request >message
	STATUS=0
	env -i TZ='() { :; }; echo pwned' OTHER='() { :; }; echo pwned' \
	    "$HANDLER" -d "$DIR" -l stderr -e OTHER -e 'GIVEN=() {' \
	    <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	ran
	no_variable TZ
	no_variable OTHER
	no_variable GIVEN
}

# The connection is of kind $1.
has_exact_set_on()
{
	local peer port local_ local_port

	request 'Content-Length: 0' >message
	ON="--on=$1 --names=names" with_environment
	read -r peer port local_ local_port <names
	peer=${peer#::ffff:} local_=${local_#::ffff:}
	{
		common "$VIA;received=$peer"
		echo CONTENT_LENGTH=0
		echo SIP_CONTENT_LENGTH=0
		echo "REMOTE_ADDR=$peer"
		echo "REMOTE_PORT=$port"
		echo "SERVER_NAME=$local_"
		echo "SERVER_PORT=$local_port"
	} | environment_is
}

# bats test_tags=P8
@test "on TCP: the exact set, addresses and ports of the connection" {
	has_exact_set_on inet
	has_exact_set_on mapped
}

@test "on TCP over IPv6: the exact set" {
	needs_ipv6
	has_exact_set_on inet6
}

# bats test_tags=P40
@test "on TCP nothing that a super-server says overrides the kernel" {
	local peer port local_ local_port

	request >message
	ON=--names=names with_environment REMOTE_ADDR=192.0.2.1 \
	    REMOTE_PORT=1 TCPREMOTEIP=192.0.2.2 TCPREMOTEPORT=2 \
	    TCPLOCALIP=192.0.2.3 TCPLOCALPORT=3 REMOTE_HOST=192.0.2.4 \
	    PROTO=TCP TCPLOCALHOST=x SERVER_NAME=x
	read -r peer port local_ local_port <names
	{
		common "$VIA;received=$peer"
		echo "REMOTE_ADDR=$peer"
		echo "REMOTE_PORT=$port"
		echo "SERVER_NAME=$local_"
		echo "SERVER_PORT=$local_port"
	} | environment_is
}

# Both ends of connect's connections are loopback addresses.
# bats test_tags=P40
@test "on stunnel's loopback connection REMOTE_HOST and REMOTE_PORT count" {
	local peer port local_ local_port

	request >message
	for ON in --on=inet --on=inet6 --on=mapped; do
		ON="$ON --names=names" with_environment \
		    REMOTE_HOST=2001:db8::7 REMOTE_PORT=40112
		read -r peer port local_ local_port <names
		{
			common "$VIA;received=2001:db8::7"
			echo REMOTE_ADDR=2001:db8::7
			echo REMOTE_PORT=40112
			echo "SERVER_NAME=$local_"
			echo "SERVER_PORT=$local_port"
		} | environment_is
	done
	while read -r host port; do
		ON=--names=names with_environment "REMOTE_HOST=$host" \
		    ${port:+"REMOTE_PORT=$port"}
		read -r peer local_port _ <names
		variable REMOTE_ADDR "$peer"
		variable REMOTE_PORT "$local_port"
	done <<-'END'
		192.0.2.7
		192.0.2.7 0
		192.0.2.7 65536
		127.0.0.1 40112
		::ffff:127.0.0.1 40112
		host.example 40112
		[2001:db8::7] 40112
	END
}

@test "elsewhere socat and ncat are believed, and not passed on" {
	request >message
	ON=--on=unix with_environment SOCAT_VERSION=1 \
	    'SOCAT_PEERADDR=[2001:0db8:0000:0000:0000:0000:0000:0007]' \
	    SOCAT_PEERPORT=4711 SOCAT_SOCKPORT=5061 \
	    'SOCAT_SOCKADDR=[2001:0db8:0000:0000:0000:0000:0000:0001]'
	{
		common "$VIA;received=2001:db8::7"
		echo REMOTE_ADDR=2001:db8::7
		echo REMOTE_PORT=4711
		echo SERVER_NAME=2001:db8::1
		echo SERVER_PORT=5061
	} | environment_is
	ON=--on=unix with_environment SOCAT_PEERADDR=192.0.2.7 \
	    SOCAT_PEERPORT=4711 SOCAT_SOCKADDR=192.0.2.1 SOCAT_SOCKPORT=x
	variable REMOTE_ADDR 192.0.2.7
	variable SERVER_NAME 192.0.2.1
	variable SERVER_PORT 5060
	ON='--on=pipe --then=half-close' with_environment NCAT_PROTO=TCP \
	    NCAT_REMOTE_ADDR=::ffff:192.0.2.7 NCAT_REMOTE_PORT=4711 \
	    NCAT_LOCAL_ADDR=192.0.2.1 NCAT_LOCAL_PORT=5062
	{
		common "$VIA;received=192.0.2.7"
		echo REMOTE_ADDR=192.0.2.7
		echo REMOTE_PORT=4711
		echo SERVER_NAME=192.0.2.1
		echo SERVER_PORT=5062
	} | environment_is
	for pair in 'SOCAT_PEERADDR=[]' 'SOCAT_PEERADDR=[::1' \
	    'SOCAT_PEERADDR=[192.0.2.256]' 'NCAT_REMOTE_ADDR=[::1]' \
	    'NCAT_REMOTE_ADDR=fe80::1%eth0' "SOCAT_PEERADDR=[$(
		printf '%0100d' 0)]"; do
		ON=--on=unix with_environment "$pair"
		variable REMOTE_ADDR 127.0.0.1
	done
}

@test "elsewhere systemd, UCSPI and stunnel are believed, and not passed on" {
	request >message
	ON=--on=unix with_environment REMOTE_ADDR=192.0.2.1 REMOTE_PORT=4711
	{
		common "$VIA;received=192.0.2.1"
		echo REMOTE_ADDR=192.0.2.1
		echo REMOTE_PORT=4711
		echo SERVER_NAME=localhost
		echo SERVER_PORT=5060
	} | environment_is
	ON='--on=pipe --then=half-close' with_environment PROTO=TCP \
	    TCPREMOTEIP=2001:db8::2 TCPREMOTEPORT=4712 TCPLOCALIP=2001:db8::1 TCPLOCALPORT=5070 \
	    TCPLOCALHOST=x TCPREMOTEHOST=y TCPREMOTEINFO=z
	{
		common "$VIA;received=2001:db8::2"
		echo REMOTE_ADDR=2001:db8::2
		echo REMOTE_PORT=4712
		echo SERVER_NAME=2001:db8::1
		echo SERVER_PORT=5070
	} | environment_is
	ON=--on=unix with_environment REMOTE_HOST=::ffff:192.0.2.5
	{
		common "$VIA;received=192.0.2.5"
		echo REMOTE_ADDR=192.0.2.5
		echo SERVER_NAME=localhost
		echo SERVER_PORT=5060
	} | environment_is
}

@test "what is not an address or port is not believed" {
	local pair

	request >message
	for pair in REMOTE_ADDR=host.example REMOTE_ADDR= REMOTE_ADDR=1.2.3 \
	    'REMOTE_ADDR=[::1]' 'REMOTE_ADDR=192.0.2.1 ' REMOTE_HOST=x \
	    TCPREMOTEIP=256.1.1.1; do
		ON=--on=unix with_environment "$pair" TCPLOCALIP=nowhere \
		    TCPLOCALPORT=0
		variable REMOTE_ADDR 127.0.0.1
		variable SERVER_NAME localhost
		variable SERVER_PORT 5060
		variable SIP_VIA "$VIA"
	done
	for pair in 0 65536 -1 1x '' ' 1' 99999999999999999999; do
		ON=--on=unix with_environment REMOTE_ADDR=192.0.2.1 \
		    "REMOTE_PORT=$pair"
		variable REMOTE_ADDR 192.0.2.1
		no_variable REMOTE_PORT
	done
}

# The topmost Via as sent | as the script has it, with P for the peer's port.
# bats test_tags=P41
@test "received and rport are filled in on the topmost Via" {
	local sent want peer port

	while IFS='|' read -r sent want; do
		START='INVITE sip:bob@example.com SIP/2.0'
		printf '%s\r\n' "$START" "Via: $sent" 'Via: SIP/2.0/UDP z;rport' \
		    'From: a' 'To: b' 'Call-ID: c' 'CSeq: 1 INVITE' '' >message
		ON=--names=names handle_on <message
		ran
		read -r peer port _ <names
		variable SIP_VIA "${want//@P/$port}, SIP/2.0/UDP z;rport"
	done <<-'END'
		SIP/2.0/TCP 127.0.0.1|SIP/2.0/TCP 127.0.0.1
		SIP/2.0/TCP 127.0.0.1:9;branch=x|SIP/2.0/TCP 127.0.0.1:9;branch=x
		SIP/2.0/TCP host;branch=x|SIP/2.0/TCP host;branch=x;received=127.0.0.1
		SIP/2.0/TCP 192.0.2.1|SIP/2.0/TCP 192.0.2.1;received=127.0.0.1
		SIP/2.0/TCP [::ffff:127.0.0.1]:5060|SIP/2.0/TCP [::ffff:127.0.0.1]:5060
		SIP/2.0/TCP [::1]|SIP/2.0/TCP [::1];received=127.0.0.1
		SIP/2.0/TCP 127.0.0.1;rport|SIP/2.0/TCP 127.0.0.1;rport=@P;received=127.0.0.1
		SIP/2.0/TCP h;RPort;branch=x|SIP/2.0/TCP h;rport=@P;branch=x;received=127.0.0.1
		SIP/2.0/TCP h;rport=1;branch=x|SIP/2.0/TCP h;rport=@P;branch=x;received=127.0.0.1
		SIP/2.0/TCP h;received=6.6.6.6;branch=x|SIP/2.0/TCP h;branch=x;received=127.0.0.1
		SIP/2.0/TCP 127.0.0.1;Received=6.6.6.6|SIP/2.0/TCP 127.0.0.1
		SIP/2.0/TCP h;x="a,;received=6",SIP/2.0/UDP y;rport|SIP/2.0/TCP h;x="a,;received=6";received=127.0.0.1,SIP/2.0/UDP y;rport
	END
}

@test "an IPv6 peer: received without brackets, compared as an address" {
	needs_ipv6
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP [2001:db8::1]' 'From: a' 'To: b' 'Call-ID: c' \
	    'CSeq: 1 INVITE' '' >message
	ON=--on=inet6 handle_on <message
	ran
	variable SIP_VIA 'SIP/2.0/TCP [2001:db8::1];received=::1'
	sed -i 's/2001:db8::1/0:0:0:0:0:0:0:1/' message
	ON=--on=inet6 handle_on <message
	variable SIP_VIA 'SIP/2.0/TCP [0:0:0:0:0:0:0:1]'
}

@test "rport stays empty when the port is unknown" {
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP h;rport=9;branch=x' 'From: a' 'To: b' \
	    'Call-ID: c' 'CSeq: 1 INVITE' '' >message
	ON=--on=unix with_environment REMOTE_ADDR=192.0.2.1
	variable SIP_VIA 'SIP/2.0/TCP h;rport;branch=x;received=192.0.2.1'
}

@test "with no peer known Via is left as it came" {
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP h;rport;received=1.1.1.1;branch=x' 'From: a' \
	    'To: b' 'Call-ID: c' 'CSeq: 1 INVITE' '' >message
	ON=--on=unix with_environment
	variable SIP_VIA 'SIP/2.0/TCP h;rport;received=1.1.1.1;branch=x'
}

# The tag of a message that is made by the sed commands $1 from `message`.
tag_of()
{
	sed "$1" message >changed
	handle_on <changed
	ran || return
	has_variable SIPCGI_TO_TAG
	echo "$VALUE"
}

@test "the To tag is the same for a retransmission and for CANCEL and ACK" {
	local tag

	request >message
	tag=$(tag_of '')
	[[ $tag =~ ^[A-Za-z0-9.!%*_+\`\'~-]{8,}$ ]]
	# A new connection has another port each time.
	[ "$(tag_of '')" = "$tag" ]
	[ "$(tag_of 's/INVITE/CANCEL/')" = "$tag" ]
	[ "$(tag_of '2s/^/Subject: more\r\n/')" = "$tag" ]
	# As an ACK's script has no way to answer, look at the variable alone.
	sed s/INVITE/ACK/ message >changed
	handle_on <changed
	variable SIPCGI_TO_TAG "$tag"
}

@test "the To tag is another for another request" {
	local tag change

	request >message
	tag=$(tag_of '')
	for change in s/384827/384828/ s/9fxced76sl/9fxced76sm/ \
	    's/: 1 INVITE/: 2 INVITE/' 's/sip:bob@example.com SIP/sip:rob@example.com SIP/' \
	    s/z9hG4bK74b43/z9hG4bK74b44/; do
		[ "$(tag_of "$change")" != "$tag" ] || {
			echo "not changed by $change"
			return 1
		}
	done
}

@test "a value of 60 KB arrives whole" {
	local value

	value=$(head -c 61440 /dev/zero | tr '\0' v)
	request "Subject: $value" >message
	handle_on <message
	ran
	has_variable SIP_SUBJECT
	[ "$VALUE" = "$value" ]
}

@test "the names of headers that are dropped are in the log line" {
	request 'Authorization: Digest x' 'Call_ID: evil' \
	    'X-Shell: () { :; }' 'Subject: kept' >message
	handle <message
	ran
	[ "$(wc -l <"$LOG")" -eq 1 ]
	grep -Eq '(^| )dropped=[^ ]*Authorization' "$LOG"
	grep -Eq '(^| )dropped=[^ ]*Call_ID' "$LOG"
	grep -Eq '(^| )dropped=[^ ]*X-Shell' "$LOG"
	not_logged Subject
	not_logged Digest
}

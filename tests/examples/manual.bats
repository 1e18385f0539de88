#!/usr/bin/env bats
# What sip-cgi(7) shows works as it stands there.

load examples

# The lines of the manual as a reader sees them, without indentation.
manual()
{
	mandoc -T ascii "$TOP/man/sip-cgi.7" | sed 's/.\x08//g; s/^ *//' >manual
}

# between FIRST LAST: the lines of the manual between those two.
between()
{
	awk -v first="$1" -v last="$2" '
	    $0 == last { found = 0 }
	    found
	    $0 == first { found = 1 }' manual
}

# A script from the manual under the name $1, with the library of this tree.
script()
{
	sed "s|/usr/local/share/sip-cgi|$TOP/lib|" >"$SCRIPTS/$1"
	chmod 755 "$SCRIPTS/$1"
}

# Run the handler on the manual's message.
explain_and_run()
{
	between '$ cat >invite.sip' '^D' | sed 's/$/\r/' >invite.sip
	grep -q '^INVITE' invite.sip
	"$HANDLER" --explain -d "$SCRIPTS" <invite.sip >explained
	"$HANDLER" -l stderr -d "$SCRIPTS" <invite.sip >answer
	IFS= read -r STATUS <answer
	STATUS=${STATUS%$'\r'}
}

@test "manual: the script and the message of the worked example" {
	manual
	between '# cat >bob@pbx.example.com' '^D' | script bob@pbx.example.com
	explain_and_run
	grep -q '^exec' explained
	answered '302 Moved Temporarily'
	has 'Contact: <sip:bob@192.0.2.7;transport=tcp>'
	serve
	ask OPTIONS sip:bob@pbx.example.com
	is '200 OK'
	ask CANCEL sip:bob@pbx.example.com
	is '481 Call/Transaction Does Not Exist'
	ask REGISTER sip:bob@pbx.example.com
	is '405 Method Not Allowed'
}

@test "manual: the scripts in five lines, in each language" {
	local first

	manual
	# From the source: the indentation counts in Python.
	for first in '#!/bin/sh' '#!/usr/bin/perl' '#!/usr/bin/python3 -IS'; do
		awk -v first="$first" '
		    $0 == first { found = 1 }
		    found && /^\.Ed/ { exit }
		    found { sub(/^\\&/, ""); print }' "$TOP/man/sip-cgi.7" |
		    script bob@pbx.example.com
		explain_and_run
		answered '302 Moved Temporarily'
		has 'Contact: <sip:bob@192.0.2.7>'
	done
}

@test "manual: a script can become the handler again on its connection" {
	manual
	script bob@pbx.example.com <<-END
		#!/bin/sh
		. $TOP/lib/sip-cgi.sh
		sip_reply 480
		[ -z "\${AGAIN-}" ] || exit
		$(grep '^exec /usr/local/libexec' manual |
		    sed "s|/usr/local/libexec/sipcgi-handler|$HANDLER|")
	END
	serve
	# The second and third request go only when an answer is there.
	/usr/bin/python3 - "$PORT" >seen <<-'END'
		import socket, sys
		connection = socket.create_connection(
		    ("127.0.0.1", int(sys.argv[1])), timeout=20)
		for place in range(3):
		    try:
		        connection.sendall(b"\r\n".join((
		            b"OPTIONS sip:bob@pbx.example.com SIP/2.0",
		            b"Via: SIP/2.0/TCP a;branch=z9hG4bK%d" % place,
		            b"From: <sip:a>;tag=1", b"To: <sip:b>", b"Call-ID: 1",
		            b"CSeq: %d OPTIONS" % place, b"", b"")))
		        octets = b""
		        while b"\r\n\r\n" not in octets:
		            more = connection.recv(4096)
		            if not more:
		                sys.exit()
		            octets += more
		    except ConnectionError:
		        sys.exit()
		    print(octets.split(b"\r\n")[0].decode())
	END
	cmp seen <(printf '%s\n' 'SIP/2.0 480 Temporarily Unavailable' \
	    'SIP/2.0 480 Temporarily Unavailable')
}

@test "manual: every example is in the list, and has a header that says how to install it" {
	local name

	manual
	for name in "$TOP"/examples/*; do
		grep -Eq "(^|[ ,])${name##*/}( |,|$)" manual
		grep -q '^#* *Install: ' "$name"
		[ -x "$name" ] || [ "$name" = "${name%.conf}.conf" ]
	done
}

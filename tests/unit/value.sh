#!/bin/sh
# The grammar of single values: Request-URI, Via, To, host and port. The
# driver is tests/unit/value.c.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/value

# gives EXPECTED WHAT TEXT [PEER]
gives()
{
	expected=$1
	shift
	assertEquals "$*" "$expected" "$("$driver" "$@")"
}

# octets FORMAT: what printf makes of it; it may end in line ends.
octets()
{
	# shellcheck disable=SC2059
	text=$(printf "$1."; echo .)
	text=${text%.*}
	text=${text%.}
}

# Without this the other tests could not notice a read beyond the end.
test_octet_behind_the_text_may_not_be_touched()
{
	# By a shell that says nothing of the signal that ends it.
	assertFalse 'a read beyond' "(\"$driver\" beyond text) >/dev/null 2>&1"
}

test_uri_names_user_and_host()
{
	gives bob@b.example uri sip:bob@b.example
	gives @b.example uri sip:b.example
	gives @b.example uri SIPS:B.Example.:5061
}

test_uri_parts_that_name_nothing_are_dropped()
{
	gives bob@b.example uri 'sip:bob:secret@b.example:5060;user=IP;lr'
	gives bob@b.example uri 'sip:bob:@b.example;;'
	gives bob@192.0.2.1 uri 'sip:bob@192.0.2.1;a=[/:&+$]'
}

test_uri_user_may_hold_what_looks_like_more()
{
	gives 'a;b=c@d' uri 'sip:a;b=c@d'
	gives 'a?b@d' uri 'sip:a?b@d'
	gives '../../a@d' uri 'sip:../../a@d'
	gives '-a.!~*&=+$,@d' uri 'sip:-a.!~*&=+$,@d'
}

test_uri_escapes_are_decoded_once_where_harmless()
{
	gives 'Az09-_.!~*@d' uri 'sip:%41%7a%30%39%2d%5F%2e%21%7e%2A@d'
	gives "'()@d" uri 'sip:%27%28%29@d'
	gives '%2F%40%00%0D%0A%25%20%3B@d' uri 'sip:%2f%40%00%0d%0a%25%20%3b@d'
	gives '%2541@d' uri 'sip:%2541@d'
	gives '%7F%80%FF@d' uri 'sip:%7f%80%fF@d'
}

test_uri_faults_with_their_place()
{
	gives 'uri-bad-scheme at 0' uri ''
	gives 'uri-bad-scheme at 0' uri '<sip:a>'
	gives 'uri-bad-scheme at 3' uri sip
	gives 'uri-bad-scheme at 0' uri 5ip:a
	gives 'uri-bad-scheme at 3' uri 'sip :a'
	gives 'uri-second-at at 7' uri sip:a@b@c
	gives 'uri-second-at at 5' uri sip:@@c
	gives 'uri-empty-user at 4' uri sip:@c
	gives 'uri-empty-user at 4' uri sip::pw@c
	gives 'uri-bad-escape at 5' uri sip:a%4@c
	gives 'uri-bad-escape at 6' uri 'sip:b;%4'
	gives 'uri-bad-host at 5' uri sip:a%41
	gives 'uri-bad-octet at 5' uri 'sip:a"b@c'
	gives 'uri-bad-octet at 6' uri 'sip:a:/@c'
	gives 'uri-bad-octet at 7' uri 'sip:b;a<'
	gives 'uri-bad-host at 4' uri sip:
	gives 'uri-bad-host at 6' uri sip:a@
	gives 'uri-bad-host at 6' uri sip:a@.b
	gives 'uri-bad-host at 7' uri 'sip:a@b%41'
	gives 'uri-bad-port at 6' uri sip:b:
	gives 'uri-bad-port at 6' uri sip:b:65536
	gives 'uri-bad-port at 7' uri sip:b:5x
	gives 'uri-headers at 5' uri 'sip:b?a=b'
	gives 'uri-headers at 7' uri 'sip:b;a?a=b'
}

test_uri_of_another_scheme_is_judged_by_its_octets()
{
	gives other uri 'tel:+1-201-555-0123;a=%zz'
	gives other uri 'a+-.1:'
	gives other uri 'sipx:@@'
	gives 'uri-bad-octet at 5' uri 'tel:1<2'
	gives 'uri-bad-octet at 4' uri 'tel: 1'
	octets 'tel:\177'
	gives 'uri-bad-octet at 4' uri "$text"
	octets 'tel:a\303\251'
	gives 'uri-bad-octet at 5' uri "$text"
}

test_host_is_a_name_an_address_or_a_reference()
{
	gives 1 host a
	gives 12 host a-1.b_2.c--d:5
	gives 10 host 192.0.2.10
	gives 2 host a.
	gives 5 host '[::1]'
	gives 18 host '[::ffff:192.0.2.1]x'
	# Only the octets between the brackets are judged.
	gives 4 host '[12]'
}

test_host_that_is_none()
{
	for text in '' . .a a..b -a a- a-.b a.-b '[]' '[::1' '[g]' '[::1%25e]' \
	    ':5' '@' '%41'; do
		gives 0 host "$text"
	done
}

test_port_is_0_to_65535()
{
	gives 1 port 1
	gives 5 port 65535
	gives 6 port 005060
	gives 4 port 5060x
	gives 1 port 0
	gives 3 port 000
	for text in '' 65536 99999999999999999999 x -1 +1; do
		gives 0 port "$text"
	done
}

test_via_parts()
{
	gives 'sent-by a.example
param ;branch=z9hG4bK1
param ;ttl=1
param ;lr
stamped SIP/2.0/TCP a.example:5060;branch=z9hG4bK1;ttl=1;lr' \
	    via 'SIP/2.0/TCP a.example:5060;branch=z9hG4bK1;ttl=1;lr' 0
}

test_via_may_have_white_space_around_its_separators()
{
	gives 'sent-by [::1]
param ; a = "x;y,\"z"
param ; b
stamped SIP / 2.0 / X [::1] : 5060 ; a = "x;y,\"z" ; b , X' \
	    via 'SIP / 2.0 / X [::1] : 5060 ; a = "x;y,\"z" ; b , X' 0
	octets 'SIP/2.0/TCP\r\n a\r\n\t;b\r\n =c'
	octets=$text
	octets 'sent-by a\nparam ;b\r\n =c\nstamped SIP/2.0/TCP a ;b =c'
	gives "$text" via "$octets" 0
}

test_via_faults_with_their_place()
{
	gives 'fault at 0
stamped ' via '' 1
	gives 'fault at 3
stamped SIP 2.0/TCP a' via 'SIP 2.0/TCP a' 1
	gives 'fault at 11
stamped SIP/2.0/TCP' via 'SIP/2.0/TCP' 1
	gives 'fault at 12
stamped SIP/2.0/TCP -a' via 'SIP/2.0/TCP -a' 1
	gives 'fault at 14
stamped SIP/2.0/TCP a:' via 'SIP/2.0/TCP a:' 1
	gives 'fault at 14
stamped SIP/2.0/TCP a;' via 'SIP/2.0/TCP a;' 1
	gives 'fault at 14
stamped SIP/2.0/TCP a;;b' via 'SIP/2.0/TCP a;;b' 1
	gives 'fault at 16
stamped SIP/2.0/TCP a;b=' via 'SIP/2.0/TCP a;b=' 1
	gives 'fault at 16
stamped SIP/2.0/TCP a;b="c' via 'SIP/2.0/TCP a;b="c' 1
	gives 'fault at 14
stamped SIP/2.0/TCP a b' via 'SIP/2.0/TCP a b' 1
}

# A backslash is text in quotes.
# shellcheck disable=SC1003
test_via_comment_faults_with_their_place()
{
	gives 'fault at 16
stamped SIP/2.0/TCP a (b' via 'SIP/2.0/TCP a (b' 1
	gives 'fault at 18
stamped SIP/2.0/TCP a (b) c' via 'SIP/2.0/TCP a (b) c' 1
	gives "fault at 17
stamped SIP/2.0/TCP a (b\\" via "SIP/2.0/TCP a (b\\" 1
}

# stamped EXPECTED VIA PEER: only the stamp of it.
stamped()
{
	assertEquals "$2 from $3" "stamped $1" \
	    "$("$driver" via "$2" "$3" | sed -n '/^stamped /,$p')"
}

test_via_is_stamped_with_where_it_came_from()
{
	stamped 'SIP/2.0/TCP a;branch=1;received=192.0.2.7' \
	    'SIP/2.0/TCP a;branch=1' 1
	stamped 'SIP/2.0/TCP a;rport=40112;branch=1;received=192.0.2.7' \
	    'SIP/2.0/TCP a;rport;branch=1' 1
	stamped 'SIP/2.0/TCP a;received=192.0.2.7, SIP/2.0/TCP b;rport' \
	    'SIP/2.0/TCP a, SIP/2.0/TCP b;rport' 1
	stamped 'SIP/2.0/TCP a;received=2001:db8::7' 'SIP/2.0/TCP a' 2
	stamped 'SIP/2.0/TCP a;rport;received=2001:db8::7' \
	    'SIP/2.0/TCP a;rport' 3
}

test_via_of_an_unknown_peer_stays_as_it_came()
{
	stamped 'SIP/2.0/TCP a;rport;received=x' \
	    'SIP/2.0/TCP a;rport;received=x' 0
}

test_via_from_its_own_address_needs_no_stamp()
{
	stamped 'SIP/2.0/TCP 192.0.2.7:5060' 'SIP/2.0/TCP 192.0.2.7:5060' 1
	stamped 'SIP/2.0/TCP [2001:DB8:0::7]' 'SIP/2.0/TCP [2001:DB8:0::7]' 2
	stamped 'SIP/2.0/TCP 192.0.2.7;rport=40112;received=192.0.2.7' \
	    'SIP/2.0/TCP 192.0.2.7;rport' 1
	stamped 'SIP/2.0/TCP 192.0.2.8;received=192.0.2.7' \
	    'SIP/2.0/TCP 192.0.2.8' 1
}

test_via_keeps_no_received_or_rport_of_the_sender()
{
	stamped 'SIP/2.0/TCP a;b;received=192.0.2.7' \
	    'SIP/2.0/TCP a;received=1.2.3.4;b;RECEIVED=5.6.7.8' 1
	stamped 'SIP/2.0/TCP 192.0.2.7' \
	    'SIP/2.0/TCP 192.0.2.7;received=1.2.3.4' 1
	stamped 'SIP/2.0/TCP a;rport=40112;received=192.0.2.7' \
	    'SIP/2.0/TCP a;rport=1;received=x;Rport;rport="2"' 1
	stamped 'SIP/2.0/TCP a;rportx;received=192.0.2.7' \
	    'SIP/2.0/TCP a;rportx' 1
}

test_to_has_a_tag()
{
	for text in '<sip:b>;tag=1' 'b;tag=1' '<sip:b>;tag=1;x=<y>' \
	    '<sip:b>;tag=1>' 'b>;tag=1' '<sip:b>;x=<y>;tag=1' '<sip:b>;x=y ; TAG = 1' \
	    '"a" <sip:b>;tag=1' '"\";x" <sip:b>;tag=1' '<sip:b>;x="y";tag=1'; do
		gives tag to "$text"
	done
}

test_to_has_none()
{
	for text in '' b '<sip:b;tag=1>' '";tag=1" <sip:b>' ';tag=1 <sip:b>' \
	    '<sip:b>;tag' '<sip:b>;xtag=1' '<sip:b>;x=";tag=1"' \
	    '<sip:b>;x="\";tag=1"' '<sip:b>;x=";tag=1'; do
		gives none to "$text"
	done
}

test_address_is_written_in_one_way()
{
	gives 192.0.2.7 address 192.0.2.7
	gives 0.0.0.0 address 0.0.0.0
	gives 255.255.255.255 address ::ffff:255.255.255.255
	gives :: address ::
	gives ::1 address 0:0:0:0:0:0:0:1
	gives 1:: address 1::0
	gives 2001:db8::7 address 2001:0DB8::0007
	gives 1:0:2:3:4:5:6:7 address 1:0:2:3:4:5:6:7
	gives 0:1::2 address 0:1:0:0:0:0:0:2
	gives 1::2:0:0:3:4 address 1:0:0:2:0:0:3:4
	gives 1:0:0:2::3 address 1:0:0:2:0:0:0:3
	longest=ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0
	gives "$longest" address "$longest"
}

# Every pattern of groups that are zero, one digit, or four.
test_address_is_written_as_by_others()
{
	/usr/bin/python3 -IS - "$driver" <<-'END'
		import ipaddress, itertools, subprocess, sys
		patterns = list(itertools.product(('0', 'a', '1234'), repeat=8))
		given = [':'.join(groups) for groups in patterns]
		got = subprocess.run([sys.argv[1], 'address'] + given, check=True,
		                     stdout=subprocess.PIPE, text=True).stdout
		wanted = [str(ipaddress.IPv6Address(text)) for text in given]
		sys.exit(got.splitlines() != wanted)
	END
	assertTrue 'as by Python' $?
}

test_text_is_made_fit_to_print()
{
	gives 'a\x20b\"c\\d~' escape 'a b"c\d~'
	octets '\033\n\177\303\251\377'
	gives '\x1b\x0a\x7f\xc3\xa9\xff' escape "$text"
	gives 12345678 escape 12345678
	gives 12345678... escape 123456789
}

test_tag_is_found_with_its_value()
{
	gives '[1]' tag '<sip:a>;tag=1'
	gives '[a.b%c]' tag 'a ; x=1 ;TAG = a.b%c ;y'
	gives '[2]' tag '"x;tag=0" <sip:a;tag=1>;tag=2;tag=3'
	gives '[]' tag '<sip:a>;tag='
	gives '[1]' tag '<sip:a>;tag=1,2'
	gives none tag '<sip:a;tag=1>'
	gives none tag '<sip:a>;tag;y=1'
}

test_via_port_and_branch_are_found()
{
	gives 'port 5060
branch z9hG4bK1' branch 'SIP/2.0/UDP a:5060;rport;BRANCH = z9hG4bK1;branch=2'
	gives 'port 
branch ' branch 'SIP/2.0/UDP [::1];branch'
	gives 'port 1' branch 'SIP/2.0/UDP a : 1 ;x=branch'
	gives 'port 
branch "a;b"' branch 'SIP/2.0/UDP a;branch="a;b", SIP/2.0/UDP b:5;branch=2'
}

# peer EXPECTED NAME=VALUE...: the second line, of a loopback connection, is
# its own unless $stunnel says otherwise.
peer()
{
	expected=$1
	shift
	gives "$expected
${stunnel:-known 127.0.0.1 1 to ::1 2}" peer "$@"
}

test_peer_is_who_the_super_server_says()
{
	nobody='local 127.0.0.1 0 to localhost 5060'
	peer "$nobody" HOME=/
	peer 'known 192.0.2.7 4711 to localhost 5060' REMOTE_ADDR=192.0.2.7 \
	    REMOTE_PORT=4711 REMOTE_HOST=192.0.2.8 TCPREMOTEIP=192.0.2.9
	peer 'known 2001:db8::7 0 to 192.0.2.1 5061' REMOTE_ADDR=host \
	    TCPREMOTEIP=2001:db8::7 TCPREMOTEPORT=x TCPLOCALIP=192.0.2.1 \
	    TCPLOCALPORT=5061 SOCAT_SOCKADDR=192.0.2.2
	peer 'known 2001:db8::7 1 to ::1 5060' 'SOCAT_PEERADDR=[2001:DB8:0::7]' \
	    SOCAT_PEERPORT=1 'SOCAT_SOCKADDR=[::1]' SOCAT_SOCKPORT=65536
	peer 'known 192.0.2.7 65535 to 192.0.2.1 1' \
	    NCAT_REMOTE_ADDR=192.0.2.7 NCAT_REMOTE_PORT=65535 \
	    NCAT_LOCAL_ADDR=::ffff:192.0.2.1 NCAT_LOCAL_PORT=1
	for variable in REMOTE_ADDR= REMOTE_ADDR=1.2.3 'REMOTE_ADDR=[::1]' \
	    'SOCAT_PEERADDR=[]' 'SOCAT_PEERADDR=[::1' 'NCAT_REMOTE_ADDR=[::1]' \
	    "SOCAT_PEERADDR=[$(printf %0100d 0)]" TCPREMOTEIP=256.0.0.1; do
		peer "$nobody" "$variable" TCPLOCALIP=192.0.2.1
	done
}

test_peer_behind_stunnel()
{
	stunnel='known 192.0.2.7 4711 to ::1 2'
	peer 'known 192.0.2.7 4711 to localhost 5060' \
	    REMOTE_HOST=192.0.2.7 REMOTE_PORT=4711
	stunnel=
	peer 'known 192.0.2.7 0 to localhost 5060' REMOTE_HOST=192.0.2.7
	peer 'known 192.0.2.7 0 to localhost 5060' REMOTE_HOST=192.0.2.7 \
	    REMOTE_PORT=+1
	peer 'known 127.0.0.1 9 to localhost 5060' REMOTE_HOST=127.0.0.1 \
	    REMOTE_PORT=9
	peer 'local 127.0.0.1 0 to localhost 5060' REMOTE_HOST=h REMOTE_PORT=9
	peer 'known 192.0.2.9 9 to localhost 5060' REMOTE_HOST=192.0.2.7 \
	    REMOTE_PORT=9 REMOTE_ADDR=192.0.2.9
}

test_errno_has_a_name()
{
	gives 'ENOENT
EACCES
UNKNOWN' errno 2 13 0
}

# Around the changes of a year, and at its ends, as date has it.
test_time_in_a_place_is_as_dates()
{
	for rule in UTC0 EST5 EST5EDT EST5EDT,M3.2.0,M11.1.0 \
	    CET-1CEST,M3.5.0,M10.5.0/3 AEST-10AEDT,M10.1.0,M4.1.0/3 \
	    '<+0545>-5:45' '<-03>3<-02>,M3.5.0/-2,M10.5.0/-1' \
	    IST-1GMT0,M10.5.0,M3.5.0/1 XYZ-1XYS-3,J60/0,J300/23:59:59 \
	    XYZ12XYS,59,300/25 ABC-24:59:59; do
		times=$(for day in 2000-01-01 2000-02-29 2023-12-31 2024-02-28 \
		    2024-02-29 2024-03-01 2024-03-10 2024-03-31 2024-04-07 \
		    2024-10-06 2024-10-26 2024-10-27 2024-11-03 2025-03-01 \
		    2025-03-09 2025-10-26 2027-10-27 2028-02-29 2100-03-01; do
			start=$(date -u -d "$day" +%s)
			for hour in 0 1 2 3 5 6 7 10 14 16 22 23; do
				echo "@$((start + hour * 3600 - 1))"
				echo "@$((start + hour * 3600))"
			done
		done)
		# A zone without a rule has that of the United States, of
		# which date may know an older one.
		zone=$rule
		[ "$rule" != EST5EDT ] || zone=EST5EDT,M3.2.0,M11.1.0
		expected=$(echo "$times" |
		    TZ=$zone date -f - +%Y-%m-%dT%H:%M:%S%:z)
		# shellcheck disable=SC2046 # one argument each
		gives "$expected" stamp "$rule" $(echo "$times" | tr -d @)
	done
	gives 1970-01-01T00:00:00Z stamp '' 0
}

test_time_by_no_rule()
{
	for rule in UTC Europe/Berlin A1 :EST5 EST EST5x EST+ EST25:00 '<a' \
	    EST5EDT,M3.2.0 EST5EDT,M13.2.0,M11.1.0 EST5EDT,M3.6.0,M11.1.0 \
	    EST5EDT,M3.2.7,M11.1.0 EST5EDT,M0.2.0,M11.1.0 EST5EDT,J0,J9 \
	    EST5EDT,366,1 EST5EDT,M3.2.0,M11.1.0x EST5EDT,M3.2.0/168,M11.1.0 \
	    EST5:60 EST5:1:60 99999999999999999999 EST999999999999999999; do
		gives 'no rule' stamp "$rule" 0
	done
}

# shellcheck disable=SC1091
. shunit2

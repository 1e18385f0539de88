#!/usr/bin/env bats
# The examples lcr and screen.
#
# Runs early: it takes long.

load examples

lcr() { "$SCRIPTS/@gw.example" "$@"; }

routes()
{
	example lcr @gw.example
	lcr load /dev/stdin >loaded <<-'END'
		prefix,carrier,price
		49,de.example,0.02
		4930,berlin1.example:5060,0.01
		4930,berlin2.example,0.005
		4930,berlin3.example,0.03
		491,mobile.example,0.1
		1,us.example,0.004
	END
}

@test "lcr: all carriers of the longest prefix, the cheapest first" {
	routes
	[ "$(cat loaded)" = '6 routes' ]
	direct
	ask INVITE sip:+4930123456@gw.example
	is '302 Moved Temporarily'
	tr -d '\r' <answer | grep ^Contact: >contacts
	cmp contacts - <<-'END'
		Contact: <sip:+4930123456@berlin2.example>;q=1.0
		Contact: <sip:+4930123456@berlin1.example:5060>;q=0.9
		Contact: <sip:+4930123456@berlin3.example>;q=0.8
	END
	ask INVITE 'sip:+49-(40).123;phone-context=x@gw.example'
	has 'Contact: <sip:+4940123@de.example>;q=1.0'
	[ "$(grep -c ^Contact: answer)" -eq 1 ]
}

@test "lcr: a tel: URI is a number too" {
	routes
	mv "$SCRIPTS/@gw.example" "$SCRIPTS/default.cgi"
	direct
	TO='<tel:+1-201-555-0123>' ask INVITE 'tel:+1-201-555-0123;isub=1'
	is '302 Moved Temporarily'
	has 'Contact: <sip:+12015550123@us.example>;q=1.0'
}

@test "lcr: a local number is completed by its context, or refused" {
	routes
	cp "$SCRIPTS/@gw.example" "$SCRIPTS/default.cgi"
	direct
	ask INVITE 'tel:911;phone-context=example.com'
	is '484 Not an international number'
	ask INVITE 'tel:911'
	is '484 Not an international number'
	ask INVITE 'tel:555-0123;phone-context=+1-201;isub=1'
	has 'Contact: <sip:+12015550123@us.example>;q=1.0'
	ask INVITE 'tel:30123;phone-context="+49"'
	answered '404 *' '484 *' '400 *'
	ask INVITE 'sip:911;phone-context=example.com@gw.example;user=phone'
	is '484 Not an international number'
	ask INVITE 'sip:30123;phone-context=+49@gw.example;user=phone'
	has 'Contact: <sip:+4930123@berlin2.example>;q=1.0'
	# A context of letters after "+" is none, and *21# is not a number.
	ask INVITE 'tel:30123;phone-context=+49x'
	answered '404 *' '484 *'
	ask INVITE 'tel:*21%23;phone-context=+49'
	is '404 Not a number'
}

@test "lcr: a ported number goes by its routing number" {
	routes
	cp "$SCRIPTS/@gw.example" "$SCRIPTS/default.cgi"
	direct
	ask INVITE 'tel:+1-201-555-0123;npdi;rn=+49-40-1'
	has 'Contact: <sip:+12015550123;npdi;rn=+49401@de.example>;q=1.0'
	ask INVITE 'sip:+12015550123;rn=401;rn-context=+49@gw.example;user=phone'
	has 'Contact: <sip:+12015550123;rn=+49401@de.example>;q=1.0'
	ask INVITE 'tel:+12015550123;rn=401'
	is '484 Not an international number'
	ask INVITE 'tel:+12015550123;rn='
	is '404 Not a number'
}

@test "lcr: no route is 404, all carriers down 480" {
	routes
	direct
	ask INVITE sip:+33123@gw.example
	is '404 No route to this number'
	for user in bob 49x '+' 1234567890123456 '%31e3' "1'--"; do
		ask INVITE "sip:$user@gw.example"
		is '404 Not a number'
	done
	lcr down de.example
	ask INVITE sip:+4940123@gw.example
	is '480 Temporarily Unavailable'
	has 'Retry-After: 60'
	lcr up de.example
	ask INVITE sip:+4940123@gw.example
	is '302 Moved Temporarily'
}

@test "lcr: 100,000 prefixes; the time of each look-up is in the log" {
	example lcr @gw.example
	seq -f '%.0f,carrier.example,0.01' 4900000 5000000 >routes.csv
	lcr load routes.csv
	echo '4,world.example,1' | cat routes.csv - >more.csv
	[ "$(lcr load more.csv)" = '100002 routes' ]
	direct
	ask INVITE sip:+4912345678@gw.example
	is '302 Moved Temporarily'
	grep -Eq '^lcr: 4912345678: prefix 4912345, 1 carriers, [0-9]+ us$' \
	    server.log log
	ask INVITE sip:+4712345678@gw.example
	has 'Contact: <sip:+4712345678@world.example>;q=1.0'
	# The look-up goes by the index, not through the table.
	sqlite3 -cmd '.timeout 20000' "$STATE_DIRECTORY/lcr.db" 'EXPLAIN QUERY PLAN SELECT
	    max(prefix) FROM route WHERE prefix IN (4, 49)' >plan
	grep -q 'SEARCH route USING' plan
	run ! grep -q SCAN plan
}

@test "lcr: calls see the old or the new table while one is loaded" {
	local pid calls=0

	example lcr @gw.example
	seq -f '%.0f,old.example,1' 4900000 4910000 >old.csv
	seq -f '%.0f,new.example,1' 4900000 4910000 >new.csv
	lcr load old.csv
	direct
	(for _ in 1 2 3; do lcr load new.csv; lcr load old.csv; done) \
	    >loads 3>&- &
	pid=$!
	while ! is_gone "$pid"; do
		ask INVITE sip:4905000@gw.example
		is '302 Moved Temporarily'
		calls=$((calls + 1))
	done
	wait "$pid"
	[ "$calls" -gt 0 ]
	[ "$(grep -c '10001 routes' loads)" -eq 6 ]
}

@test "lcr: a table with a fault is refused, and the old one stays" {
	routes
	run -1 lcr load /dev/stdin <<<'49,ok.example,1
50,a>b.example;<,1'
	run -1 lcr load /dev/stdin <<<'49,carrier.example,dear'
	[[ $output = *'/dev/stdin:1: '*'wanted: prefix,carrier,price' ]]
	# The first row too: it is a header or has a route.
	for row in 'prefix;carrier;price' '+49,a.example,1' '49;a.example;1' \
	    'Prefix,Carrier' 'n/a,a.example,1' '49,a.example,nan' \
	    '49,a.example,inf' '49,a.example,-1' '49,b@a.example,1' \
	    '1234567890123456,a.example,1' '²,a.example,1' $'49,\xff,1' \
	    "$(head -c 140000 /dev/zero | tr '\0' 1)"; do
		run -1 lcr load /dev/stdin <<<"$row"
		[[ $output = 'lcr: /dev/stdin:1: '*'wanted: prefix,carrier,price' ]]
	done
	run -1 lcr load /dev/stdin <<<$'1,a.example,1\nprefix,carrier,price'
	[[ $output = 'lcr: /dev/stdin:2: '*'wanted: prefix,carrier,price' ]]
	run -1 lcr load /dev/stdin <<<'prefix,carrier,price'
	[ "$output" = 'lcr: /dev/stdin: no routes; the table stays as it was' ]
	run -1 lcr load nothing
	[[ $output = 'lcr: '*nothing* ]]
	[ "$(lcr show 4930)" = \
	    "4930 ['berlin2.example', 'berlin1.example:5060', 'berlin3.example']" ]
	# As a spreadsheet writes it.
	printf '\xef\xbb\xbfPrefix, Carrier, Price\r\n49,new.example,1\r\n' >bom.csv
	[ "$(lcr load bom.csv)" = '1 routes' ]
	printf '\xef\xbb\xbf49,new.example,1\n' >bom.csv
	[ "$(lcr load bom.csv)" = '1 routes' ]
}

screen() { "$SCRIPTS/me@b.example" "$@"; }

screened()
{
	example screen me@b.example
	screen target me@b.example sip:me@192.0.2.7
	screen block spammer@a.example
	screen block @spam.example
	direct
}

@test "screen: callers on the list get 607, others the phone" {
	screened
	ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	has 'Contact: <sip:me@192.0.2.7>'
	FROM='"X" <sip:spammer@A.example>' ask INVITE sip:me@b.example
	is '607 Unwanted'
	FROM='sip:any@spam.example' ask INVITE sip:me@b.example
	is '607 Unwanted'
	screen allow @spam.example
	[ "$(screen list)" = spammer@a.example ]
	FROM='sip:any@spam.example' ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	ask OPTIONS sip:me@b.example
	is '405 Method Not Allowed'
	ask CANCEL sip:me@b.example
	is '481 Call/Transaction Does Not Exist'
}

@test "screen: the sixth call in a minute gets 603, a repeated one counts once" {
	local i

	screened
	for i in 1 2 3 4 5; do
		CALL_ID=$i ask INVITE sip:me@b.example
		is '302 Moved Temporarily'
	done
	CALL_ID=5 ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	CALL_ID=6 ask INVITE sip:me@b.example
	is '603 Decline'
	has 'Retry-After: 60'
	# What was answered once is answered so again.
	CALL_ID=1 ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	CALL_ID=6 ask INVITE sip:me@b.example
	is '603 Decline'
	# One with the Call-ID of a call that was let in is another call.
	CSEQ=2 CALL_ID=1 ask INVITE sip:me@b.example
	is '603 Decline'
	# Somebody else is not concerned, and the next minute is a new one.
	FROM='<sip:bob@a.example>' CALL_ID=7 ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	sqlite3 -cmd '.timeout 20000' "$STATE_DIRECTORY/screen.db" 'UPDATE recent SET time = time - 61'
	CALL_ID=8 ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
}

@test "screen: calls of one Call-ID are counted, and so are repeated ones" {
	local i

	screened
	for i in 1 2 3 4 5; do
		CSEQ=$i ask INVITE sip:me@b.example
		is '302 Moved Temporarily'
	done
	CSEQ=6 ask INVITE sip:me@b.example
	is '603 Decline'
	for i in 2 3 4 5; do
		CSEQ=1 ask INVITE sip:me@b.example
		is '302 Moved Temporarily'
	done
	CSEQ=1 ask INVITE sip:me@b.example
	is '603 Decline'
}

@test "screen: what it keeps of a call has one size, and there is a limit" {
	local long size

	screened
	printf -v long %030000d 0
	FROM="<sip:$(printf a%01900d 0)@a.example>" CALL_ID=$long \
	    ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	size=$(sqlite3 "$STATE_DIRECTORY/screen.db" \
	    'SELECT max(length(caller) + length(request)) FROM recent')
	[ "$size" -eq 32 ]
	sed -i 's/^CALLS_MAX = .*/CALLS_MAX = 3/' "$SCRIPTS/me@b.example"
	for i in 1 2 3 4 5; do
		FROM="<sip:$i@a.example>" ask INVITE sip:me@b.example
		is '302 Moved Temporarily'
	done
	[ "$(sqlite3 "$STATE_DIRECTORY/screen.db" \
	    'SELECT count(*) FROM recent')" -eq 3 ]
	# Who is over the rate adds nothing, and waits for nobody.
	sed -i 's/^RATE = .*/RATE = 0/' "$SCRIPTS/me@b.example"
	ask INVITE sip:me@b.example
	is '603 Decline'
	[ "$(sqlite3 "$STATE_DIRECTORY/screen.db" \
	    'SELECT count(*) FROM recent')" -eq 3 ]
}

@test "screen: a caller of any legal kind is one, and is blocked by what is typed" {
	screened
	for FROM in '<tel:+12025550100>' 'tel:310080120;phone-context=ims.example' \
	    '<im:x@a.example>' '<urn:service:sos>' '<sip:a.example>'; do
		ask INVITE sip:me@b.example
		is '302 Moved Temporarily'
	done
	FROM=bryan ask INVITE sip:me@b.example
	is '400 From is not an address'
	screen block +1-202-555-0100
	screen block 'tel:3100-80120;phone-context=IMS.example'
	screen block @SPAM3.example.
	screen block sip:Bob@A.Example:5070
	screen block '%61nn@a.example'
	# shellcheck disable=SC2034 # ask reads it
	for FROM in '<tel:+1(202)5550100>' 'tel:310080120;phone-context=ims.example' \
	    '<sip:x@spam3.example>' '<im:x@spam3.example>' '<sips:Bob@a.EXAMPLE;x=y>' '<sip:ann@a.example>'; do
		ask INVITE sip:me@b.example
		is '607 Unwanted'
	done
	# What stands in quotes is not a URI.
	FROM='sip:x@spam.example;q="<sip:alice@example.com>"' \
	    ask INVITE sip:me@b.example
	is '607 Unwanted'
	screen allow SIP:bob@a.example
	screen allow SIP:Bob@a.example
	run ! grep -q Bob <(screen list)
	run -1 screen block 'not an address'
	[[ $output = 'screen: '* ]]
	screen target ME@B.example sip:me@192.0.2.8
	screen target me@B.EXAMPLE. sip:me@192.0.2.9
	FROM='<sip:carol@a.example>' ask INVITE sip:me@b.example
	has 'Contact: <sip:me@192.0.2.9>'
}

@test "screen: of 40 calls at a time just five get through" {
	local i

	screened
	for i in {1..40}; do
		CALL_ID=p$i later INVITE sip:me@b.example
	done
	together
	[ "$(cat answer.* | grep -c '^SIP/2.0 302 ')" -eq 5 ]
	[ "$(cat answer.* | grep -c '^SIP/2.0 603 ')" -eq 35 ]
}

# Have $1 processes the database open?
is_open_in()
{
	[ "$(find /proc/[0-9]*/fd -lname "$STATE_DIRECTORY/screen.db" \
	    2>/dev/null | wc -l)" -ge "$1" ]
}

@test "screen: who waited for the lock is counted when he has it" {
	local i

	screened
	sed -i -e 's/^RATE = .*/RATE = 1/' -e 's/timeout=5,/timeout=60,/' \
	    "$SCRIPTS/me@b.example"
	lock screen.db
	for i in 1 2 3 4; do
		CALL_ID=p$i later INVITE sip:me@b.example
	done
	command_for_client together commands >&"$TO_CLIENT"
	# All but the one that holds it.
	wait_until is_open_in 5
	unlock
	IFS= read -r -t 100 _ <&"$FROM_CLIENT"
	[ "$(cat answer.* | grep -c '^SIP/2.0 302 ')" -eq 1 ]
	[ "$(cat answer.* | grep -c '^SIP/2.0 603 ')" -eq 3 ]
}

@test "lcr, screen: hostile values do nothing" {
	local value

	screened
	routes
	for value in "${HOSTILE[@]}"; do
		FROM=$value CALL_ID=${value// /} ask INVITE sip:me@b.example
		answered '302 *' '400 *'
		[ "$(grep -c '^SIP/2.0' answer)" -eq 1 ]
		FROM=$value ask INVITE sip:+4930@gw.example
		answered '302 *' '400 *'
	done
	[ "$(screen list | wc -l)" -eq 2 ]
	run ! grep -q Traceback log server.log
	nobody_was_pwned
}

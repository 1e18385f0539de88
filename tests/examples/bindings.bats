#!/usr/bin/env bats
# The examples registrar, locate and domain: the bindings and what becomes of
# them.

load registrar.bash

# As phones do that have a nonce already.
register()
{
	tell register goes_on=yes "$@"
}

@test "registrar: bindings are added, refreshed and removed by their URI" {
	served
	register cseq=1 contact='<sip:bob@192.0.2.7>' \
	    contact='"B" <sip:bob@192.0.2.8;transport=tcp>;q=0.5;expires=60'
	is '200 OK'
	[ "$(contacts | sed 's/expires=60/expires=59/')" = \
'<sip:bob@192.0.2.7>;expires=3600;q=1
<sip:bob@192.0.2.8;transport=tcp>;expires=59;q=0.5' ]
	# The same by RFC 3261 19.1.4, so one binding.
	register cseq=3 contact='<sip:%62ob@192.0.2.8;x=1;Transport=TCP>;q=0.7'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 2 ]
	contacts | grep -q ';q=0.7$'
	register cseq=5 contact='<sip:bob@192.0.2.7>;expires=0'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 1 ]
	# Without a Contact it is a question.
	register cseq=7
	is '200 OK'
	[ "$(contacts | wc -l)" -eq 1 ]
}

@test "registrar: Contact: * removes all, but only with Expires: 0" {
	served
	register cseq=1 contact='<sip:a@192.0.2.7>, <sip:b@192.0.2.7>'
	[ "$(contacts | wc -l)" -eq 2 ]
	register cseq=3 contact='*'
	is '400 A Contact of * needs Expires 0'
	register cseq=5 contact='*' expires=60
	is '400 A Contact of * needs Expires 0'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 2 ]
	register cseq=6 contact='*' expires=5
	is '400 A Contact of * needs Expires 0'
	register cseq=7 contact='*' expires=soon
	is '400 A Contact of * needs Expires 0'
	register cseq=9 contact='*, <sip:a@192.0.2.7>' expires=0
	is '400 Bad Contact header'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 2 ]
	register cseq=11 contact='*' expires=00
	is '200 OK'
	[ "$(contacts | wc -l)" -eq 0 ]
}

@test "registrar: a lower CSeq of the same Call-ID changes nothing" {
	served
	register cseq=10 contact='<sip:a@192.0.2.7>'
	is '200 OK'
	# All of a request or nothing: b is not added either.
	register cseq=8 contact='<sip:b@192.0.2.7>' \
	    contact='<sip:a@192.0.2.7>;expires=0'
	is '500 CSeq is not higher than before'
	[ "$(db 'SELECT uri FROM contact')" = 'sip:a@192.0.2.7' ]
	register cseq=1 call_id=other contact='<sip:a@192.0.2.7>;expires=0'
	is '200 OK'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 0 ]
}

@test "registrar: lifetimes are bounded, and what is malformed is an hour" {
	served
	register contact='<sip:a@192.0.2.7>;expires=59'
	is '423 Interval Too Brief'
	has 'Min-Expires: 60'
	register expires=5 contact='<sip:a@192.0.2.7>'
	is '423 Interval Too Brief'
	register expires=999999999999 contact='<sip:a@192.0.2.7>'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=7200;q=1' ]
	register cseq=3 contact='<sip:a@192.0.2.7>;expires=soon'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=3600;q=1' ]
	# Zeros in front are not another number.
	register cseq=5 expires=00000000003600 contact='<sip:a@192.0.2.7>'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=3600;q=1' ]
	register cseq=7 contact='<sip:a@192.0.2.7>;expires=0000000000000000061'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=61;q=1' ]
	register cseq=9 expires="$(printf %05000d 0)" contact='<sip:a@192.0.2.7>'
	is '200 OK'
	[ -z "$(contacts)" ]
	register cseq=11 contact='<sip:a@192.0.2.7>'
	db 'UPDATE contact SET expires = expires - 3601'
	register cseq=13
	is '200 OK'
	[ -z "$(contacts)" ]
}

@test "registrar: a phone with a new address replaces its binding" {
	local i

	served
	for i in 1 2; do
		register call_id=a$i contact="<sip:bob@192.0.2.7:400$i>;+sip.instance=\"<urn:uuid:1>\""
		is '200 OK'
		register call_id=b$i contact="<sip:bob@192.0.2.7:401$i>;+sip.instance=\"<urn:uuid:1>\";reg-id=1"
		register call_id=c$i contact="<sip:bob@192.0.2.7:402$i>;+sip.instance=\"<urn:uuid:1>\";reg-id=2"
		register call_id=d$i contact="<sip:bob@192.0.2.7:403$i>;+sip.instance=\"<urn:uuid:2>\""
	done
	[ "$(contacts | sed 's/.*:\(4[0-9]*\).*/\1/' | sort)" = \
	    $'4002\n4012\n4022\n4032' ]
	# What another request of its Call-ID has changed since stays.
	register call_id=a2 cseq=1 \
	    contact='<sip:bob@192.0.2.7:4999>;+sip.instance="<urn:uuid:1>"'
	is '500 CSeq is not higher than before'
}

@test "registrar: a Contact without angle brackets has header parameters" {
	served
	register contact='sip:bob@192.0.2.7;+sip.instance="<urn:gsma:imei:1-2-3>";audio'
	is '200 OK'
	[ "$(db 'SELECT uri, instance FROM contact')" = \
	    'sip:bob@192.0.2.7|<urn:gsma:imei:1-2-3> ' ]
}

@test "registrar: an instance that is not ASCII is 400" {
	served
	register contact=$'<sip:bob@192.0.2.7>;+sip.instance="<urn:\xff>"'
	is '400 Bad Contact header'
	register contact=$'<sip:bob@192.0.2.7>;+sip.instance="<urn:x>";reg-id=\xff'
	is '400 Bad Contact header'
}

@test "registrar: one binding too many takes the place of the oldest" {
	local i

	served
	sed -i 's/^MAX_BINDINGS = .*/MAX_BINDINGS = 3/' "$SCRIPTS/registrar"
	for i in {1..5}; do
		register call_id="$i" contact="<sip:bob@192.0.2.$i>"
		is '200 OK'
	done
	[ "$(contacts | sed 's/.*192.0.2.\([0-9]*\)>.*/\1/' | sort -n | xargs)" = '3 4 5' ]
}

@test "registrar: what is not a binding gets 400, too many 403" {
	local contact

	served
	for contact in 'sip:' '<tel:+49123>' '"open <sip:a@b>' '<sip:a@b' \
	    '<sip:a@b>;q=2' '<sip:a@b>;q=x' '<sip:a@b>;q=0.1234' \
	    '<sip:a>b@c>' '*, <sip:a@b>'; do
		register contact="$contact"
		answered '400 Bad *'
	done
	register contact="$(seq -s, -f '<sip:a@192.0.2.%.0f>' 11)"
	is '403 Too many contacts'
	[ "$(db 'SELECT count(*) FROM contact')" -eq 0 ]
	ask REGISTER sip:c.example
	answered '500 *'	# no script for this domain
	register header='Require: path'
	is '420 Bad Extension'
	has 'Unsupported: path'
}

@test "locate: 302 to all bindings, the best first; 480, 404, 481" {
	served
	ask INVITE sip:bob@b.example
	is '480 Temporarily Unavailable'
	ask INVITE sip:carol@b.example
	is '404 Not Found'
	register contact='<sip:b1@192.0.2.7;transport=tcp>;q=0.3' \
	    contact='<sip:b2@192.0.2.7>;q=0.9'
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
	[ "$(contacts)" = '<sip:b2@192.0.2.7>;q=0.9
<sip:b1@192.0.2.7;transport=tcp>;q=0.3' ]
	TO='<sip:bob@b.example>;tag=1' ask BYE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	ask ACK sip:bob@b.example
	[ ! -s answer ]
	db 'UPDATE contact SET expires = expires - 3601'
	ask INVITE sip:bob@b.example
	is '480 Temporarily Unavailable'
}

@test "domain: OPTIONS to the domain itself gets 200 from default.cgi" {
	served
	example default.cgi
	ask OPTIONS sip:b.example
	is '200 OK'
	ask OPTIONS sip:carol@b.example
	is '404 Not Found'
}

@test "registrar: of 24 phones that register at a time none is lost" {
	local i

	domain_of_two
	kept direct
	# Four users with six phones each.
	for i in {1..4}; do
		registrar add "u$i@b.example" <<<secret
	done
	for i in {1..24}; do
		command_for_client register user="u$((i % 4 + 1))" same=yes \
		    call_id="c$i" contact="<sip:p$i@192.0.2.7>" >>commands
	done
	together
	[ "$(head -qn 1 answer.* | grep -c ' 200 OK')" -eq 24 ]
	[ "$(db 'SELECT count(*) FROM contact')" -eq 24 ]
	[ "$(db 'SELECT max(n) FROM (SELECT count(*) AS n FROM contact
	    GROUP BY name) AS each')" -eq 6 ]
}

#!/usr/bin/env bats
# The examples in shell: default.cgi, options, redirect, reject.

load examples

@test "default.cgi: OPTIONS gets 200 with Allow and Accept" {
	example default.cgi
	direct
	ask OPTIONS sip:a.example
	is '200 OK'
	has 'Allow: INVITE, ACK, CANCEL, OPTIONS'
	has 'Accept: application/sdp'
}

@test "default.cgi: an INVITE gets 404, in a dialog 481, a CANCEL 481, an ACK nothing" {
	example default.cgi
	direct
	ask INVITE sip:nobody@a.example
	is '404 Nobody has this address here'
	TO='<sip:x@a>;tag=1' ask BYE sip:nobody@a.example
	is '481 Call/Transaction Does Not Exist'
	ask CANCEL sip:nobody@a.example
	is '481 Call/Transaction Does Not Exist'
	ask ACK sip:nobody@a.example
	[ ! -s answer ]
}

@test "default.cgi, options: sipsak gets 200 over TCP" {
	example default.cgi
	example options ping@127.0.0.1
	serve
	sipsak_asks -s "sip:anybody@127.0.0.1:$PORT"
	grep -q '^SIP/2.0 200 OK' sipsak.out
	sipsak_asks -s "sip:ping@127.0.0.1:$PORT"
	grep -q '^Accept-Encoding: identity' sipsak.out
}

@test "options: 200 says what is understood, 405 says the methods" {
	example options ping@a.example
	direct
	ask OPTIONS sip:ping@a.example
	is '200 OK'
	has 'Allow: OPTIONS'
	has 'Accept: application/sdp'
	has 'Supported:'
	ask INVITE sip:ping@a.example
	is '405 Method Not Allowed'
	has 'Allow: OPTIONS'
}

@test "options: an extension that is required gets 420" {
	example options ping@a.example
	direct
	ask OPTIONS sip:ping@a.example 'Require: 100rel' 'Require: foo'
	is '420 Bad Extension'
	has 'Unsupported: 100rel, foo'
}

@test "redirect: to the host in the file, or to a whole address" {
	example redirect bryan@foo.com
	mkdir cgi-bin
	direct
	ask INVITE 'sip:bryan@foo.com:5060;user=IP'
	is '480 Temporarily Unavailable'
	printf new.foo.com >cgi-bin/forwardfile
	ask INVITE 'sip:bryan@foo.com:5060;user=IP'
	is '302 Moved Temporarily'
	has 'Contact: <sip:bryan@new.foo.com>'
	echo 'sip:me@192.0.2.7;transport=tcp' >cgi-bin/forwardfile
	ask INVITE sip:bryan@foo.com
	has 'Contact: <sip:me@192.0.2.7;transport=tcp>'
	TO='<sip:bryan@foo.com>;tag=1' ask INVITE sip:bryan@foo.com
	is '481 Call/Transaction Does Not Exist'
}

@test "redirect: a user cannot leave the angle brackets" {
	example redirect @foo.com
	mkdir cgi-bin
	printf new.foo.com >cgi-bin/forwardfile
	direct
	ask INVITE 'sip:a%3e%0d%0aEvil:%201@foo.com'
	is '302 Moved Temporarily'
	has 'Contact: <sip:a%3E%0D%0AEvil@new.foo.com>'
}

@test "default.cgi, options, redirect: hostile values come back as they were" {
	local value

	example default.cgi
	example options ping@a.example
	example redirect bryan@foo.com
	mkdir cgi-bin
	echo 'sip:me@192.0.2.7' >cgi-bin/forwardfile
	direct
	for value in "${HOSTILE[@]}" '$SIP_VIA' '\r\nEvil: 1' "'; exit; '"; do
		FROM=$value ask INVITE sip:nobody@a.example
		answered '404 *' '400 *'
		has "From: $value;tag=f"
		FROM=$value ask OPTIONS sip:ping@a.example "Require: $value"
		answered '420 *' '400 *'
		answered '400 *' 2>/dev/null || has "Unsupported: $value"
		FROM=$value ask INVITE sip:bryan@foo.com "Subject: $value"
		answered '302 *' '400 *'
		[ "$(grep -c '^SIP/2.0' answer)" -eq 1 ]
		run ! grep -q '^Evil' answer
	done
	nobody_was_pwned
}

reject_with_rules()
{
	example reject me@b.example
	cat >"$CONFIG/callers" <<-'END'
		# comment

		alice@a.example        302 sip:me@192.0.2.7
		*@SPAM.example         607
		+1202*                 607
		Bob@*.A.example        486
		anonymous@*            433
		*@caller.example       302 sip:desk@192.0.2.8
		*@a.example            480
		*                      603
	END
	direct
}

@test "reject: the first rule that matches the caller counts" {
	reject_with_rules
	ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	has 'Contact: <sip:me@192.0.2.7>'
	FROM='"X" <sip:%61lice@A.Example:5060>' ask INVITE sip:me@b.example
	is '302 Moved Temporarily'
	FROM='<sip:bob@a.example>' ask INVITE sip:me@b.example
	is '480 Temporarily Unavailable'
	FROM='<sip:x@spam.example>' ask INVITE sip:me@b.example
	is '607 Unwanted'
	# What stands in quotes is not a URI.
	FROM='sip:x@spam.example;q="<sip:alice@a.example>"' \
	    ask INVITE sip:me@b.example
	is '607 Unwanted'
	FROM='<tel:+1-202-555-0100>' ask INVITE sip:me@b.example
	is '607 Unwanted'
	FROM='<sip:Bob@x.a.example>' ask INVITE sip:me@b.example
	is '486 Busy Here'
	FROM='<sip:anonymous@anonymous.invalid>' ask INVITE sip:me@b.example
	is '433 Anonymity Disallowed'
	FROM='<sip:alice@c.example>' ask INVITE sip:me@b.example
	is '603 Decline'
	ask BYE sip:me@b.example
	is '405 Method Not Allowed'
}

@test "reject: without a list everybody is declined" {
	example reject me@b.example
	direct
	ask INVITE sip:me@b.example
	is '603 Decline'
}

@test "reject: a caller who writes patterns or commands is only compared" {
	local value

	reject_with_rules
	for value in "${HOSTILE[@]}" '<sip:*@a.example>' '<sip:?lice@a.example>'
	do
		FROM=$value ask INVITE sip:me@b.example
		answered '603 Decline' '480 *' '400 *'
		[ "$(grep -c '^SIP/2.0' answer)" -eq 1 ]
		run ! grep -q '^Evil' answer
	done
	nobody_was_pwned
}

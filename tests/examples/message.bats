#!/usr/bin/env bats
# The example message.

load examples

# The mailbox of bob.
mailbox()
{
	example message @b.example
	BOX=$STATE_DIRECTORY/mail/bob@b.example
	mkdir -p "$BOX/cur" "$BOX/new" "$BOX/tmp"
	direct
}

count() { find "$BOX/new" "$BOX/cur" -type f | wc -l; }

@test "message: a MESSAGE becomes a mail, and gets 202" {
	mailbox
	FROM='"Älice" <sip:alice@a.example>' BODY=$'Grüße\r\nund mehr' \
	    ask MESSAGE sip:bob@b.example 'Subject: Hallo' \
	    'Content-Type: text/plain;charset=UTF-8'
	is '202 Accepted'
	[ "$(count)" -eq 1 ]
	[ -z "$(ls "$BOX/tmp")" ]
	sed -e 's/^Date: .*/Date: D/' -e 's/^Message-ID: <[0-9a-f]*@/Message-ID: <M@/' \
	    "$BOX"/new/* >mail
	cmp mail - <<-'END'
		From: alice@a.example
		To: bob@b.example
		Subject: Hallo
		Date: D
		Message-ID: <M@sip-cgi.invalid>
		MIME-Version: 1.0
		Content-Type: text/plain;charset=UTF-8
		Content-Transfer-Encoding: 8bit
		X-SIP-From: "Älice" <sip:alice@a.example>;tag=f
		X-SIP-Call-ID: c@a.example

		Grüße
		und mehr
	END
}

@test "message: one that is sent again is stored once, also when it was read" {
	mailbox
	BODY=hello ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	BODY=hello ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	[ "$(count)" -eq 1 ]
	for mail in "$BOX"/new/*; do
		mv "$mail" "$BOX/cur/${mail##*/}:2,S"
	done
	BODY=hello ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	[ "$(count)" -eq 1 ]
	CSEQ=2 BODY=hello ask MESSAGE sip:bob@b.example \
	    'Content-Type: text/plain'
	[ "$(count)" -eq 2 ]
}

@test "message: sizes and types are checked" {
	mailbox
	BODY=$(head -c 65537 /dev/zero | tr '\0' x) \
	    ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '413 Request Entity Too Large'
	BODY='x' ask MESSAGE sip:bob@b.example 'Content-Type: application/sdp'
	is '415 Unsupported Media Type'
	has 'Accept: text/plain, text/html, message/cpim'
	ask MESSAGE sip:bob@b.example
	is '415 Unsupported Media Type'
	BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain' \
	    'Content-Encoding: gzip'
	is '415 Unsupported Media Type'
	has 'Accept-Encoding: identity'
	[ "$(count)" -eq 0 ]
	BODY=$(head -c 65536 /dev/zero | tr '\0' x) \
	    ask MESSAGE sip:bob@b.example 'Content-Type: Text/Plain'
	is '202 Accepted'
	[ "$(stat -c %s "$BOX"/new/*)" -gt 65536 ]
	[ "$(tail -n 1 "$BOX"/new/* | wc -c)" -eq 65537 ]
}

@test "message: other methods, and who has no mailbox" {
	mailbox
	ask OPTIONS sip:bob@b.example
	is '200 OK'
	has 'Allow: MESSAGE, OPTIONS'
	ask INVITE sip:bob@b.example
	is '405 Method Not Allowed'
	BODY=x ask MESSAGE sip:carol@b.example 'Content-Type: text/plain'
	is '404 Not Found'
	TO='<sip:bob@b.example>;tag=1' ask MESSAGE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
}

@test "message: 40 at a time, none lost and none half-written" {
	local i

	mailbox
	for i in {1..40}; do
		CALL_ID=m$i BODY="Message $i" later MESSAGE sip:bob@b.example \
		    'Content-Type: text/plain'
	done
	together
	[ "$(count)" -eq 40 ]
	[ -z "$(ls "$BOX/tmp")" ]
	[ "$(tail -qn 1 "$BOX"/new/* | sort -u | grep -c '^Message [0-9]*$')" \
	    -eq 40 ]
}

@test "message: a mailbox that cannot be written to is a 500" {
	mailbox
	rm -r "$BOX/tmp"
	BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '500 Server Internal Error'
	grep -q 'message: .*/tmp/.*No such file' log server.log
}

@test "message: a mailbox has room for so many messages and octets" {
	mailbox
	touch "$BOX"/new/{1..500} "$BOX"/cur/{1..499}
	BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	CSEQ=2 BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '480 The mailbox is full'
	has 'Retry-After: 3600'
	# What is there already is not a new one.
	BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	[ "$(count)" -eq 1000 ]
	rm "$BOX"/new/* "$BOX"/cur/*
	truncate -s 10M "$BOX/cur/big:2,S"
	CSEQ=3 BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '480 The mailbox is full'
	truncate -s -1 "$BOX/cur/big:2,S"
	CSEQ=4 BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain'
	is '202 Accepted'
	# Somebody else's is not concerned.
	mkdir -p "$STATE_DIRECTORY"/mail/ann@b.example/{cur,new,tmp}
	BODY=x ask MESSAGE sip:ann@b.example 'Content-Type: text/plain'
	is '202 Accepted'
}

@test "message: no control character and no endless line gets into a header" {
	local long

	mailbox
	printf -v long '%01000d' 0
	FROM=$'"\e[2J\b" <sip:x@a.example>' BODY=x ask MESSAGE sip:bob@b.example \
	    $'Subject: a\e]0;x\ab\tc\x7fd\xc2\x9be \xc3\xa9 f' \
	    'Content-Type: text/plain'
	is '202 Accepted'
	grep -qFx $'Subject: a ]0;x b c d e \xc3\xa9 f' "$BOX"/new/*
	LC_ALL=C run ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$BOX"/new/*
	rm "$BOX"/new/*
	BODY=x ask MESSAGE sip:bob@b.example 'Content-Type: text/plain' \
	    "Subject: ${long:0:899}"$'\xc3\xa9'"$long"
	is '202 Accepted'
	grep -qFx "Subject: ${long:0:899}" "$BOX"/new/*
}

@test "message: hostile values do nothing" {
	local value

	mailbox
	mkdir -p "$STATE_DIRECTORY/new"
	# shellcheck disable=SC2016
	for value in ../mail/bob '..%2F..' '.' '%2e%2e' '$(touch%20pwned)' '-f' '%00' "'"; do
		BODY=x ask MESSAGE "sip:$value@b.example" \
		    'Content-Type: text/plain'
		answered '404 *' '400 *'
	done
	for value in "${HOSTILE[@]}"; do
		FROM=$value BODY=$'x\r\nBcc: all' CALL_ID=${value// /} \
		    ask MESSAGE sip:bob@b.example "Subject: $value" \
		    'Content-Type: text/plain'
		answered '202 *' '400 *'
		FROM=$value BODY=x ask MESSAGE sip:bob@b.example \
		    "Content-Type: $value"
		answered '415 *' '400 *'
	done
	[ "$(count)" -gt 0 ]
	# Nothing but what the script writes stands above the empty line.
	for mail in "$BOX"/new/*; do
		[ "$(sed '/^$/,$d' "$mail" | cut -d: -f1 | tr '\n' ' ')" = \
'From To Subject Date Message-ID MIME-Version Content-Type '\
'Content-Transfer-Encoding X-SIP-From X-SIP-Call-ID ' ]
	done
	[ "$(find "$STATE_DIRECTORY" -type f | grep -vc "^$BOX/new/")" -eq 0 ]
	nobody_was_pwned
}

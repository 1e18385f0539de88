#!/usr/bin/env bats
# sipcgi-check: slips that would be silent are told, and nothing else is.

bats_require_minimum_version 1.5.0
load ../helpers/helper

CHECK=$BUILD/sipcgi-check

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkdir scripts
	chmod 755 scripts
	script default.cgi '#!/bin/sh' 'exit 0'
}

# script NAME LINE...
script()
{
	local name=scripts/$1

	shift
	printf '%s\n' "$@" >"$name"
	chmod 755 "$name"
}

# The findings, as "LEVEL TOKEN ABOUT", one a line, are those of stdin.
finds()
{
	cat >wanted
	"$CHECK" -d scripts "$@" >out 2>err </dev/null || :
	sed -E 's/^([a-z]+) +([a-z-]+): ([^:]*):.*/\1 \2 \3/' out |
	    diff wanted - || {
		cat out err
		return 1
	}
}

nothing() { finds "$@" </dev/null; }

# A request of the method $2 for the script of user $1, in the file $1.sip.
request()
{
	printf '%s\r\n' "${2:-INVITE} sip:$1@box SIP/2.0" \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    'Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK2' \
	    'From: <sip:tester@example.org>;tag=1' "To: <sip:$1@box>" \
	    'Call-ID: abc@test' "CSeq: 1 ${2:-INVITE}" 'Content-Length: 0' '' \
	    >"$1.sip"
}

# answer NAME FORMAT: a script that writes this, and what it finds in it. HEAD
# in the format stands for the fields that every answer has.
answer()
{
	local head='Via: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %s\r\n'

	script "$1@box" '#!/bin/sh' "printf '${2//HEAD/$head}' \"\$SIP_VIA\" \
	    \"\$SIP_FROM\" \"\$SIP_TO\" \"\$SIPCGI_TO_TAG\" \
	    \"\$SIP_CALL_ID\" \"\$SIP_CSEQ\""
	request "$1" "${3:-}"
	finds --handler="$HANDLER" "$1.sip"
}

@test "check: a directory that is in order has no finding" {
	script bob@example.com '#!/bin/sh'
	script @example.com '#!/usr/bin/env sh'
	script 'a%23b@example.com' '#! /bin/sh'
	cp /bin/true scripts/carol@example.com
	ln -s bob@example.com scripts/dave@example.com
	nothing
	"$CHECK" -d scripts
}

@test "check: what callers never reach, or cannot be run, is told" {
	printf '#!/bin/sh\r\necho\r\n' >scripts/crlf@box
	printf '\xef\xbb\xbf#!/bin/sh\n' >scripts/bom@box
	: >scripts/empty@box
	echo 'echo hello' >scripts/none@box
	echo '#!/bin/nosuch' >scripts/nosuch@box
	echo '#!/usr/bin/env nosuch' >scripts/env@box
	echo '#!bin/sh' >scripts/relative@box
	echo "#!/bin/$(printf '%0300d' 0)" >scripts/long@box
	echo '#!/bin/sh' | tee scripts/mode@box scripts/open@box \
	    scripts/bob@Box scripts/'b%6Fb@box' scripts/notes.txt \
	    scripts/.hidden@box scripts/-dash@box scripts/bob@box.bak >/dev/null
	mkdir scripts/directory@box
	chmod 755 scripts/*@* scripts/.hidden@box
	ln -s nowhere scripts/link@box
	chmod 644 scripts/mode@box
	chmod 757 scripts/open@box
	LC_ALL=C finds <<-EOF
	warning unreachable-name -dash@box
	warning unreachable-name .hidden@box
	warning unreachable-name b%6Fb@box
	warning unreachable-name bob@Box
	warning copy bob@box.bak
	error bom bom@box
	error crlf crlf@box
	error not-regular directory@box
	error no-interpreter-line empty@box
	error no-interpreter env@box
	error dangling-link link@box
	error long-interpreter-line long@box
	error not-executable mode@box
	error no-interpreter-line none@box
	error no-interpreter nosuch@box
	warning unreachable-name notes.txt
	error writable open@box
	error relative-interpreter relative@box
	EOF
	run -1 "$CHECK" -d scripts
}

@test "check: a directory that cannot be used is told, with exit status 78" {
	chmod o+w scripts
	run -78 "$CHECK" -d scripts
	[[ $output == 'error   directory-writable: '* ]]
	run -78 "$CHECK" -d nosuch
	[[ $output == 'error   directory-missing: '* ]]
	rm scripts/default.cgi
	chmod o-w scripts
	run -0 "$CHECK" -d scripts
	[[ $output == 'warning no-default: '* ]]
}

@test "check: -u judges as the user who will run the scripts" {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	chmod 755 "$BATS_TEST_TMPDIR"
	for up in "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"; do
		chmod o+x "$up" "${up%/*}"
	done
	script bob@example.com '#!/bin/sh'
	chmod 700 scripts/bob@example.com
	nothing
	"$CHECK" -u nobody -d scripts >out || :
	grep -q '^error   not-executable: bob@example.com: ' out
	run -64 "$CHECK" -u nosuchuser -d scripts
}

@test "check: who may change a script, or the directory, is told" {
	script bob@example.com '#!/bin/sh'
	chmod g+w scripts/bob@example.com scripts
	finds <<-'END'
	warning group-writable scripts
	warning group-writable bob@example.com
	END
	"$CHECK" -d scripts
	chmod g-w scripts scripts/bob@example.com
	script helper '#!/bin/sh'
	chmod go+w scripts/helper
	finds <<-'END'
	warning unreachable-name helper
	warning writable helper
	warning group-writable helper
	END
	rm scripts/helper
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	chmod 755 "$BATS_TEST_TMPDIR"
	for up in "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"; do
		chmod o+x "$up" "${up%/*}"
	done
	finds -u nobody </dev/null
	chown nobody scripts/bob@example.com
	chmod 555 scripts/bob@example.com
	chgrp "$(id -g nobody)" scripts
	chmod g+w scripts
	finds -u nobody <<-'END'
	warning owner scripts
	warning owner bob@example.com
	END
}

@test "check: an answer that is in order has no finding" {
	answer good 'SIP/2.0 302 Moved\r\nHEADContact: <sip:b@x>\r\nContent-Length: 0\r\n\r\n' \
	    </dev/null
	answer body 'SIP/2.0 200 OK\r\nHEADContact: <sip:b@x>\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nab' \
	    </dev/null
	answer software 'SIP/2.0 404 No\r\nHEADServer: '"$("$HANDLER" -V |
	    tr ' ' /)"'\r\nContent-Length: 0\r\n\r\n' </dev/null
	request ack ACK
	cp scripts/good@box scripts/ack@box
	nothing --handler="$HANDLER" ack.sip
	# From standard input, too.
	"$CHECK" -d scripts --handler="$HANDLER" - <good.sip
	# shellcheck disable=SC2002 # a pipe, which cannot be read twice
	cat body.sip | "$CHECK" -d scripts --handler="$HANDLER" - >out
	[ ! -s out ]
}

@test "check: what a caller would be left with is told" {
	answer before 'hello\r\nSIP/2.0 404 No\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error octets-before answer'
	answer after 'SIP/2.0 404 No\r\nHEADContent-Length: 0\r\n\r\nmore' \
	    <<<'error octets-after answer'
	answer lf 'SIP/2.0 404 No\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error bare-lf answer'
	answer length 'SIP/2.0 404 No\r\nHEAD\r\n' \
	    <<<'error no-content-length answer'
	answer number 'SIP/2.0 404 No\r\nHEADContent-Length: x\r\n\r\n' \
	    <<<'error bad-content-length answer'
	answer short 'SIP/2.0 404 No\r\nHEADContent-Type: a/b\r\nContent-Length: 9\r\n\r\nab' \
	    <<<'error short-body answer'
	answer type 'SIP/2.0 404 No\r\nHEADContent-Length: 2\r\n\r\nab' \
	    <<<'error no-content-type answer'
	answer empty 'SIP/2.0 404 No\r\nHEADContent-Length: 0\r\n' \
	    <<<'error no-empty-line answer'
	answer line 'SIP/2.0 404 No\r\nHEADnonsense\r\nContent-Length: 0\r\n\r\n' \
	    <<<'error bad-head answer'
	answer nul 'SIP/2.0 404 No\r\nHEADX: a\0b\r\nContent-Length: 0\r\n\r\n' \
	    <<<'error bad-head answer'
	answer twice 'SIP/2.0 404 No\r\nHEADContent-Length: 0\r\nl: 0\r\n\r\n' \
	    <<<'error repeated-field answer'
	answer none 'hello\r\nworld\r\n' <<<'error no-response answer'
	answer reason 'SIP/2.0 404\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error bad-status-line answer'
	answer action 'CGI-PROXY-REQUEST sip:b@x SIP/2.0\r\n\r\n' \
	    <<<'error bad-status-line answer'
	answer contact 'SIP/2.0 302 Moved\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error no-contact answer'
	answer invite 'SIP/2.0 200 OK\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error no-contact answer'
	answer address 'SIP/2.0 302 Moved\r\nHEADContact: bob@192.0.2.7\r\nm: "<sip:a@b>" <b>\r\nContact: <sip:a@b\r\nContact: "a <sip:a@b>\r\nContact: "a, <b" <sip:b@x?Subject=a>;q=1\r\nContact: sip:b@x;q=1\r\nContact: tel:+123\r\nContent-Length: 0\r\n\r\n' \
	    <<<'error bad-contact answer
error bad-contact answer
error bad-contact answer
error bad-contact answer'
	answer failed 'SIP/2.0 500 No\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error server-error answer'
	answer options 'SIP/2.0 200 OK\r\nHEADContent-Length: 0\r\n\r\n' \
	    OPTIONS </dev/null
	answer challenge 'SIP/2.0 401 No\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error no-challenge answer'
	answer allow 'SIP/2.0 405 No\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error no-allow answer'
	answer ringing 'SIP/2.0 180 Ringing\r\nHEADContent-Length: 0\r\n\r\n' \
	    <<<'error no-final answer'
}

@test "check: fields that are not the request's are told, one by one" {
	script changed@box '#!/bin/sh' \
	    "printf 'SIP/2.0 404 No\r\nVia: x\r\nFrom: %s \r\nTo: <sip:other@box>\r\nCall-ID: %sx\r\nContent-Length: 0\r\n\r\n' \"\$SIP_FROM\" \"\$SIP_CALL_ID\""
	request changed
	finds --handler="$HANDLER" changed.sip <<-EOF
	error changed-field answer
	error changed-field answer
	error changed-field answer
	error missing-field answer
	error to-without-tag answer
	EOF
	cut -d: -f3 out | sort >about
	printf '%s\n' ' Call-ID is not the request'"'s" \
	    ' To has no tag. Add ;tag=$SIPCGI_TO_TAG to it (RFC 3261 8.2.6.2)' \
	    ' To is not the request'"'s" ' Via is not the request'"'s" \
	    ' there is no CSeq. Copy it from the request' | sort |
	    cut -c1-20 >want
	cut -c1-20 about | diff want -
}

@test "check: an answer that is too large is told, and not as a short one" {
	script large@box '#!/bin/sh' "printf 'SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=a\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Type: a/b\r\nContent-Length: 200000\r\n\r\n%0200000d' \"\$SIP_VIA\" \"\$SIP_FROM\" \"\$SIP_TO\" \"\$SIP_CALL_ID\" \"\$SIP_CSEQ\" 0"
	request large OPTIONS
	finds --handler="$HANDLER" large.sip <<<'error large answer'
}

@test "check: --each leaves out what sipcgi-each completes, and no more" {
	script short@box '#!/bin/sh' \
	    "printf 'SIP/2.0 302 Moved\nContact: <sip:b@192.0.2.9>\n\n'"
	request short
	"$CHECK" -d scripts --handler="$HANDLER" short.sip >out && false
	nothing --each --handler="$HANDLER" short.sip
	script short@box '#!/bin/sh' \
	    "printf 'SIP/2.0 302 Moved\nCall-ID: x\nContent-Type: a/b\n\nab'"
	finds --each --handler="$HANDLER" short.sip <<-'END'
	error changed-field answer
	error no-contact answer
	END
}

@test "check: two final answers are told" {
	script two@box '#!/bin/sh' '. "$LIB/sip-cgi.sh"' \
	    "one() { printf 'SIP/2.0 %s x\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=a\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n' \"\$1\" \"\$SIP_VIA\" \"\$SIP_FROM\" \"\$SIP_TO\" \"\$SIP_CALL_ID\" \"\$SIP_CSEQ\"; }" \
	    'one 404' 'one 486'
	sed -i '/LIB/d' scripts/two@box
	request two
	finds --handler="$HANDLER" two.sip <<<'error second-final answer'
}

@test "check: a script that fails, is killed or hangs is told" {
	script none@box '#!/bin/sh'
	script failing@box '#!/bin/sh' 'exit 3'
	script killed@box '#!/bin/sh' 'kill -9 $$'
	script hangs@box '#!/bin/sh' 'sleep 60 & sleep 60'
	for user in none failing killed hangs nobody; do
		request "$user"
	done
	rm scripts/default.cgi
	finds --handler="$HANDLER" none.sip <<<'error no-answer script'
	finds --handler="$HANDLER" failing.sip <<<'error no-answer script'
	finds --handler="$HANDLER" killed.sip <<<'error signal script'
	finds --handler="$HANDLER" -T 1 hangs.sip <<<'error late script'
	finds --handler="$HANDLER" nobody.sip <<<'error not-run answer'
}

@test "check: a message that is refused is told, and none is a usage error" {
	request bad
	sed -i '/^Call-ID/d' bad.sip
	finds --handler="$HANDLER" bad.sip <<<'error missing-call-id message'
	run -66 "$CHECK" -d scripts --handler="$HANDLER" nosuch.sip
	request ok
	run -71 "$CHECK" -d scripts --handler=/nosuch ok.sip
}

@test "check: options after the message are the handler's" {
	script env@box '#!/bin/sh' '[ "$COLOUR" = blue ] || exit 1' \
	    "printf 'SIP/2.0 404 x\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=a\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n' \"\$SIP_VIA\" \"\$SIP_FROM\" \"\$SIP_TO\" \"\$SIP_CALL_ID\" \"\$SIP_CSEQ\""
	request env
	nothing --handler="$HANDLER" env.sip -e COLOUR=blue
	finds --handler="$HANDLER" env.sip <<<'error no-answer script'
}

@test "check: --json is JSON, whatever octets are in it" {
	printf '#!/bin/sh\n' >"scripts/$(printf 'q"\\\001\377@box')"
	"$CHECK" -j -d scripts | python3 -c 'import json, sys
[f] = json.load(sys.stdin)
assert f["finding"] == "unreachable-name" and f["level"] == "warning", f'
	rm scripts/q*
	[ "$("$CHECK" -j -d scripts)" = '[]' ]
}

@test "check: the manual has every finding, and no others" {
	grep -hEo '"[a-z]+(-[a-z]+)*",? *$|, "[a-z]+(-[a-z]+)*", *$|error\("[a-z-]+"|\{ "[a-z-]+",|name, "[a-z-]+"|"(no-[a-z-]+|exit-status|dangling-link|no-look-up)"' \
	    "$TOP"/tools/check/*.c | grep -Eo '"[a-z-]+"' | tr -d '"' | sort -u \
	    >code
	sed -n '/^\.Sh DIAGNOSTICS/,/^\.Sh SEE/p' \
	    "$TOP/man/sipcgi-check.1" | sed -n 's/^\.It Cm //p' |
	    sed 's/ , /\n/g' | sort -u >manual
	# Every finding of the manual is in the code.
	[ -z "$(comm -13 code manual)" ]
	# And those that the tests above saw are in the manual.
	grep -hoE "(error|warning) +[a-z-]+ (answer|script|[^ ]*@box)" \
	    "$TOP/tests/check/check.bats" | awk '{ print $2 }' | sort -u >seen
	[ -z "$(comm -23 seen manual)" ]
}

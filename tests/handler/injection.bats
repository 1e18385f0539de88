# Nothing that a peer writes reaches a shell, a path outside the directory,
# another variable, the log's next line, or another header of our answer.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# Where an attacker would like to get: programs that leave a mark, beside the
# directory, below it, hidden in it, and under names that look like options.
plant_decoys()
{
	local name

	mkdir "$DIR/sub"
	for name in ../evil@example.com ../evil evil.sh sub/evil@example.com \
	    .evil@example.com -evil@example.com ..@example.com evil \
	    sub/default.cgi @evil@example.com; do
		printf '#!/bin/sh\n: >"%s"\n' "$PWD/pwned" | script "$name"
	done
}

# No decoy ran; what ran is the probe, as $1.
ran_only()
{
	ran || return
	[ ! -e pwned ] || explain_failure "a decoy ran" || return
	variable SCRIPT_FILENAME "$DIR/$1" || return
	rm "$DIR/probe.env"
}

@test "the decoys do leave a mark when they are run" {
	plant_decoys
	"$DIR/../evil@example.com"
	[ -e pwned ]
	rm pwned
	START='INVITE sip:example.com SIP/2.0' request >message
	mv "$DIR/evil" "$DIR/@example.com"
	handle <message
	[ -e pwned ]
}

# bats test_tags=P1
@test "a path: / and .. and escapes of them never leave the directory" {
	local user

	plant_decoys
	for user in ../evil ./evil sub/evil "$PWD/evil" /evil //evil \
	    ..%2fevil %2e%2e%2fevil %2E%2E/evil ..%2Fevil %2fevil \
	    sub%2fevil ..%5cevil ..%252fevil %c0%ae%c0%ae%c0%afevil \
	    ..%c0%afevil .%2e/evil a/../../evil ../scripts/../evil; do
		START="INVITE sip:$user@example.com SIP/2.0" request >message
		handle <message
		ran_only default.cgi || explain_failure "$user"
	done
}

# bats test_tags=P1
@test "a path: a host never holds a / or leaves the directory" {
	local host

	plant_decoys
	for host in ../evil h/../../evil example.com/../../evil .. . .evil \
	    %2e%2e%2fevil '[/../evil]' '[..]/evil' ..%2fevil; do
		START="INVITE sip:bob@$host SIP/2.0" request >message
		handle <message
		answered 400 uri-
		[ ! -e pwned ]
		START="INVITE sip:$host SIP/2.0" request >message
		handle <message
		answered 400 uri-
		[ ! -e pwned ]
	done
}

# bats test_tags=P2
@test "a path: leading . and - name no script, escaped or not" {
	local user

	plant_decoys
	for user in .evil %2eevil -evil %2devil . .. %2e%2e %2E. -; do
		START="INVITE sip:$user@example.com SIP/2.0" request >message
		handle <message
		ran_only default.cgi || explain_failure "$user"
	done
}

# bats test_tags=P3
@test "a path: %00 does not cut a name, and %40 does not move its host" {
	local user

	plant_decoys
	probe bob@example.com
	for user in 'evil%00' 'bob%00' 'evil%0a' 'bob%40example.com%00' \
	    '%40evil' '%00'; do
		START="INVITE sip:$user@example.com SIP/2.0" request >message
		handle <message
		ran_only default.cgi || explain_failure "$user"
	done
	START='INVITE sip:bob%40example.com%00@evil.example SIP/2.0' \
	    request >message
	handle <message
	ran_only default.cgi
	START='INVITE sip:@evil@example.com SIP/2.0' request >message
	handle <message
	answered 400
	no_script_ran
}

# bats test_tags=P2
@test "a path: a name of 256 octets or 8000 is not a name" {
	local n

	for n in 244 1000 8000; do
		START="INVITE sip:$(head -c "$n" /dev/zero |
		    tr '\0' a)@example.com SIP/2.0" request >message
		handle <message
		ran_only default.cgi
	done
}

# bats test_tags=P4
@test "a path: another scheme reaches default.cgi only" {
	local uri

	plant_decoys
	for uri in file:../evil file:///bin/sh x:../evil@example.com \
	    sip.x:../evil x:evil@example.com; do
		START="INVITE $uri SIP/2.0" request >message
		handle <message
		ran_only default.cgi || explain_failure "$uri"
	done
}

# Octets that a shell would act on, in every place that takes them.
# shellcheck disable=SC2016
# bats test_tags=P7
@test "a shell: none is between the message and the script" {
	local text

	: >"$DIR/reboot"
	for text in '$(touch$IFS$9pwned)' ';touch$IFS$9pwned;' \
	    '&touch$IFS$9pwned&' "';touch\$IFS\$9pwned;'" '$IFS' '~root' \
	    '*' '!!'; do
		probe "$text@example.com"
		START="INVITE sip:$text@example.com SIP/2.0" request \
		    "Subject: $text" "X: \`touch pwned\`" \
		    'Y: | touch pwned' >message
		handle <message
		[ ! -e "$DIR/pwned" ]
		[ ! -e pwned ]
		variable SIP_SUBJECT "$text"
		ran_only "$text@example.com" || explain_failure "$text"
	done
}

# bats test_tags=P11
@test "a shell: no variable begins as a function, and none is so named" {
	local string

	request 'X: () { :; }; touch pwned' 'Y: () {' 'Z:() { x; }' \
	    'X-Two:' ' () { :; }; touch pwned' 'BASH_FUNC_ls%%: () { :; }' \
	    'BASH_FUNC_ls(): () { :; }' 'ls: () { :; }' >message
	handle <message
	answered 400 bad-header-name
	request 'X: () { :; }; touch pwned' 'Y: () {' 'Z:() { x; }' \
	    'X-Two:' ' () { :; }; touch pwned' 'BASH_FUNC_ls%%: () { :; }' \
	    'ls: () { :; }' 'Row: (' 'Row: ) {' >message
	handle <message
	ran
	while IFS= read -r -d '' string; do
		[[ ${string#*=} != '() {'* && $string != BASH* ]] ||
		    explain_failure "$string"
	done <"$DIR/probe.env"
}

# The names of all variables, as they are without any header but the five.
names()
{
	tr '\n' ' ' <"$DIR/probe.env" | tr '\0' '\n' | cut -d= -f1 | sort
}

# bats test_tags=P9
@test "a variable: a header adds a SIP_ variable of its name, nothing else" {
	request >message
	handle <message
	names >before
	# Each of these would mean something to a loader, a shell, Perl,
	# Python or libc, or is one of ours.
	request 'LD-Preload: x' 'LD_PRELOAD: x' 'LD-Library-Path: x' 'PATH: x' \
	    'IFS: x' 'ENV: x' 'BASH-ENV: x' 'PERL5OPT: x' 'PYTHONPATH: x' \
	    'GCONV-PATH: x' 'HOME: x' 'TZ: x' 'Request-Method: x' \
	    'REQUEST_METHOD: x' 'Script-Filename: x' 'Remote-Addr: x' \
	    'SIPCGI-User: x' 'SIPCGI-To-Tag: x' 'SIP-From: x' 'SIP_FROM: x' \
	    'Gateway-Interface: x' 'Content-Length: 0' >message
	handle <message
	names >after
	{
		cat before
		printf '%s\n' CONTENT_LENGTH SIP_CONTENT_LENGTH
		printf 'SIP_%s\n' LD_PRELOAD LD_LIBRARY_PATH PATH IFS ENV \
		    BASH_ENV PERL5OPT PYTHONPATH GCONV_PATH HOME TZ \
		    REQUEST_METHOD SCRIPT_FILENAME REMOTE_ADDR SIPCGI_USER \
		    SIPCGI_TO_TAG SIP_FROM GATEWAY_INTERFACE
	} | sort | diff - after
	variable PATH /usr/local/bin:/usr/bin:/bin
	variable SIP_LD_PRELOAD x
	variable REQUEST_METHOD INVITE
}

# bats test_tags=P10
@test "a variable: Call_ID: and its like never become another's" {
	local before

	for before in 'Call_ID: evil' 'CALL_ID:evil' 'Call.ID: evil' \
	    'Call%2DID: evil'; do
		{ request | head -n 1; printf '%s\r\n' "$before"
		    request "$before" | tail -n +2; } >message
		handle <message
		ran
		variable SIP_CALL_ID 3848276298220188511@example.net
		[ "$(names | grep -c CALL)" -eq 1 ]
	done
}

# bats test_tags=P12
@test "a variable: line ends, folds and = in a value end nothing" {
	request $'Subject: a\r\n LD_PRELOAD=/tmp/x' 'X-A: =b=c' \
	    $'X-B: a\nLD-PRELOAD: /tmp/x' 'X=Y: 1' >message
	handle <message
	answered 400 bad-header-name
	request $'Subject: a\r\n LD_PRELOAD=/tmp/x' 'X-A: =b=c' \
	    $'X-B: a\nX-C: /tmp/x' >message
	handle <message
	ran
	variable SIP_SUBJECT 'a LD_PRELOAD=/tmp/x'
	variable SIP_X_A '=b=c'
	variable SIP_X_B a
	no_variable LD_PRELOAD
}

# Values for the log: each would forge a line, a word or a terminal's state.
# bats test_tags=P16
@test "the log: one line of printable ASCII, whatever is in the message" {
	local value

	for value in 'a%0d%0aexec peer=x' $'a\nerror: forged' \
	    $'a\r\n exec   peer=x' $'a\r\n\r\nreject peer=x' $'\e[2J\e[31m' \
	    $'\e]0;title\a' $'\x85\x9b31m' $'\xe2\x80\xae' $'\xe2\x80\xa8' \
	    $'\xc2\x85' '%s%n%x%p' '"quoted" why=none' $'tab\there' \
	    $'\x7f' $'\b\b\b'; do
		printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
		    "Call-ID: $value" "$value: x" "From: $value" '' >message
		handle <message
		[ "$(wc -l <"$LOG")" -eq 1 ] || explain_failure
		run ! grep -aqP '[^\n -~]' "$LOG"
		[[ $(cat "$LOG") == 'reject peer=127.0.0.1 status=400 why='* ]]
	done
}

# bats test_tags=P16
@test "the log: a space or a quote in a value begins no new word" {
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Call-ID: a status=200 why=none script=x' '' >message
	handle <message
	grep -qx 'reject .* call-id=a\\x20status=200\\x20why=none\\x20script=x' \
	    "$LOG"
	request 'Call_ID: x' 'X%n: x' "X\`: x" >message
	handle <message
	grep -qx 'exec .* dropped=Call_ID,X%n,X`' "$LOG"
}

# bats test_tags=P16
@test "the log: format strings in every logged place are text" {
	probe '%25s%25n@example.com'
	START='%s%n sip:%25s%25n@example.com SIP/2.0' request >message
	sed -i 's/^Call-ID:.*/Call-ID: %x%n%s\r/' message
	handle <message
	ran
	grep -qx 'exec .* method=%s%n uri=sip:%25s%25n@example.com script=%25s%25n@example.com call-id=%x%n%s' \
	    "$LOG"
}

# bats test_tags=P15
@test "the answer: no header but the allowed ones, whatever is in them" {
	local header value answer line end

	# Every line ends in CRLF, no CR or LF is elsewhere, and one empty line
	# is the last.
	line='(SIP/2\.0 400|Via:|From:|To:|Call-ID:|CSeq:|Server:|'
	line+='Content-Length:)[ -~]*' end=$'\r\n'
	for header in Via From To Call-ID CSeq Subject; do
		for value in $'x\r\n X-Evil: 1' $'x\r\n\tX-Evil: 1' \
		    $'x\nX-Evil: 1' $'x\r\nX-Evil: 1' $'x\rX-Evil: 1' \
		    $'x\x0bX-Evil: 1' $'x\x1b[31m' 'x%0d%0aX-Evil: 1' \
		    $'x\r\n \r\n X-Evil: 1' $'x\n\nX-Evil: 1' \
		    $'"\r\n X-Evil: 1"' $'<\r\n X-Evil: 1>'; do
			printf '%s\r\n' 'INVITE sip:b@h SIP/2.0' \
			    "$header: $value" "$header: $value" '' >message
			handle <message
			answered 400
			IFS= read -r -d '' answer <"$ANSWER" || :
			[[ $answer != *$'\n'X-Evil* ]]
			[[ $answer =~ ^($line$end)+$end$ ]] ||
			    explain_failure "$header: $value"
		done
	done
}

# bats test_tags=P15
@test "the answer: a NUL or a bare CR is answered without what holds it" {
	printf 'INVITE sip:b@h SIP/2.0\r\nCall-ID: c\r\nFrom: a\0b\r\n\r\n' \
	    >message
	handle <message
	answered 400 nul
	run ! grep -aq '^From' "$ANSWER"
	grep -q '^Call-ID: c.$' "$ANSWER"
	printf 'INVITE sip:b@h SIP/2.0\r\nCall-ID: c\r\nTo: a\rX: b\r\n\r\n' \
	    >message
	handle <message
	answered 400 bare-cr
	run ! grep -aq '^To' "$ANSWER"
}

@test "the answer: a tag inside quotes or a URI is not taken for To's own" {
	local to

	for to in '";tag=1" <sip:b@h>' '<sip:b@h;tag=1>' \
	    '"a\";tag=1" <sip:b@h;x=y>' 'sip:b@h;x=";tag=1"'; do
		printf '%s\r\n' 'INVITE sip:b@h SIP/2.0' "To: $to" '' >message
		handle <message
		answered 400
		grep -aEq ';tag=[0-9a-f]{16}.$' "$ANSWER" ||
		    explain_failure "$to"
	done
	printf '%s\r\n' 'INVITE sip:b@h SIP/2.0' 'To: <sip:b@h>;tag=1' '' \
	    >message
	handle <message
	grep -q '^To: <sip:b@h>;tag=1.$' "$ANSWER"
}

# bats test_tags=P13
@test "credentials reach neither the environment nor the log" {
	request 'Authorization: Digest secret' \
	    'PROXY-AUTHORIZATION: Basic secret' 'Authorization : secret' \
	    'WWW-Authenticate: secret' 'Proxy-Authenticate: secret' >message
	handle <message
	ran
	run ! grep -aq secret "$DIR/probe.env"
	not_logged secret
	# They stay where RFC 3050 leaves them.
	[ "$(grep -c secret "$DIR/probe.stdin")" -eq 5 ]
}

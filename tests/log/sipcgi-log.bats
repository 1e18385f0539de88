#!/usr/bin/env bats
# sipcgi-log over journals that were made here: what it counts, shows and
# refuses. Times are in UTC: 1764000000 is 2025-11-24 16:00:00.
# shellcheck disable=SC2030,SC2031 # run sets output within its own test

load ../helpers/helper
load journal

setup_file()
{
	export TZ=UTC LC_ALL=C

	{
		entry 1764000000 exec SIP_METHOD=INVITE \
		    SIP_URI=sip:bryan@foo.com SIPCGI_SCRIPT=bryan@foo.com \
		    SIP_CALL_ID=a1@h REMOTE_ADDR=192.0.2.7 REMOTE_PORT=40112 \
		    SIPCGI_SANDBOX=basic _PID=101
		entry 1764000001 exec SIP_METHOD=INVITE \
		    SIP_URI=sip:bryan@foo.com SIPCGI_SCRIPT=bryan@foo.com \
		    SIP_CALL_ID=a2@h REMOTE_ADDR=192.0.2.7 REMOTE_PORT=40113
		# Not ours: another program's, and one without an id.
		entry 1764000002 0123456789abcdef0123456789abcdef \
		    REMOTE_ADDR=192.0.2.66 SIP_METHOD=INVITE
		entry 1764000061 exec SIP_METHOD=OPTIONS SIP_URI=sip:foo.com \
		    SIPCGI_SCRIPT=default.cgi REMOTE_ADDR=2001:db8::1 \
		    REMOTE_PORT=5060
		entry 1764000062 reject SIPCGI_WHY=missing-call-id \
		    SIPCGI_STATUS=400 SIP_METHOD=INVITE \
		    SIP_URI=sip:bryan@foo.com REMOTE_ADDR=192.0.2.7 \
		    REMOTE_PORT=40114
		entry 1764000063 reject SIPCGI_WHY=missing-call-id \
		    SIPCGI_STATUS=400 REMOTE_ADDR=192.0.2.8 REMOTE_PORT=1
		entry 1764000064 reject SIPCGI_WHY=version-not-supported \
		    SIPCGI_STATUS=505 REMOTE_ADDR=192.0.2.8 REMOTE_PORT=2
		entry 1764000180 discard SIPCGI_WHY=peer-gone
		entry 1764000181 error SIPCGI_WHY=exec-failed \
		    SIPCGI_STATUS=500 SIPCGI_ERRNO=ENOEXEC \
		    SIPCGI_SCRIPT=bryan@foo.com SIP_METHOD=INVITE \
		    SIP_URI=sip:bryan@foo.com REMOTE_ADDR=192.0.2.7 \
		    REMOTE_PORT=40115
	} | write_journal "$BATS_FILE_TMPDIR/small.journal"
}

setup()
{
	SMALL=$BATS_FILE_TMPDIR/small.journal
	export TZ=UTC LC_ALL=C
	unset NO_COLOR COLUMNS
}

@test "the summary counts events, scripts, reasons, peers, errors, minutes" {
	"$LOG" --file="$SMALL" >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
2025-11-24 16:00:00 to 2025-11-24 16:03:01

         8 requests
         3 exec     37.5 %
         3 reject   37.5 %
         1 discard  12.5 %
         1 error    12.5 %

Scripts
         2  bryan@foo.com  INVITE
         1  default.cgi    OPTIONS

Refused
         2  missing-call-id        400
         1  version-not-supported  505

Discarded
         1  peer-gone

Errors
         1  exec-failed  ENOEXEC  bryan@foo.com

Peers
         4  192.0.2.7  (1 reject, 1 error)
         2  192.0.2.8  (2 reject)
         1  -  (1 discard)
         1  2001:db8::1

Requests per minute (# exec x reject . discard ! error)
2025-11-24 16:00          2 #######################
2025-11-24 16:01          4 ###########xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
2025-11-24 16:02          0 
2025-11-24 16:03          2 ...........!!!!!!!!!!!
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
}

# The lines of $1 that are not printable ASCII, of which there must be none.
no_strange_octets()
{
	! LC_ALL=C grep -anv '^[ -~]*$' "$1"
}

json_lines()
{
	python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="ascii"):
    o = json.loads(line)
    print(" ".join("%s=%r" % (k, o[k]) for k in sys.argv[2:] if k in o))
' "$@"
}

# Requests of sipcgi-each: NUMBER of them from second $1 on, by script $2, that
# take 1, 2, 3 ... ms; process ids begin at $4.
ended()
{
	local i

	for ((i = 1; i <= $3; i++)); do
		entry "$1" exec SIP_METHOD=INVITE SIPCGI_SCRIPT="$2" \
		    REMOTE_ADDR=192.0.2.7 _PID=$(($4 + i))
		entry "$1" 'done' SIP_METHOD=INVITE REMOTE_ADDR=192.0.2.7 \
		    REMOTE_PORT=5060 SIP_URI=sip:b@x SIPCGI_STATUS=302 \
		    SIPCGI_BY=script SIPCGI_MILLISECONDS=$i SIPCGI_EXIT=0 \
		    SIPCGI_PID=$(($4 + i)) SIPCGI_REPEATS=$((i % 2))
	done
}

ended_journal()
{
	{
		ended 1764000000 bryan@foo.com 200 1000
		# The same process id later: another script.
		ended 1764000060 slow 2 1000
		entry 1764000061 exec SIP_METHOD=OPTIONS SIPCGI_SCRIPT=slow \
		    REMOTE_ADDR=192.0.2.7 _PID=77
		entry 1764000062 'done' SIP_METHOD=OPTIONS SIP_URI=sip:b@x \
		    REMOTE_ADDR=192.0.2.7 REMOTE_PORT=5060 SIPCGI_STATUS=504 \
		    SIPCGI_BY=each SIPCGI_WHY=script-timeout \
		    SIPCGI_MILLISECONDS=25000 SIPCGI_SIGNAL=9 SIPCGI_PID=77 \
		    SIPCGI_REPEATS=0
		entry 1764000063 'done' SIP_METHOD=ACK REMOTE_ADDR=192.0.2.7 \
		    SIPCGI_MILLISECONDS=3 SIPCGI_EXIT=1 SIPCGI_PID=78 \
		    SIPCGI_REPEATS=0
	} | write_journal "$BATS_TEST_TMPDIR/ended.journal"
}

@test "the summary has answers by class, and the times of scripts" {
	ended_journal
	"$LOG" --file="$BATS_TEST_TMPDIR/ended.journal" |
	    sed -n '/^Answers/,/^Peers/p' >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
Answers
       202  3xx
         1  5xx  (1 where a script failed)
         1  none, as for an ACK
       101  repeats and ACKs absorbed

Time to the answer, ms
     count      p50      p95      p99   failed
       200      101      191      199        0  bryan@foo.com
         3        2    25000    25000        1  slow
         1        3        3        3        0  -

Peers
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
	"$LOG" -s -j --file="$BATS_TEST_TMPDIR/ended.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	run -0 json_lines "$BATS_TEST_TMPDIR/out" requests exec 'done' answers \
	    failed repeats times
	[ "$output" = "requests=203 exec=203 done=204 answers={'none': 1, \
'2xx': 0, '3xx': 202, '4xx': 0, '5xx': 1, '6xx': 0} failed=1 repeats=101 \
times=[{'count': 200, 'p50': 101, 'p95': 191, 'p99': 199, 'failed': 0, \
'script': 'bryan@foo.com'}, {'count': 3, 'p50': 2, 'p95': 25000, \
'p99': 25000, 'failed': 1, 'script': 'slow'}, {'count': 1, 'p50': 3, \
'p95': 3, 'p99': 3, 'failed': 0}]" ]
}

@test "--list and --json show how a script ended" {
	ended_journal
	"$LOG" -l -n 3 --file="$BATS_TEST_TMPDIR/ended.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
2025-11-24 16:01:01 exec    192.0.2.7             OPTIONS -> slow
2025-11-24 16:01:02 done    192.0.2.7:5060        504 script-timeout OPTIONS sip:b@x by each, 25000 ms, signal 9
2025-11-24 16:01:03 done    192.0.2.7             ACK 3 ms, exit 1
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
	"$LOG" -j -n 1 --file="$BATS_TEST_TMPDIR/ended.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	run -0 json_lines "$BATS_TEST_TMPDIR/out" event method ms exit \
	    script_pid repeats
	[ "$output" = "event='done' method='ACK' ms=3 exit=1 script_pid=78 \
repeats=0" ]
}

@test "--list shows a request a line, with a time that --since takes" {
	"$LOG" -l --file="$SMALL" >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
2025-11-24 16:00:00 exec    192.0.2.7:40112       INVITE sip:bryan@foo.com -> bryan@foo.com
2025-11-24 16:00:01 exec    192.0.2.7:40113       INVITE sip:bryan@foo.com -> bryan@foo.com
2025-11-24 16:01:01 exec    [2001:db8::1]:5060    OPTIONS sip:foo.com -> default.cgi
2025-11-24 16:01:02 reject  192.0.2.7:40114       400 missing-call-id INVITE sip:bryan@foo.com
2025-11-24 16:01:03 reject  192.0.2.8:1           400 missing-call-id
2025-11-24 16:01:04 reject  192.0.2.8:2           505 version-not-supported
2025-11-24 16:03:00 discard -                     peer-gone
2025-11-24 16:03:01 error   192.0.2.7:40115       500 exec-failed ENOEXEC INVITE sip:bryan@foo.com -> bryan@foo.com
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
}

@test "what was passed over, the directory at fault, and repeats are shown" {
	{
		entry 1764000000 exec SIP_METHOD=INVITE SIP_URI=sip:b@x.org \
		    SIPCGI_SCRIPT=default.cgi SIPCGI_SKIPPED=b@x.org \
		    SIPCGI_SKIPPED_WHY=not-executable _PID=101
		entry 1764000001 error SIPCGI_STATUS=500 \
		    SIPCGI_WHY=directory-missing SIPCGI_ERRNO=ENOENT \
		    SIPCGI_DIRECTORY=/srv/sip _PID=102
		entry 1764000002 error SIPCGI_STATUS=500 \
		    SIPCGI_WHY=script-writable SIPCGI_SCRIPT=c@x.org _PID=103
		# The handler's own answer, in the place of its script's.
		entry 1764000003 'done' SIP_METHOD=INVITE SIPCGI_STATUS=500 \
		    SIPCGI_BY=script SIPCGI_MILLISECONDS=2 SIPCGI_EXIT=0 \
		    SIPCGI_PID=103 SIPCGI_REPEATS=4
	} | write_journal "$BATS_TEST_TMPDIR/faults.journal"
	"$LOG" -l --file="$BATS_TEST_TMPDIR/faults.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
2025-11-24 16:00:00 exec    -                     INVITE sip:b@x.org -> default.cgi, not b@x.org: not-executable
2025-11-24 16:00:01 error   -                     500 directory-missing ENOENT in /srv/sip
2025-11-24 16:00:02 error   -                     500 script-writable -> c@x.org
2025-11-24 16:00:03 done    -                     500 INVITE 2 ms, repeats 4
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
	"$LOG" --file="$BATS_TEST_TMPDIR/faults.journal" |
	    sed -n '/^Passed over/,/^Peers/p' >"$BATS_TEST_TMPDIR/out"
	cat >"$BATS_TEST_TMPDIR/want" <<'END'
Passed over
         1  b@x.org  not-executable

Errors
         1  directory-missing  ENOENT           /srv/sip
         1  script-writable            c@x.org

Answers
         1  5xx
         4  repeats and ACKs absorbed

Time to the answer, ms
     count      p50      p95      p99   failed
         1        2        2        2        0  c@x.org

Peers
END
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/out"
	"$LOG" -s -j --file="$BATS_TEST_TMPDIR/faults.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	run -0 json_lines "$BATS_TEST_TMPDIR/out" skipped errors
	[ "$output" = "skipped=[{'count': 1, 'file': 'b@x.org', \
'why': 'not-executable'}] errors=[{'count': 1, 'why': 'directory-missing', \
'errno': 'ENOENT', 'directory': '/srv/sip'}, {'count': 1, \
'why': 'script-writable', 'script': 'c@x.org'}]" ]
	"$LOG" -j --file="$BATS_TEST_TMPDIR/faults.journal" \
	    >"$BATS_TEST_TMPDIR/out"
	run -0 json_lines "$BATS_TEST_TMPDIR/out" skipped skipped_why directory
	[ "${lines[0]}" = "skipped='b@x.org' skipped_why='not-executable'" ]
	[ "${lines[1]}" = "directory='/srv/sip'" ]
}

@test "--json gives one object a line, numbers as numbers" {
	"$LOG" --json --file="$SMALL" >"$BATS_TEST_TMPDIR/out"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 8 ]
	run -0 json_lines "$BATS_TEST_TMPDIR/out" time event peer port status \
	    why errno method uri script call_id sandbox pid
	[ "${lines[0]}" = "time='2025-11-24T16:00:00.000000Z' event='exec' \
peer='192.0.2.7' port=40112 method='INVITE' uri='sip:bryan@foo.com' \
script='bryan@foo.com' call_id='a1@h' sandbox='basic' pid=101" ]
	[ "${lines[7]}" = "time='2025-11-24T16:03:01.000000Z' event='error' \
peer='192.0.2.7' port=40115 status=500 why='exec-failed' errno='ENOEXEC' \
method='INVITE' uri='sip:bryan@foo.com' script='bryan@foo.com'" ]
}

@test "--summary --json is one object with the same counts" {
	"$LOG" --summary --json --file="$SMALL" >"$BATS_TEST_TMPDIR/out"
	run -0 json_lines "$BATS_TEST_TMPDIR/out" requests exec reject discard \
	    error first last scripts refusals discards errors
	[ "$output" = "requests=8 exec=3 reject=3 discard=1 error=1 \
first='2025-11-24T16:00:00.000000Z' last='2025-11-24T16:03:01.000000Z' \
scripts=[{'count': 2, 'script': 'bryan@foo.com', 'method': 'INVITE'}, \
{'count': 1, 'script': 'default.cgi', 'method': 'OPTIONS'}] \
refusals=[{'count': 2, 'why': 'missing-call-id', 'status': 400}, \
{'count': 1, 'why': 'version-not-supported', 'status': 505}] \
discards=[{'count': 1, 'why': 'peer-gone'}] \
errors=[{'count': 1, 'why': 'exec-failed', 'errno': 'ENOEXEC', \
'script': 'bryan@foo.com'}]" ]
	run -0 json_lines "$BATS_TEST_TMPDIR/out" histogram
	[ "$output" = "histogram={'minutes': 1, 'lines': [\
{'time': '2025-11-24T16:00:00.000000Z', 'exec': 2, 'reject': 0, 'discard': 0, \
'error': 0}, {'time': '2025-11-24T16:01:00.000000Z', 'exec': 1, 'reject': 3, \
'discard': 0, 'error': 0}, {'time': '2025-11-24T16:03:00.000000Z', 'exec': 0, \
'reject': 0, 'discard': 1, 'error': 1}]}" ]
}

@test "--since and --until include their own second and nothing beyond" {
	count()
	{
		"$LOG" -l --file="$SMALL" "$@" | wc -l
	}
	[ "$(count -S '2025-11-24 16:01:01')" -eq 6 ]
	[ "$(count -S '2025-11-24 16:01:02')" -eq 5 ]
	[ "$(count -U '2025-11-24 16:01:01')" -eq 3 ]
	[ "$(count -S @1764000001 -U @1764000062.5)" -eq 3 ]
	[ "$(count -S -1h)" -eq 0 ]
	[ "$(count -U -1h)" -eq 8 ]
	[ "$(count -S '2025-11-24T17:01:02Z')" -eq 0 ]
	TZ=Europe/Berlin
	[ "$(count -S '2025-11-24 17:01:02')" -eq 5 ]
}

@test "a span without requests is said, and is not an error" {
	run -0 "$LOG" --file="$SMALL" --since=today
	[ "$output" = 'No requests.' ]
	run -0 "$LOG" --file="$SMALL" --since=today --json
	[ -z "$output" ]
	run -0 "$LOG" --file="$SMALL" --since=today --json --summary
	[ "$output" = '{"requests":0,"exec":0,"reject":0,"discard":0,"error":0,"scripts":[],"skipped":[],"refusals":[],"discards":[],"errors":[],"peers":[]}' ]
}

@test "--lines takes the last ones of the span" {
	run -0 "$LOG" -l -n 2 --file="$SMALL"
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} = *peer-gone ]]
	run -0 "$LOG" -l -n 2 -U '2025-11-24 16:01:01' --file="$SMALL"
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} = '2025-11-24 16:00:01 '* ]]
	run -0 "$LOG" -l -n 5 -S '2025-11-24 16:03:00' --file="$SMALL"
	[ "${#lines[@]}" -eq 2 ]
	run -0 "$LOG" -l -n 100 --file="$SMALL"
	[ "${#lines[@]}" -eq 8 ]
	run -0 "$LOG" -l -n 0 --file="$SMALL"
	[ -z "$output" ]
}

@test "FIELD=VALUE chooses, as in journalctl" {
	run -0 "$LOG" -l --file="$SMALL" SIPCGI_EVENT=reject \
	    REMOTE_ADDR=192.0.2.8
	[ "${#lines[@]}" -eq 2 ]
	run -0 "$LOG" -l --file="$SMALL" SIPCGI_EVENT=reject \
	    SIPCGI_EVENT=error
	[ "${#lines[@]}" -eq 4 ]
}

@test "--top cuts the tables and says so" {
	run -0 "$LOG" --top=1 --file="$SMALL"
	[[ $output = *$'\n         2  bryan@foo.com  INVITE\n       ...  1 more\n'* ]]
	[[ $output != *default.cgi* ]]
	[[ $output = *$'\n       ...  3 more\n'* ]]
}

@test "the histogram chooses a width of its own, and obeys --per" {
	local i

	# One request an hour for four days, then one a week later.
	{
		for ((i = 0; i < 96; i++)); do
			entry $((1764000000 + i * 3600)) exec \
			    SIPCGI_SCRIPT=default.cgi SIP_METHOD=OPTIONS
		done
		entry $((1764000000 + 11 * 86400)) exec \
		    SIPCGI_SCRIPT=default.cgi SIP_METHOD=OPTIONS
	} | write_journal "$BATS_TEST_TMPDIR/days.journal"
	run -0 "$LOG" --file="$BATS_TEST_TMPDIR/days.journal"
	[[ $output = *'Requests per 6 hours ('* ]]
	[[ $output = *$'\n2025-11-24 12:00          2 '* ]]
	[[ $output = *$'\n2025-11-24 18:00          6 '* ]]
	# What is empty for long is not drawn.
	[[ ${lines[-2]} = '...' ]]
	[[ ${lines[-1]} = '2025-12-05 12:00          1 '* ]]

	run -0 "$LOG" --per=1440 --file="$BATS_TEST_TMPDIR/days.journal"
	[[ $output = *'Requests per 1 day ('* ]]
	[[ $output = *$'\n2025-11-25 00:00         24 '* ]]
	TZ=Asia/Kolkata run -0 "$LOG" --per=1440 \
	    --file="$BATS_TEST_TMPDIR/days.journal"
	[[ $output = *$'\n2025-11-24 00:00          3 '* ]]
}

@test "bars are blocks where the locale is UTF-8" {
	LC_ALL=C.UTF-8 run -0 "$LOG" --file="$SMALL"
	[[ $output = *'(█ exec ▒ reject ░ discard ! error)'* ]]
}

@test "no octet of a stranger's commands the terminal or breaks JSON" {
	local long

	long=$(printf '%05000d' 0)
	{
		entry 1764000000 exec $'SIP_METHOD=\e[2J\r\a' \
		    $'SIP_URI=sip:\xc2\x9b31m\xe2\x80\xae"\\@x' \
		    $'SIPCGI_SCRIPT=\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80' \
		    $'SIP_CALL_ID=\xf0\x9f\x98\x80\xc3\xa9\xf0\x9f' \
		    $'REMOTE_ADDR=\e]0;x\a' $'REMOTE_PORT=\e1'
		entry 1764000001 error "SIPCGI_WHY=$long" "SIP_URI=$long" \
		    SIPCGI_STATUS=0500 REMOTE_PORT=99999999999999999999
	} | write_journal "$BATS_TEST_TMPDIR/bad.journal"
	cd "$BATS_TEST_TMPDIR"
	LC_ALL=C.UTF-8 "$LOG" --file=bad.journal -l >list
	"$LOG" --file=bad.journal >summary
	"$LOG" --file=bad.journal --json >json
	"$LOG" --file=bad.journal --json --summary >json-summary
	no_strange_octets list
	no_strange_octets summary
	no_strange_octets json
	no_strange_octets json-summary
	[ "$(wc -l <list)" -eq 2 ]
	[ "$(wc -l <json)" -eq 2 ]
	[ "$(wc -c <list)" -lt 3000 ]
	[ "$(wc -c <json)" -lt 4000 ]
	grep -qF '\x1B[2J\x0D\x07' list
	json_lines json-summary requests
	run -0 json_lines json method uri script call_id status port
	[ "${lines[0]}" = "method='\\x1b[2J\\r\\x07' \
uri='sip:\\x9b31m\\u202e\"\\\\@x' \
script='$(printf '\xef\xbf\xbd%.0s' {1..11})' \
call_id='$(printf '\xf0\x9f\x98\x80\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd')' port='\\x1b1'" ] || {
		printf '%s\n' "${lines[0]}"
		false
	}
	[[ ${lines[1]} = *"status='0500' port='99999999999999999999'" ]]
}

@test "colours are for terminals only, and not when NO_COLOR is set" {
	local esc=$'\e'

	run -0 "$LOG" --file="$SMALL"
	[[ $output != *"$esc"* ]]
	TERM=xterm run -0 script -qec "'$LOG' --file='$SMALL'" /dev/null
	[[ $output = *"${esc}[31merror"* ]]
	TERM=xterm NO_COLOR=1 run -0 script -qec "'$LOG' --file='$SMALL'" \
	    /dev/null
	[[ $output != *"$esc"* ]]
	TERM=dumb run -0 script -qec "'$LOG' --file='$SMALL'" /dev/null
	[[ $output != *"$esc"* ]]
	TERM=xterm run -0 script -qec "'$LOG' -j --file='$SMALL'" /dev/null
	[[ $output != *"$esc"* ]]
}

@test "--rate tells how many were read, on stderr" {
	run -0 --separate-stderr "$LOG" --rate -j --file="$SMALL"
	[ "${#lines[@]}" -eq 8 ]
	local rate='[0-9.]+ s, [0-9]+ a second'
	[[ $stderr =~ ^8\ entries\ in\ $rate\;\ CPU\ $rate$ ]]
}

lines_of()
{
	[ "$(wc -l <"$1")" -eq "$2" ]
}

@test "--follow shows the last ones, then new ones as they come" {
	local dir=$BATS_TEST_TMPDIR/follow out=$BATS_TEST_TMPDIR/out pid

	mkdir "$dir"
	cp "$SMALL" "$dir/a.journal"
	"$LOG" -f -n 3 -D "$dir" >"$out" 2>&1 3>&- &
	pid=$!
	wait_until lines_of "$out" 3
	entry "$(date +%s)" exec SIP_METHOD=MESSAGE SIPCGI_SCRIPT=new |
	    write_journal "$BATS_TEST_TMPDIR/b.journal"
	mv "$BATS_TEST_TMPDIR/b.journal" "$dir/b.journal"
	wait_until lines_of "$out" 4
	kill "$pid"
	wait "$pid" || :
	tail -n 1 "$out" | grep -q 'MESSAGE -> new$'
}

@test "--follow ends when nobody reads any more" {
	local pid fifo=$BATS_TEST_TMPDIR/fifo

	mkfifo "$fifo"
	"$LOG" -f -n 1 --file="$SMALL" >"$fifo" 3>&- &
	pid=$!
	exec 9<"$fifo"
	head -c 1 <&9 >/dev/null
	exec 9<&-
	wait_until is_gone "$pid"
	wait "$pid"
}

@test "--help and --version go to stdout" {
	run -0 --separate-stderr "$LOG" --help
	[ "${lines[0]}" = 'Usage: sipcgi-log [OPTION]... [FIELD=VALUE]...' ]
	[ -z "$stderr" ]
	run -0 --separate-stderr "$LOG" --version
	[[ $output =~ ^sipcgi-log\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

# Exit status $1 and one line on stderr that holds $2.
refuses()
{
	local status=$1 text=$2

	shift 2
	run "-$status" --separate-stderr "$LOG" "$@"
	[ -z "$output" ]
	[[ $stderr = *"$text"* ]] || {
		echo "$stderr"
		false
	}
}

@test "bad usage is status 64 and says what is wrong" {
	refuses 64 nonsense --nonsense
	refuses 64 'not a number from 0' --lines=-1
	refuses 64 'not a number from 0' --lines=1x
	refuses 64 'not a number from 1' --per=0
	refuses 64 'choose one of them' -l -f
	refuses 64 'choose one of them' -D /tmp --file=/tmp/x
	refuses 64 "'soon'" --since=soon
	refuses 64 "'2025-02-30'" --until=2025-02-30
	refuses 64 'is after --until' -S now -U -1h
	refuses 64 '-f has no end' -f -U now
	refuses 64 'not FIELD=VALUE' event=reject
	refuses 64 'not FIELD=VALUE' INVITE
}

@test "a journal that cannot be read is status 66, stdout 74" {
	refuses 66 "$BATS_TEST_TMPDIR/none" -D "$BATS_TEST_TMPDIR/none"
	refuses 66 "$BATS_TEST_TMPDIR/none" --file="$BATS_TEST_TMPDIR/none"
	run -74 --separate-stderr bash -c \
	    "'$LOG' -l --file='$SMALL' >/dev/full"
	[[ $stderr = *'cannot write: No space left on device' ]]
}

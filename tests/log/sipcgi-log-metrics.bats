#!/usr/bin/env bats
# sipcgi-log --openmetrics: what it counts, in the form that node_exporter
# reads, and how it counts on. tests/log/sipcgi-log.bats has the rest.
# shellcheck disable=SC2030,SC2031 # run sets output within its own test
# shellcheck disable=SC2154 # and stderr

load ../helpers/helper
load journal

PROMTOOL=$BUILD/super/prometheus/usr/bin/promtool
EXPORTER=$BUILD/super/prometheus-node-exporter/usr/bin/prometheus-node-exporter
START=1764000000

setup_file()
{
	{
		entry $START exec SIP_METHOD=INVITE \
		    SIPCGI_SCRIPT=bryan@foo.com _PID=101
		entry $START exec SIP_METHOD=INVITE \
		    SIPCGI_SCRIPT=bryan@foo.com _PID=102
		entry $START exec SIP_METHOD=OPTIONS \
		    SIPCGI_SCRIPT=default.cgi _PID=103
		entry $START 'done' SIP_METHOD=INVITE SIPCGI_STATUS=302 \
		    SIPCGI_BY=script SIPCGI_MILLISECONDS=5 SIPCGI_PID=102 \
		    SIPCGI_REPEATS=2
		entry $START reject SIPCGI_WHY=missing-call-id \
		    SIPCGI_STATUS=400
		entry $START discard SIPCGI_WHY=peer-gone
		entry $START error SIPCGI_WHY=exec-failed SIPCGI_STATUS=500
	} | write_journal "$BATS_FILE_TMPDIR/first.journal"
	{
		entry $((START + 1)) 'done' SIP_METHOD=INVITE \
		    SIPCGI_STATUS=504 SIPCGI_BY=each \
		    SIPCGI_WHY=script-timeout SIPCGI_MILLISECONDS=25004 \
		    SIPCGI_PID=101 SIPCGI_REPEATS=1
		# Of an ACK, that nobody answers.
		entry $((START + 1)) 'done' SIP_METHOD=ACK SIPCGI_PID=103 \
		    SIPCGI_MILLISECONDS=3 SIPCGI_REPEATS=0
		entry $((START + 1)) reject SIPCGI_WHY=missing-call-id \
		    SIPCGI_STATUS=400
	} | write_journal "$BATS_FILE_TMPDIR/second.journal"
}

setup()
{
	FIRST=$BATS_FILE_TMPDIR/first.journal
	SECOND=$BATS_FILE_TMPDIR/second.journal
	export TZ=UTC LC_ALL=C
	cd "$BATS_TEST_TMPDIR" || return
}

# The samples of a file that are not zero.
counted()
{
	grep -v '^#' "$1" | grep -v ' 0$'
}

@test "--openmetrics counts by method, script, class, reason and time" {
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" >out
	counted out | grep -v '^sipcgi_request_duration' >got
	cat >want <<'END'
sipcgi_requests_total{method="INVITE",script="bryan@foo.com"} 2
sipcgi_requests_total{method="OPTIONS",script="default.cgi"} 1
sipcgi_responses_total{code="3xx",method="INVITE",script="bryan@foo.com"} 1
sipcgi_responses_total{code="5xx",method="INVITE",script="bryan@foo.com"} 1
sipcgi_responses_total{code="none",method="ACK",script="default.cgi"} 1
sipcgi_script_failures_total{reason="script-timeout",script="bryan@foo.com"} 1
sipcgi_absorbed_total 3
sipcgi_refused_total{reason="missing-call-id"} 2
sipcgi_discarded_total{reason="peer-gone"} 1
sipcgi_errors_total{reason="exec-failed"} 1
END
	diff want got
	grep '^sipcgi_request_duration' out >got
	{
		for le in 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 25; do
			echo "sipcgi_request_duration_seconds_bucket{script=\"bryan@foo.com\",le=\"$le\"} 1"
		done
		cat <<'END'
sipcgi_request_duration_seconds_bucket{script="bryan@foo.com",le="+Inf"} 2
sipcgi_request_duration_seconds_sum{script="bryan@foo.com"} 25.009
sipcgi_request_duration_seconds_count{script="bryan@foo.com"} 2
END
	} >want
	diff want got
}

@test "promtool has nothing to say" {
	[ -x "$PROMTOOL" ] || skip 'promtool is in no package that was unpacked'
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" >out
	run -0 "$PROMTOOL" check metrics <out
	[ -z "$output" ]
	# Nor where nothing was counted.
	"$LOG" --openmetrics --file="$FIRST" -S now >out
	run -0 "$PROMTOOL" check metrics <out
	[ -z "$output" ]
}

listens()
{
	grep -q 'msg="Listening on"' exporter.log
}

@test "node_exporter's textfile collector reads every sample" {
	local url

	[ -x "$EXPORTER" ] || skip 'node_exporter is not unpacked'
	mkdir textfiles
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" >out
	cp out textfiles/sip-cgi.prom
	timeout 60 "$EXPORTER" --collector.disable-defaults \
	    --collector.textfile --collector.textfile.directory=textfiles \
	    --web.listen-address=127.0.0.1:0 2>exporter.log 3>&- &
	wait_until listens
	url=http://$(sed -n 's/.*"Listening on" address=//p' exporter.log)
	curl -sS --max-time 30 "$url/metrics" >got
	kill $!
	grep -x 'node_textfile_scrape_error 0' got
	grep -v '^#' out | sort >want
	grep '^sipcgi_' got | sort | diff want -
}

@test "what is counted once counts on, and nothing twice" {
	"$LOG" --openmetrics --file="$FIRST" --continue=none >one
	"$LOG" --openmetrics --file="$FIRST" --continue=one | diff one -
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" \
	    --continue=one >two
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" | diff - two
	run -0 --separate-stderr "$LOG" --openmetrics --rate --file="$FIRST" \
	    --file="$SECOND" --continue=two
	[[ $stderr == '0 entries in '* ]]
	diff two - <<<"$output"
}

@test "a counter never falls: not where the journal was rotated away or began anew" {
	"$LOG" --openmetrics --file="$FIRST" >one
	"$LOG" --openmetrics --file="$SECOND" --continue=one >two
	grep -qx 'sipcgi_refused_total{reason="missing-call-id"} 2' two
	grep -qx 'sipcgi_requests_total{method="OPTIONS",script="default.cgi"} 1' two
	# Nor where nothing is left, or only what was counted.
	: | write_journal "$PWD/none.journal"
	"$LOG" --openmetrics --file="$PWD/none.journal" --continue=two |
	    diff two -
	"$LOG" --openmetrics --file="$FIRST" --continue=two | diff two -
}

@test "a failure is an increase: what can be counted begins as 0" {
	"$LOG" --openmetrics --file="$FIRST" -S now >out
	[ -z "$(counted out)" ]
	grep -qx 'sipcgi_errors_total{reason="exec-failed"} 0' out
	grep -qx 'sipcgi_refused_total{reason="missing-via"} 0' out
	grep -qx 'sipcgi_discarded_total{reason="peer-gone"} 0' out
	grep -qx 'sipcgi_absorbed_total 0' out
	"$LOG" --openmetrics --file="$FIRST" >out
	grep -qx 'sipcgi_script_failures_total{reason="no-answer",script="bryan@foo.com"} 0' out
}

@test "what a stranger sends makes no label" {
	local i

	{
		for ((i = 0; i < 300; i++)); do
			entry $START exec "SIP_METHOD=M$i" \
			    "SIPCGI_SCRIPT=s$i@x" _PID=1
			entry $START reject "SIPCGI_WHY=w$i"
		done
		entry $START 'done' SIP_METHOD=INVITE SIPCGI_STATUS=299 \
		    SIPCGI_PID=2 SIPCGI_MILLISECONDS=999999999999999999 \
		    SIPCGI_REPEATS=999999999999999999
		entry $START 'done' SIP_METHOD=INVITE SIPCGI_STATUS=999 \
		    SIPCGI_PID=2 SIPCGI_MILLISECONDS=999999999999999999
	} | write_journal "$PWD/many.journal"
	"$LOG" --openmetrics --file="$PWD/many.journal" >out
	[ "$(grep -c '^sipcgi_requests_total' out)" -eq 129 ]
	grep -qx 'sipcgi_requests_total{method="other",script="other"} 172' out
	grep -qx 'sipcgi_refused_total{reason="other"} 300' out
	grep -qx 'sipcgi_responses_total{code="none",method="INVITE",script="unknown"} 1' out
	grep -qx 'sipcgi_absorbed_total 999999999999999' out
	# Those that have a label keep it.
	{
		entry $((START + 1)) exec SIP_METHOD=BYE SIPCGI_SCRIPT=s127@x
		entry $((START + 1)) exec SIP_METHOD=BYE SIPCGI_SCRIPT=s128@x
	} | write_journal "$PWD/later.journal"
	"$LOG" --openmetrics --file="$PWD/later.journal" --continue=out >later
	grep -qx 'sipcgi_requests_total{method="BYE",script="s127@x"} 1' later
	grep -qx 'sipcgi_requests_total{method="BYE",script="other"} 1' later
	[ ! -x "$PROMTOOL" ] || "$PROMTOOL" check metrics <later
}

@test "label values are escaped, and not one octet breaks the file" {
	entry $START exec SIP_METHOD=INVITE \
	    $'SIPCGI_SCRIPT=a"\\}\t\xff,le="1" @x' _PID=1 |
	    write_journal "$PWD/odd.journal"
	"$LOG" --openmetrics --file="$PWD/odd.journal" >out
	grep -qFx 'sipcgi_requests_total{method="INVITE",script="a\"\\}\\x09\\xFF,le=\"1\" @x"} 1' out
	[ ! -x "$PROMTOOL" ] || "$PROMTOOL" check metrics <out
	"$LOG" --openmetrics --file="$PWD/odd.journal" --continue=out |
	    diff out -
}

# Exit status 65 for --continue=FILE of what is on stdin.
rejects()
{
	cat >wrong
	run -65 --separate-stderr "$LOG" --openmetrics --file="$FIRST" \
	    --continue=wrong
	[ -z "$output" ]
	[[ $stderr == *'wrong is not what --openmetrics wrote'* ]]
}

@test "a file that is incomplete is no file to count on from" {
	"$LOG" --openmetrics --file="$FIRST" >out
	rejects </dev/null
	sed '$d' out | rejects
	head -c 1000 out | rejects
	sed 's/ 1$/ x/' out | rejects
	sed 's/ 1$/ 9999999999999999/' out | rejects
	sed 's/"} / /' out | rejects
	sed '1s/.*/ {/' out | rejects
	sed 's/reason="/reason=/' out | rejects
	sed 's/reason=/=/' out | rejects
	sed 's/_seconds_sum{.*}/_seconds_sum/' out | rejects
	sed 's/reason="/reason="\\/' out | rejects
	sed 's/reason="/reason="x",/' out | rejects
	sed '1s/.*/sipcgi_absorbed_total/' out | rejects
	printf 'sipcgi_absorbed_total %05000d\n' 0 | rejects
	# Written to itself: the shell has made it empty.
	run -65 bash -c '"$LOG" --openmetrics --file="$1" --continue=out >out' \
	    - "$FIRST"
	# What another version counted is not in the way.
	"$LOG" --openmetrics --file="$FIRST" >out
	sed '1i sipcgi_other_total{a="b"} 7' out >'more'
	"$LOG" --openmetrics --file="$FIRST" --continue=more | diff out -
	sed 's/continue from .*/continue from s=1/' out >wrong
	run -74 --separate-stderr "$LOG" --openmetrics --file="$FIRST" \
	    --continue=wrong
	[[ $stderr == *'cannot go to the cursor s=1'* ]]
}

@test "options that say nothing of counters are refused" {
	run -64 "$LOG" --openmetrics -l
	run -64 "$LOG" --openmetrics -j
	run -64 "$LOG" --openmetrics -n 5
	run -64 "$LOG" --openmetrics -U now
	run -64 "$LOG" --continue=x
}

DASHBOARD=$TOP/examples/grafana/sip-cgi.json

@test "the dashboard's metrics and labels are those that are written" {
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" >out
	run -0 "$TOP/tests/log/dashboard" "$DASHBOARD" out rules
	[ -z "$output" ]
	# Each query is PromQL. The rules' names do not matter.
	[ ! -x "$PROMTOOL" ] ||
	    "$PROMTOOL" check rules --lint=none rules
	# It would be told.
	sed 's/sipcgi_refused_total/sipcgi_refusals_total/; s/(reason)/(why)/' \
	    "$DASHBOARD" >wrong
	run -1 "$TOP/tests/log/dashboard" wrong out rules
	[[ $output == *'no such metric: sipcgi_refusals_total'* ]]
	[[ $output == *'no such label: why in '* ]]
}

@test "sipcgi-log(1) has the counters that are written, with their labels" {
	"$LOG" --openmetrics --file="$FIRST" --file="$SECOND" |
	    grep -v '^#' | sed 's/,le="[^"]*"//; s/="[^"]*"//g; s/ .*//
	    s/_\(bucket\|sum\|count\){/{/' | sort -u >written
	sed -n 's/^\.It Va sipcgi/sipcgi/p' "$TOP/man/sipcgi-log.1" |
	    sed 's/ Ns \([{}]\) Ns Va /\1/; s/ Ns }/}/; s/ , /,/g' |
	    sort >manual
	diff manual written
}

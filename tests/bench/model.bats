#!/usr/bin/env bats
# tests/bench/model.py says what is known of queues, and what is measured.
#
# Runs early: it takes long, and mostly waits.

load ../helpers/helper

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

model() { /usr/bin/python3 -IB "$TOP/tests/bench/model.py" --no-heading "$@"; }

# near VALUE EXPECTED DIFFERENCE
near()
{
	awk -v a="$1" -v b="$2" -v most="$3" 'BEGIN {
		print a, "for", b
		exit !(a - b <= most && b - a <= most)
	}'
}

# column NAME: of the model's one line, in $output.
column()
{
	local rate hosts cpu slots refused lost moved median last

	# shellcheck disable=SC2034 # one of them is asked for
	read -r rate hosts cpu slots refused lost moved median last <<<"$output"
	echo "${!1}"
}

@test "the model refuses what Erlang's formula for lost calls says" {
	# B(8, 8) and B(8, 16); it does not matter how the times are spread.
	run -0 model --slots=8 --cpu=0 --service=500 --calls=40000 16
	near "$(column refused)" 0.2356 0.01
	printf '%s\n' 100 900 >took
	run -0 model --slots=8 --cpu=0 --service=took --calls=40000 32
	near "$(column refused)" 0.5452 0.01
}

@test "the model makes wait as long as the formula for M/M/1 says" {
	# A thousand quantiles of an exponential distribution, of 10 ms.
	awk 'BEGIN { for (i = 0.5; i < 1000; i++)
		print -10 * log(1 - i / 1000) }' >took
	run -0 model --slots=100000 --cores=1 --service=took --calls=50000 80
	near "$(column cpu)" 0.8 0.02
	near "$(column median)" 34.7 4
	near "$(column last)" 230 25
}

@test "the model moves calls from a host that hangs or is dead, and loses none" {
	run -0 model --hosts=3 --service=50 --cpu=5 --hang=20:40 --calls=6000 100
	[ "$(column lost)" = 0.0000 ]
	near "$(column moved)" 0.0125 0.01
	run -0 model --hosts=3 --service=50 --cpu=5 --dead=20:40 --calls=6000 100
	[ "$(column lost)" = 0.0000 ]
	run -0 model --hosts=1 --service=50 --cpu=5 --dead=20:40 --calls=6000 100
	near "$(column lost)" 0.33 0.03
}

# What has come at twice the rate that five slots take, to scripts that sleep:
# when each came, and how long each script took, is what the model is told.
@test "the model refuses the share that sipcgi-each refuses, at twice what its slots take" {
	local refused predicted

	mkdir scripts
	cat >scripts/default.cgi <<-'END'
		#!/bin/sh
		sleep 0.4
		printf 'SIP/2.0 200 OK\r\n\r\n'
	END
	chmod 755 scripts/default.cgi
	/usr/bin/python3 -IB "$TOP/tests/bench/drive.py" 25 150 OPTIONS \
	    "$EACH" -c 5 -p 5 -l "$PWD/log" \
	    "$HANDLER" -l none -d "$PWD/scripts" >came
	sed '$d; s/ .*//' came >arrivals
	sed -n 's/.* status=200 by=script ms=\([0-9]*\) .*/\1/p' log >took
	refused=$(awk '$2 == 503 { n++ } END { print n / (NR - 1) }' came)
	run -0 model --slots=5 --cpu=0 --service=took --arrivals=arrivals
	predicted=$(column refused)
	near "$predicted" "$refused" 0.05
	# It would not do so with another number of slots.
	run -0 model --slots=10 --cpu=0 --service=took --arrivals=arrivals
	run ! near "$(column refused)" "$refused" 0.05
}

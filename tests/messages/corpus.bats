#!/usr/bin/env bats
# The fuzzers' corpus, through the whole program. What the pure modules are
# fuzzed as must be what the program does with them.

load ../helpers/helper

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkdir scripts
	printf '#!/bin/sh\n' >scripts/default.cgi
	chmod 755 scripts scripts/default.cgi
}

# What the program says: its reason, and at which octet, or "accept"; in GIVEN.
verdict()
{
	"$HANDLER" --directory=scripts --max-body=1000000 --log=none \
	    --explain <"$1" >out 2>err || [ $? -eq 1 ] || return
	[ ! -s err ] || return
	read -r GIVEN <out
	case $GIVEN in
	exec) GIVEN=accept ;;
	discard\ *) GIVEN=${GIVEN#discard } ;;
	reject\ *) GIVEN=${GIVEN#reject ??? } ;;
	esac
	GIVEN=${GIVEN/ at octet / at }
}

@test "the program and the modules alone judge the corpus alike" {
	local file alone given n=0

	for file in "$TOP"/tests/fuzz/corpus/* "$TOP"/tests/fuzz/found/*; do
		read -r alone < <("$BUILD/tests/unit/message" parse "$file" file)
		alone=${alone% head=*}
		verdict "$file"
		given=$GIVEN
		case $given in
		# The modules alone do not read bodies.
		incomplete-body*) given=accept ;;
		*' at '*) ;;
		*) alone=${alone% at *} ;;
		esac
		[ "$given" = "$alone" ] || {
			echo "$file: $alone, but the program: $given"
			return 1
		}
		n=$((n + 1))
	done
	[ "$n" -gt 100 ]
}

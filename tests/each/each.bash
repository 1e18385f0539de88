# For the tests of sipcgi-each: a peer in Python (peer.py), scripts in the
# shell. Loaded by bats.
# shellcheck shell=bash

load ../helpers/blackbox

# bats' hook; blackbox.bash has one of this name, which is done too.
eval "blackbox_$(declare -f setup)"
setup()
{
	blackbox_setup || return
	rm "$DIR/default.cgi"
	: >"$LOG"
	export EACH HANDLER DIR LOG
}

# Be the peer that standard input tells, in Python: see peer.py. What a failed
# one has to say is shown by bats. $PEER_LIMIT seconds at most.
peer()
{
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/tests/each \
	    timeout "${PEER_LIMIT:-120}" python3 -c "from peer import *
$(cat)" || {
		echo "log: $(head -c 4000 "$LOG")"
		return 1
	}
}

# default.cgi: a line in the file `runs` for each time that it begins, then
# the shell lines on standard input.
answerer()
{
	{
		echo '#!/bin/sh'
		echo "cd $BATS_TEST_TMPDIR && echo \"\$REQUEST_METHOD\" >>runs"
		cat
	} | script default.cgi
}

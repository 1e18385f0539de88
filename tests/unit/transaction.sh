#!/bin/sh
# Server transactions. The driver is tests/unit/transaction.c, its clock is an
# argument: nothing here waits.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/transaction

# plays EXPECTED STEPS: what each step prints, in one line each.
plays()
{
	printf '%s\n' "$2" >"$SHUNIT_TMPDIR/steps"
	assertEquals "$2" "$1" "$("$driver" play "$SHUNIT_TMPDIR/steps")"
}

# The reference implementation's own vectors.
test_siphash()
{
	assertEquals 726fdb47dd0e0e31 "$("$driver" siphash 0)"
	assertEquals 74f839c593dc67fd "$("$driver" siphash 1)"
	assertEquals 93f5f5799a932462 "$("$driver" siphash 8)"
	assertEquals a129ca6149be45e5 "$("$driver" siphash 15)"
	assertEquals 958a324ceb064572 "$("$driver" siphash 63)"
}

test_a_repeat_starts_nothing()
{
	plays 'run 1
absorb
sent
resend 1: 2 300
resend 1: 2 300
repeats 3 path 4 final' 'OPTIONS
OPTIONS
answer 1 200 300
OPTIONS
OPTIONS
known 1'
}

test_a_repeated_invite_gets_the_last_provisional_answer()
{
	plays 'run 1
absorb
sent
resend 1: 1 100
sent
resend 1: 1 200
sent
resend 1: 4 300' 'INVITE
INVITE
answer 1 100 100
INVITE
answer 1 180 200
INVITE
answer 1 486 300
INVITE'
}

test_what_is_another_transaction()
{
	plays 'run 1
run 2
run 3
run 4
run 5
run 6
run 7
run 8
run 9' 'OPTIONS
OPTIONS branch=2
OPTIONS via=b
OPTIONS via=a:5061
OPTIONS from=g
OPTIONS call=d
OPTIONS cseq=2
OPTIONS source=2
MESSAGE'
}

test_what_is_the_same_transaction()
{
	plays 'run 1
absorb
absorb
absorb
absorb' 'OPTIONS via=A.b:5060
OPTIONS via=a.B:5060 to=x
OPTIONS via=a.b:5060;x uri=sip:c
OPTIONS cseq=01 via=a.b:5060
OPTIONS via=a.b:5060;rport'
}

test_peers_without_tags_and_branches()
{
	plays 'run 1
absorb
run 2
sent
absorb' 'INVITE branch= from=
INVITE branch= from=
INVITE branch= from= cseq=2
answer 1 404 100
ACK branch= from= to=x'
}

test_names_of_neighbours_are_kept_apart()
{
	plays 'run 1
run 2
run 3
run 4
run 5
run 6' 'OPTIONS call=ab from=c
OPTIONS call=a from=bc
OPTIONS call=ab from= branch=c
OPTIONS via=h:5 branch=0x
OPTIONS via=h:50 branch=x
OPTIONS via=h5:0 branch=x'
}

test_a_host_of_any_length()
{
	long=$(printf '%300s' x | tr ' ' a)
	plays 'run 1
absorb
run 2' "OPTIONS via=$long
OPTIONS via=$(echo "$long" | tr a A)
OPTIONS via=${long}x"
}

test_100_after_200_milliseconds()
{
	plays 'run 1
next 200, 1 known
next 200, 1 known
trying 1
never, 1 known
run 2
sent
never, 2 known
run 3
never, 3 known' 'INVITE
now 0
now 199
now 200
INVITE call=2
answer 2 180 100
now 500
OPTIONS
now 1000'
}

test_final_answer_to_invite_is_sent_until_the_ack()
{
	plays 'run 1
sent
next 500, 1 known
again 1: 4 100
next 1500, 1 known
again 1: 4 100
next 3500, 1 known
again 1: 4 100
next 7500, 1 known
again 1: 4 100
next 11500, 1 known
absorb
next 12500, 1 known
absorb
absorb
never, 0 known
run 2' 'INVITE octets=5000
answer 1 404 100
now 0
now 500
now 1500
now 3500
now 7500
ACK to=x
now 8000
INVITE
ACK to=x
now 12500
INVITE'
}

test_nobody_who_acknowledges()
{
	plays 'run 1
sent
again 1: 2 10
next 32000, 1 known
next 32000, 1 known
never, 0 known' 'INVITE
answer 1 200 10
now 31000
now 31999
now 32000'
}

test_ack_of_a_success_runs_once_and_ends_the_repeating()
{
	plays 'run 1
sent
again 1: 2 100
next 1500, 1 known
next 1500, 1 known
run 2
absorb
dropped
next 6000, 2 known
next 33000, 1 known' 'INVITE
answer 1 200 100
now 500
now 1000
ACK branch=2 to=x uri=sip:contact source=2
ACK branch=2 to=x uri=sip:contact source=2
answer 2 200 100
now 1000
now 6000'
}

test_ack_of_another_dialog_ends_nothing()
{
	plays 'run 1
sent
run 2
run 3
run 4
again 1: 2 100
next 1500, 4 known' 'INVITE
answer 1 200 100
ACK branch=2 call=d
ACK branch=2 cseq=2
ACK branch=2 from=g
now 500'
}

test_ack_of_a_failure_that_is_forgotten()
{
	plays 'absorb
run 1
run 2
run 3' 'ACK to=ours
ACK to=oursx branch=3
ACK to=0123456789abcdef
ACK to=0123456789abcde branch=2'
}

# Its branch is the INVITE's where a peer has none of its own (RFC 2543).
test_ack_of_a_success_in_the_branch_of_its_invite()
{
	plays 'run 1
sent
run 2
absorb
next 5000, 2 known' 'INVITE branch=
answer 1 200 100
ACK branch= to=ours
ACK branch= to=ours
now 0'
}

test_non_invite_is_kept_32_seconds()
{
	plays 'run 1
sent
next 32000, 1 known
resend 1: 2 100
never, 0 known
run 2' 'MESSAGE
answer 1 200 100
now 31999
MESSAGE
now 32000
MESSAGE'
}

test_cancel()
{
	plays 'unknown
run 1
cancel 1
sent
cancel 1
sent
late 1
absorb
unknown' 'CANCEL
INVITE
CANCEL
answer 1 180 100
CANCEL
answer 1 487 100
CANCEL
ACK to=x
CANCEL branch=2'
}

test_cancel_of_what_can_not_be_cancelled()
{
	plays 'run 1
late 1
sent
late 1
run 2
sent
late 2
unknown' 'OPTIONS
CANCEL
answer 1 200 100
CANCEL
INVITE branch=2
answer 2 200 100
CANCEL branch=2
CANCEL branch=2 source=2'
}

test_provisional_answer_to_another_method_is_dropped()
{
	plays 'run 1
dropped
dropped
sent' 'MESSAGE
answer 1 100 100
answer 1 180 100
answer 1 200 100'
}

test_one_final_answer_alone()
{
	plays 'run 1
sent
dropped
dropped
resend 1: 2 100' 'INVITE
answer 1 200 100
answer 1 180 100
answer 1 500 100
INVITE'
}

# 3 times 500 octets: what nobody asks for ends there.
test_a_source_that_may_be_forged()
{
	plays 'run 1
sent
again 1: 2 500
next 1500, 1 known
again 1: 2 500
next 3500, 1 known
next 7500, 1 known
resend 1: 2 500
again 1: 2 500
next 11500, 1 known' 'INVITE
answer 1 200 500
now 500
now 1500
now 3500
INVITE octets=700
now 7500'
}

test_a_large_first_answer_always_goes()
{
	plays 'run 1
sent
dropped
sent
next 1500, 1 known
resend 1: 2 2000' 'INVITE
answer 1 180 1000
answer 1 183 501
answer 1 200 2000
now 500
INVITE'
}

test_streams_keep_no_answers()
{
	plays 'run 1
sent
absorb
next 32000, 1 known
absorb
next 5000, 1 known
absorb
run 2
absorb
late 2
sent
never, 0 known
dropped
run 3' 'stream
INVITE
answer 1 486 100
INVITE
now 0
ACK to=x
now 0
ACK to=x
OPTIONS branch=2
OPTIONS branch=2
CANCEL branch=2
answer 2 200 100
now 5000
answer 2 200 100
OPTIONS branch=2'
}

test_streams_know_an_invite_for_its_cancel()
{
	plays 'run 1
cancel 1
sent
late 1
unknown' 'stream
INVITE
CANCEL
answer 1 487 100
CANCEL
CANCEL call=other'
}

test_table_is_as_the_model()
{
	assertEquals 'as the model' "$("$driver" random 40)"
	assertEquals 'as the model' "$("$driver-small" random 1000)"
}

# The model's answers come from an end-to-end search: the table's cost must
# not depend on how many it knows, nor how many there were.
test_a_million()
{
	assertEquals 'memory is constant
so is the cost
1 known at the end' "$("$driver" million)"
}

test_where_everything_runs_nothing_begins()
{
	assertEquals 'none too many' "$("$driver" full)"
}

test_large_answers_push_the_oldest_out()
{
	assertEquals 'the oldest went' "$("$driver" large)"
}

test_one_caller_makes_no_crowd_for_others()
{
	assertEquals 'a crowd costs no more' "$("$driver" crowd)"
}

# shellcheck disable=SC1091
. shunit2

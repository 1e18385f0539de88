# The message files and their sidecars: SPEC's rules for framing, grammar,
# script choice, environment and answers, each with a file. What is not as
# expected is printed with the name of its file.

load helper

deliver()
{
	run "$TOP/tests/check-messages" "$HANDLER" "$BUILD/tests/probe" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == "$# messages, $(($# * 3)) deliveries, 0 "* ]]
}

@test "every message that is to be accepted reaches its script whole" {
	deliver "$TOP"/tests/messages/accept/*.sip
}

@test "every message that is to be refused is answered with the reason" {
	deliver "$TOP"/tests/messages/reject/*.sip
}

@test "every message that is to be discarded gets no answer and no script" {
	deliver "$TOP"/tests/messages/discard/*.sip
}

@test "every message has its sidecar, and every sidecar its message" {
	cd "$TOP/tests/messages"
	diff <(printf '%s\n' */*.sip | sed 's/sip$//') \
	    <(printf '%s\n' */*.exp | sed 's/exp$//')
}

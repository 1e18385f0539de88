# The message files and their sidecars: the rules for framing, grammar,
# script choice, environment and answers, each with a file. What is not as
# expected is printed with the name of its file.

load ../helpers/blackbox

deliver()
{
	local ways

	read -ra ways <<<"${MESSAGE_WAYS:-socket pieces file}"
	run "$TOP/tests/messages/check-messages" "$CONNECT" "$HANDLER" \
	    "$PROBE" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == "$# messages, $(($# * ${#ways[@]})) deliveries, 0 "* ]]
}

# bats test_tags=P11,P14
@test "every message that is to be accepted reaches its script whole" {
	deliver "$TOP"/tests/messages/accept/*.sip
}

# bats test_tags=P42
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

# Every reason of why.c has a message file or a test that expects it.
@test "every reason that there is is tested" {
	local token tokens before

	before="(why |why=|'why'\\] == '|[45]0[05] |discard )"
	tokens=$(sed -n 's/.*\(REJECT\|DISCARD\|SERVER\)("\([a-z-]*\)".*/\2/p
	    s/.*{ [05][0-9]*, EX_[A-Z]*, "\([a-z-]*\)".*/\1/p' "$TOP/why.c")
	[ "$(wc -l <<<"$tokens")" -gt 50 ]
	for token in $tokens; do
		case $token in
		none) continue ;;	# no reason
		environment-too-large) continue ;;	# for want of a way to
		esac
		grep -rqE "$before$token(\$|[^a-z-])" \
		    --include=*.exp --include=*.bats "$TOP/tests" || {
			echo "no test expects $token"
			return 1
		}
	done
}

#!/usr/bin/env bats
# The layers of modules that the Makefile lists: a lower one knows nothing of
# a higher one, and what is pure calls nothing that is not.

load ../helpers/helper

# What a compiler calls by itself, and functions of their arguments alone:
# no I/O, no allocation, no errno, no state.
ALLOWED='mem(cpy|move|set|cmp|chr|rchr|mem)|str(len|nlen|cmp|ncmp|chr|rchr|'\
'chrnul|cpy|cspn|spn)|inet_pton|ntohs|bcmp|__stack_chk_(fail|guard)|__mem(cpy|move|set)_chk|'\
'__str(cpy|cat)_chk'

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	layers GRAMMAR MADE EACH_PURE SYSTEM EACH_SYSTEM
}

# The layers whose modules are pure.
PURE='1 2 3'

# layers NAME...: the modules of each list, in files 1, 2, 3 ...
layers()
{
	local name n=0

	for name; do
		n=$((n + 1))
		sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$TOP/Makefile" |
		    sed -n "s/^$name = //p" | tr -s ' \t' '\n' >"$n"
		[ -s "$n" ]
	done
}

@test "the layers hold every module, once" {
	sort 1 2 3 4 5 >listed
	{
		(cd "$TOP" && ls ./*.c each/*.c) | sed 's|^\./||; s/\.c$//' |
		    grep -vxE 'sipcgi-handler|each/sipcgi-each'
	} | sort >there
	diff listed there
}

# alone -L|-l: headers without a module that include none of ours, or some.
alone()
{
	local header

	(cd "$TOP" && grep "$1" '^#include "' ./*.h each/*.h) |
	    sed 's|^\./||; s/\.h$//' | while read -r header; do
		[ -e "$TOP/$header.c" ] || echo "$header"
	done
}

# Headers are a module's too. Names in quotes are ours; a header that stands
# alone and includes none of ours is below all, one that includes some belongs
# to the last layer.
@test "a module includes no header of a later layer" {
	local n module

	for n in 1 2 3 4 5; do
		{
			seq "$n" | xargs cat
			alone -L
			[ "$n" -lt 5 ] || alone -l
		} >known
		while read -r module; do
			sed -n 's/^#include "\(.*\)\.h".*/\1/p' \
			    "$TOP/$module.c" "$TOP/$module.h" |
			    grep -vxFf known >later || continue
			echo "$module includes $(tr '\n' ' ' <later)"
			false
		done <"$n"
	done
}

@test "a pure module calls nothing but pure functions" {
	local n module

	for n in $PURE; do
		seq "$n" | xargs cat | sed "s|.*|$BUILD/&.o|" |
		    xargs nm --defined-only --extern-only |
		    awk 'NF == 3 { print $3 }' | sort >defined
		[ -s defined ]
		while read -r module; do
			nm --undefined-only "$BUILD/$module.o" |
			    awk '{ print $2 }' | sort |
			    comm -23 - defined |
			    grep -vEx "($ALLOWED)" | grep -vE '^__(asan|ubsan|msan|sanitizer|sanitize|gcov|llvm)' >others || :
			[ ! -s others ] || {
				echo "$module calls $(tr '\n' ' ' <others)"
				false
			}
		done <"$n"
	done
}

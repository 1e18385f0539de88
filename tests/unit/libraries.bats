#!/usr/bin/env bats
# The libraries for Python and Perl, and that all three write the same.


load ../helpers/helper

# Another Python may come first in PATH; the scripts name this one.
PYTHON=/usr/bin/python3

python_tests() { $PYTHON -B "$TOP/tests/unit/sipcgi_test.py" "$1"; }

@test "sipcgi: replies are complete, checked and silent for ACK" {
	python_tests Reply
}

@test "sipcgi: body and header fields come from standard input" {
	python_tests Input
}

@test "sipcgi: values are taken apart" {
	python_tests Values
}

@test "sipcgi: run() always leaves an answer" {
	python_tests Run
}

@test "sipcgi: Digest authentication" {
	python_tests Digest
}

@test "sipcgi passes mypy --strict" {
	mypy --strict --cache-dir="$BATS_TEST_TMPDIR" \
	    --python-executable "$PYTHON" "$TOP/lib/sipcgi"
}

@test "the examples in Python pass mypy --strict" {
	local file files=()

	for file in "$TOP"/examples/*; do
		head -n 1 "$file" | grep -q python || continue
		cp "$file" "$BATS_TEST_TMPDIR/${file##*/}.py"
		files+=("$BATS_TEST_TMPDIR/${file##*/}.py")
	done
	[ "${#files[@]}" -gt 0 ]
	MYPYPATH=$TOP/lib mypy --strict --cache-dir="$BATS_TEST_TMPDIR" \
	    --python-executable "$PYTHON" "${files[@]}"
}

@test "sipcgi.py imports nothing that costs time at the start" {
	run -0 "$PYTHON" -IBc 'import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import sipcgi
print(*sorted(set(sys.modules) - before))' "$TOP/lib"
	[ "$output" = "__future__ atexit sipcgi" ]
}

@test "SipCgi.pm: what it promises" {
	perl "$TOP/tests/unit/sipcgi.pl"
}

# The same answer from each, to a request with what its arguments say.
same_answer()
{
	local name

	env -i PATH="$PATH" "$@" sh -c ". '$TOP/lib/sip-cgi.sh'
		sip_reply -b 'grün' $CODE 'A: b' 'Content-Type: x/y'" \
	    >"$BATS_TEST_TMPDIR/sh"
	env -i PATH="$PATH" "$@" perl "-I$TOP/lib" -MSipCgi -e \
	    "sip_reply($CODE, 'A: b', 'Content-Type: x/y',
	    { body => 'grün' })" >"$BATS_TEST_TMPDIR/perl"
	env -i PATH="$PATH" "$@" "$PYTHON" -ISBc "import sys
sys.path.insert(0, '$TOP/lib')
import sipcgi
sipcgi.Request().reply($CODE, headers=[('A', 'b')], body='grün'.encode(),
    content_type='x/y')" >"$BATS_TEST_TMPDIR/python"
	for name in perl python; do
		cmp "$BATS_TEST_TMPDIR/sh" "$BATS_TEST_TMPDIR/$name"
	done
	[ -s "$BATS_TEST_TMPDIR/sh" ]
}

@test "the three libraries write the same octets" {
	for method in INVITE OPTIONS SUBSCRIBE REFER MESSAGE; do
		for CODE in 100 180 200 202 299 302 404 487 500 607 666; do
			same_answer REQUEST_METHOD="$method" SIP_VIA='SIP/2.0/TCP a' \
			    SIP_FROM=$'f\xff' SIP_TO='<sip:b>' SIPCGI_TO_TAG=1 \
			    SIP_CALL_ID='*' SIP_CSEQ="1 $method" SIP_TIMESTAMP=5 \
			    SIP_RECORD_ROUTE='<sip:p;lr>'
		done
	done
}

# Each library has a copy of the registry's phrases: they must not differ.
@test "the three libraries have the same reason phrases" {
	sed -n "s/^	\([1-6][0-9][0-9]\)) _sip_phrase='\(.*\)' ;;/\1 \2/p" \
	    "$TOP/lib/sip-cgi.sh" >"$BATS_TEST_TMPDIR/sh"
	sed -n "s/^	\([1-6][0-9][0-9]\) => '\(.*\)',/\1 \2/p" \
	    "$TOP/lib/SipCgi.pm" >"$BATS_TEST_TMPDIR/perl"
	sed -n 's/^    \([1-6][0-9][0-9]\): "\(.*\)",/\1 \2/p' \
	    "$TOP/lib/sipcgi/__init__.py" >"$BATS_TEST_TMPDIR/python"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/sh")" -eq 75 ]
	cmp "$BATS_TEST_TMPDIR/sh" "$BATS_TEST_TMPDIR/perl"
	cmp "$BATS_TEST_TMPDIR/sh" "$BATS_TEST_TMPDIR/python"
}

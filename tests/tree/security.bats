# SECURITY.md names a test for each of its claims; this holds it to that.

load ../helpers/helper

# The references [file: beginning of a title], one a line.
references()
{
	tr '\n' ' ' <"$TOP/SECURITY.md" |
	    grep -Eo '\[[a-z/-]+: [^]]*\]' | sed 's/^\[//; s/\]$//; s/  */ /g'
}

@test "every test that SECURITY.md names is there" {
	local reference file title

	[ "$(references | wc -l)" -gt 50 ]
	while IFS= read -r reference; do
		file=$TOP/tests/${reference%%: *}.bats
		title=${reference#*: }
		# As it reads in bats, where \$ stands for $.
		grep -F '@test "' "$file" | sed 's/\\//g' |
		    grep -qF "@test \"$title" || {
			echo "no such test: $reference"
			return 1
		}
	done < <(references)
}

# mirror.bash - where Debian's packages come from.
#
# The mirror of a suite is the first of apt's own sources that has it, or
# $MIRROR.
# shellcheck shell=bash

# apt's own sources. A list of mirrors is a file with a line for each.
mirrors()
{
	local uri

	if [ -n "${MIRROR:-}" ]; then
		echo "$MIRROR"
		return
	fi
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
	    awk '!seen[$0]++' | while read -r uri; do
		case $uri in
		mirror+file:*) sed 's/[ 	].*//' "${uri#mirror+file:}" ;;
		http://* | https://*) echo "$uri" ;;
		esac
	done
}

# The mirror that has suite $1; its Release file is left in InRelease.
mirror_of()
{
	local mirror

	rm -f InRelease
	while read -r mirror; do
		if /usr/lib/apt/apt-helper -qq download-file \
		    "${mirror%/}/dists/$1/InRelease" "$PWD/InRelease" \
		    >/dev/null 2>&1 && grep -q '^Origin: Debian$' InRelease
		then
			echo "${mirror%/}"
			return
		fi
	done < <(mirrors)
	return 1
}

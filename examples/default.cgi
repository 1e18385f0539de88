#!/bin/sh
# default.cgi - what a new installation answers.
#
# The handler runs it when no script has the name of the user or the domain.
# It says that the server is alive and that nobody has this address; it looks
# at nothing else, keeps nothing and starts nothing.
#
# Install: `make install` puts it into the directory of scripts. Put your own
# scripts beside it (sip-cgi(7) says how), or change it: an installed file
# that you have changed is never overwritten.

# shellcheck source=/dev/null
. /usr/local/share/sip-cgi/sip-cgi.sh

case $REQUEST_METHOD in
ACK)
	exit 0 ;;
OPTIONS)
	sip_reply 200 'Allow: INVITE, ACK, CANCEL, OPTIONS' \
	    'Accept: application/sdp' ;;
CANCEL)
	# What it would end has been answered.
	sip_reply 481 ;;
*)
	if [ -z "${SIPCGI_TO_TAG-}" ]; then
		# The To has a tag: part of a dialog, and none began here.
		sip_reply 481
	else
		sip_reply 404 'Nobody has this address here'
	fi ;;
esac

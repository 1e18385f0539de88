#!/bin/sh
# The script behind every super-server test: 302 to INVITE, 200 to the rest.
# It notes each run in ../seen, complains on standard error, and tries to
# answer an ACK; neither of the last two may reach the peer.

echo "$REQUEST_METHOD $REMOTE_ADDR $SERVER_PORT $SIP_CALL_ID" >>../seen
echo "noise from the script" >&2
case $REQUEST_METHOD in
INVITE) status='302 Moved Temporarily' ;;
*) status='200 OK' ;;
esac
printf '%s\r\n' "SIP/2.0 $status" "Via: $SIP_VIA" "From: $SIP_FROM" \
    "To: $SIP_TO;tag=$SIPCGI_TO_TAG" "Call-ID: $SIP_CALL_ID" \
    "CSeq: $SIP_CSEQ" 'Contact: <sip:new@127.0.0.1>' 'Content-Length: 0' ''

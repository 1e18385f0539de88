#!/bin/sh
# What `make run` answers until it is given a directory of scripts: 200 to
# OPTIONS, 404 to all else.

case $REQUEST_METHOD in
OPTIONS) status='200 OK' ;;
*) status='404 Not Found' ;;
esac

printf '%s\r\n' \
    "SIP/2.0 $status" \
    "Via: $SIP_VIA" \
    "From: $SIP_FROM" \
    "To: $SIP_TO${SIPCGI_TO_TAG:+;tag=$SIPCGI_TO_TAG}" \
    "Call-ID: $SIP_CALL_ID" \
    "CSeq: $SIP_CSEQ" \
    'Allow: OPTIONS' \
    'Content-Length: 0' \
    ''

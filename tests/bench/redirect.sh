#!/bin/sh
printf '%s\r\n' \
    'SIP/2.0 302 Moved Temporarily' \
    "Via: $SIP_VIA" \
    "From: $SIP_FROM" \
    "To: $SIP_TO;tag=1" \
    "Call-ID: $SIP_CALL_ID" \
    "CSeq: $SIP_CSEQ" \
    'Contact: <sip:bryan@example.org>' \
    'Content-Length: 0' \
    ''

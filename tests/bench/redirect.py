#!/usr/bin/python3
import os

print("SIP/2.0 302 Moved Temporarily",
      *(f"{field}: {os.environ.get(name, '')}" for field, name in (
          ("Via", "SIP_VIA"), ("From", "SIP_FROM"), ("To", "SIP_TO"),
          ("Call-ID", "SIP_CALL_ID"), ("CSeq", "SIP_CSEQ"))),
      "Contact: <sip:bryan@example.org>",
      "Content-Length: 0", "", "", sep="\r\n", end="")

#!/usr/bin/env bats
# The example members: Digest on INVITE, on a connection that is kept.

load registrar.bash

# A domain whose users alone may call, and bob's phone.
closed_domain()
{
	domain_of_two
	example members
	members_only @b.example
	kept direct
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
}

# Call bob as alice; more as in client.py.
call()
{
	register method=INVITE user=alice password=$'sEcret: %&"ü' \
	    request_uri=sip:bob@b.example to='<sip:bob@b.example>' \
	    from='"A" <sip:alice@b.example>' same=yes "$@"
}

@test "members: who knows a user's password is redirected, on the same connection" {
	closed_domain
	call algorithm=MD5
	is '302 Moved Temporarily'
	has 'Contact: <sip:bob@192.0.2.7>;q=1'
	call algorithm=SHA-256 call_id=2 authuser=alice@b.example
	is '302 Moved Temporarily'
	# The nonce of before, and the next count.
	call nonce="$(cat nonce)" nc=00000002 call_id=2 cseq=3 authuser=alice@b.example
	is '302 Moved Temporarily'
	# It was the connection of the challenge, and the ACK reached no script.
	[ "$(grep -c 'method=ACK' log)" -eq 0 ]
	[ "$(grep -c 'done .*method=INVITE.* status=302' log)" -eq 3 ]
}

@test "members: nobody else calls, nor in another's name, nor twice with what he overheard" {
	closed_domain
	ask INVITE sip:bob@b.example
	is '401 Unauthorized'
	call password=wrong
	is '401 Unauthorized'
	call user=nobody
	is '401 Unauthorized'
	[ "$(grep -c ' members: wrong password peer=127.0.0.1 domain=b.example user=' \
	    log)" -eq 2 ]
	call from='<sip:bob@b.example>'
	is '403 Not your address'
	call from='<sip:alice@c.example>' call_id=3
	is '403 Not your address'
	call call_id=4
	is '302 Moved Temporarily'
	call nonce="$(cat nonce)" call_id=5
	is '401 Unauthorized'
	grep -q ', stale=true' answer
}

@test "members: what is not a new call goes on to the next script" {
	closed_domain
	TO='<sip:bob@b.example>;tag=1' ask INVITE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	TO='<sip:bob@b.example>;tag=1' ask BYE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	TO='<sip:bob@b.example>;tag=1' ask ACK sip:bob@b.example
	[ ! -s answer ]
	run ! grep -q Traceback log server.log
}

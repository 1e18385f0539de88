#!/usr/bin/env bats
# What several hosts share: the example registrar on a real PostgreSQL, and a
# rate in a real Redis. A host is here a directory of state and a log of its
# own; all of them have the same scripts.

load ../examples/registrar.bash
load postgresql.bash
load redis.bash

setup_file()
{
	# In tests/fronts/run's own network it is down.
	[ "${FRONTS_NAMESPACE:-}" != yes ] || ip link set lo up
	pg_up
	redis_up
}

teardown_file()
{
	pg_down
	redis_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck source=../examples/serve.bash
	. "$TOP/tests/examples/serve.bash"
}

# Two hosts, one and two, with a domain of alice and bob, who were added at
# the first. Each connection goes to the host of the next word that turns has
# said.
two_hosts()
{
	local host

	domain_of_two
	for host in one two; do
		cp -R "$STATE_DIRECTORY" "$host"
	done
	cat >next_host <<-'END'
		#!/bin/sh
		read -r host others <turns
		[ -z "$others" ] || echo "$others $host" >turns
		STATE_DIRECTORY=$PWD/$host
		export STATE_DIRECTORY
		exec "$@" -l "$PWD/$host.log"
	END
	chmod 755 next_host
	turns one
	SERVER=("$PWD/next_host" "${SERVER[@]}")
	direct --request-timeout=10
}

turns() { echo "$*" >turns; }

@test "a phone registers at one host and is called through the other" {
	two_hosts
	turns one
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	turns two
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
	has 'Contact: <sip:bob@192.0.2.7>;q=1'
	# And the other way round, of another user.
	register user=alice password=$'sEcret: %&"ü' contact='<sip:a@192.0.2.8>'
	is '200 OK'
	turns one
	ask INVITE sip:alice@b.example
	has 'Contact: <sip:a@192.0.2.8>;q=1'
	ask INVITE sip:nobody@b.example
	is '404 Not Found'
	grep -q 'script=@b.example' one.log two.log
}

@test "a challenge of one host is answered at the other, once" {
	two_hosts
	turns one two
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	turns one
	register nonce="$(cat nonce)" cseq=9 contact='<sip:thief@192.0.2.9>'
	is '401 Unauthorized'
	grep -q ', stale=true' answer
	[ "$(db 'SELECT uri FROM contact')" = sip:bob@192.0.2.7 ]
}

@test "members: who may call at one host may at the other" {
	two_hosts
	example members
	members_only @b.example
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	turns two one
	register method=INVITE user=alice password=$'sEcret: %&"ü' \
	    request_uri=sip:bob@b.example to='<sip:bob@b.example>' \
	    from='<sip:alice@b.example>'
	is '302 Moved Temporarily'
	turns two
	ask INVITE sip:bob@b.example
	is '401 Unauthorized'
}

# waiting NUMBER: so many connections wait for a lock.
waiting()
{
	[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
	    WHERE wait_event_type = 'Lock'")" -eq "$1" ]
}

# Whoever has added a binding waits before he goes on, while lock holds.
hold_after_insert()
{
	pg_sql sip "
	    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM pg_advisory_xact_lock_shared(1);
			RETURN NULL;
		END \$\$;
	    CREATE TRIGGER hold AFTER INSERT ON contact
		FOR EACH ROW EXECUTE FUNCTION hold()"
}

# lock STATEMENT: hold the lock that this takes, until unlock.
lock()
{
	mkfifo statements
	"$(pg_program psql)" -X -q -h "$PG_DIRECTORY" -p "$PG_PORT" \
	    -U postgres -d sip <statements >locked 3>&- &
	# shellcheck disable=SC2034 # unlock in examples.bash waits for it
	LOCKER=$!
	exec 5>statements
	echo "BEGIN; $1; SELECT 'it is';" >&5
	wait_until grep -q 'it is' locked
}

@test "requests of one user at the same time come one after the other" {
	local i

	two_hosts
	sed -i 's/^MAX_BINDINGS = .*/MAX_BINDINGS = 2/' "$SCRIPTS/registrar"
	hold_after_insert
	lock 'SELECT pg_advisory_xact_lock(1)'
	for i in 1 2 3 4 5 6; do
		command_for_client register call_id="$i" \
		    contact="<sip:bob@192.0.2.$i>" >>commands
	done
	# All of them are on their way before the first has kept anything.
	command_for_client together commands >&"$TO_CLIENT"
	wait_until waiting 6 || wait_until waiting 6
	unlock
	IFS= read -r -t 120 _ <&"$FROM_CLIENT"
	[ "$(grep -l '^SIP/2.0 200 OK' answer.* | wc -l)" -eq 6 ]
	[ "$(db 'SELECT count(*) FROM contact')" -eq 2 ]
}

@test "a database that is gone, hangs or is locked: 503, and a line says why" {
	two_hosts
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	sed -i 's/^PATIENCE = .*/PATIENCE = 1/' "$SCRIPTS/registrar_pg.py"
	lock 'LOCK TABLE contact IN EXCLUSIVE MODE'
	register call_id=2 contact='<sip:bob@192.0.2.8>'
	is '503 Service Unavailable'
	# Who only asks does not wait.
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
	unlock
	kill -STOP "$PG_PID"
	ask INVITE sip:bob@b.example
	kill -CONT "$PG_PID"
	is '503 Service Unavailable'
	[ "$(grep -c ': no database: no answer within 1 s$' one.log)" -eq 2 ]
	echo "${PG_WHERE/port=$PG_PORT/port=$(free_port)}" \
	    >one/registrar.postgresql
	ask INVITE sip:bob@b.example
	is '503 Service Unavailable'
	ask REGISTER sip:b.example
	is '503 Service Unavailable'
	grep -q '^locate: no database: .*Connection refused' one.log
	grep -q '^registrar: no database: .*Connection refused' one.log
	run ! grep -q Traceback one.log
	# The next one of several servers is asked.
	sed -i 's/^PATIENCE = .*/PATIENCE = 60/' "$SCRIPTS/registrar_pg.py"
	echo "hostaddr=127.0.0.1,127.0.0.1 port=$(free_port),$PG_PORT" \
	    'dbname=sip user=sip password=secret' \
	    'target_session_attrs=read-write' >one/registrar.postgresql
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
}

# Those that are about what is kept, not about what a request says.
@test "the tests of registrar's bindings pass on PostgreSQL, too" {
	bats --tap -f 'added|\*|lower|new address|oldest|302|24 phones' \
	    "$TOP/tests/examples/bindings.bats" >tap || {
		cat tap
		return 1
	}
	[ "$(grep -c '^ok' tap)" -eq 7 ]
}

# Two hosts, whose callers may call three times.
rated_hosts()
{
	two_hosts
	echo "127.0.0.1 $REDIS_PORT secret" >one/redis
	# As an editor may leave it, without a line end.
	printf '127.0.0.1 %s secret' "$REDIS_PORT" >two/redis
	redis FLUSHALL >/dev/null
	example rate
	sed -i 's/^LIMIT=[0-9]*/LIMIT=3/' "$SCRIPTS/rate"
	cat >"$SCRIPTS/locate" <<-'END'
		#!/bin/sh
		printf 'SIP/2.0 302 Moved\r\n\r\n'
	END
	sed -i 's|^\*)|INVITE) exec ./rate ;;\n&|' "$SCRIPTS/@b.example"
}

@test "rate: calls are counted over both hosts" {
	rated_hosts
	turns one two two one
	for _ in 1 2 3; do
		ask INVITE sip:bob@b.example
		answered '302 Moved'
	done
	ask INVITE sip:bob@b.example
	is '480 Too many calls'
	turns two
	ask INVITE sip:bob@b.example
	is '480 Too many calls'
	has 'Retry-After: 60'
	# What is of a call is not counted, and a counter has an end.
	ask OPTIONS sip:bob@b.example
	answered '302 Moved'
	[ "$(redis GET sip-cgi:rate:127.0.0.1)" -eq 5 ]
	[ "$(redis TTL sip-cgi:rate:127.0.0.1)" -gt 0 ]
	redis DEL sip-cgi:rate:127.0.0.1
	ask INVITE sip:bob@b.example
	answered '302 Moved'
}

@test "rate: behind Kamailio a caller's port makes no other caller" {
	local change

	rated_hosts
	change=$(grep -o 'caller=${SIP_X_SOURCE.*}' "$SCRIPTS/rate")
	sed -i "s/^caller=.*/$change/" "$SCRIPTS/rate"
	for port in 1 2 3; do
		ask INVITE sip:bob@b.example \
		    "X-Source: 192.0.2.7;port=$port;transport=udp"
		answered '302 Moved'
	done
	ask INVITE sip:bob@b.example 'X-Source: 192.0.2.7;port=4;transport=udp'
	is '480 Too many calls'
	ask INVITE sip:bob@b.example 'X-Source: 192.0.2.8;port=4;transport=udp'
	answered '302 Moved'
}

@test "rate: of many calls at the same time none is let in too much" {
	rated_hosts
	for _ in {1..8}; do
		later INVITE sip:bob@b.example
	done
	together
	[ "$(head -qn 1 answer.* | grep -c ' 302 ')" -eq 3 ]
	[ "$(head -qn 1 answer.* | grep -c ' 480 ')" -eq 5 ]
}

@test "rate: a Redis that is gone, hangs or wants another password: 503" {
	rated_hosts
	kill -STOP "$REDIS_PID"
	ask INVITE sip:bob@b.example
	kill -CONT "$REDIS_PID"
	is '503 Service Unavailable'
	echo "127.0.0.1 $REDIS_PORT wrong" >one/redis
	ask INVITE sip:bob@b.example
	is '503 Service Unavailable'
	echo "127.0.0.1 $(free_port) secret" >one/redis
	ask INVITE sip:bob@b.example
	is '503 Service Unavailable'
	[ "$(grep -c '^rate: Redis gives no count' one.log)" -eq 3 ]
	grep -q 'Connection refused' one.log
}

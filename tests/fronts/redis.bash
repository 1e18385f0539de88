# A Redis of one's own, on loopback, which keeps nothing.
# shellcheck shell=bash

# Exports REDIS_PORT, REDIS_PID and its password, for redis-cli, too.
redis_up()
{
	local program try

	# Debian's redis-server is a link to a program of redis-tools, which
	# goes by its name.
	program=$(command -v redis-server || command -v redis-check-rdb) ||
	    return
	export REDISCLI_AUTH=secret
	for try in 1 2 3 4 5; do
		REDIS_PORT=$(free_port)
		(exec -a redis-server "$program" --bind 127.0.0.1 \
		    --port "$REDIS_PORT" --save '' --dir "$BATS_FILE_TMPDIR" \
		    --requirepass "$REDISCLI_AUTH") \
		    </dev/null >"$BATS_FILE_TMPDIR/redis.log" 2>&1 3>&- &
		REDIS_PID=$!
		wait_until is_listening_or_gone "$REDIS_PORT" "$REDIS_PID"
		is_gone "$REDIS_PID" || break
		[ "$try" -lt 5 ]
	done || {
		cat "$BATS_FILE_TMPDIR/redis.log" >&2
		return 1
	}
	export REDIS_PORT REDIS_PID
}

redis() { redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "$@"; }

redis_down()
{
	[ -n "${REDIS_PID:-}" ] || return 0
	kill -CONT "$REDIS_PID"
	kill "$REDIS_PID"
	wait_until is_gone "$REDIS_PID"
}

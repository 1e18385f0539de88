#!/usr/bin/env bats
# nginx's stream module with examples/front/nginx, in front of sipcgi-each -P on
# two hosts.
# Runs early: hosts are away for seconds.

load fronts
load streams.bash

setup_file()
{
	streams_prepare
	mkdir -p "$ETC/nginx/modules-enabled"
	cp "$TOP/examples/front/nginx/sip.conf" \
	    "$ETC/nginx/modules-enabled/60-sip.conf"
	# What the package of the module puts there.
	cp "$SUPER/libnginx-mod-stream/usr/share/nginx/modules-available/mod-stream.conf" \
	    "$ETC/nginx/modules-enabled/50-mod-stream.conf"
	cp "$BATS_FILE_TMPDIR/sip.pem" "$ETC/nginx"
	streams_up
	proxied_start two
	nginx_start
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	host_listens one 5070 || proxied_start one
}

nginx_start()
{
	DIRECTORIES='/var/lib/nginx /var/log/nginx' stream_start nginx \
	    nginx-common libnginx-mod-stream -- nginx -g 'daemon off;'
	wait_until host_listens front 5061
}

# bats test_tags=P34
@test "the script sees the caller, over TCP and TLS" {
	sees_callers
}

# bats test_tags=P34
@test "strangers get nowhere, and hold no connection" {
	withstands_strangers
}

@test "a host is killed" {
	calls_while host_kill
}

@test "a host is cut off" {
	OVER=host_join calls_while host_cut
}

@test "a host hangs" {
	OVER=host_wake calls_while host_hang
}

@test "a caller over its share is closed, others are served" {
	host_kill front
	sed -i 's/limit_conn address 128/limit_conn address 1/' \
	    "$ETC/nginx/modules-enabled/60-sip.conf"
	nginx_start
	counts_callers
}

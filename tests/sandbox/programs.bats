#!/usr/bin/env bats
# Real programs in a sandbox of level full: each does the same as without it.
#
# shellcheck disable=SC2016,SC2034

load sandbox

# As root too by make check-all: what a program needs does not depend on that.
[ "${CHECK:-}" = all ] || ONLY=$ORDINARY
# Where a script may write.
V=$WORLD/writable/1

# works PROGRAM: the script on standard input, which prints what it finds,
# prints the same in the sandbox as without it, for each user; its last line
# is "end".
works()
{
	local program=$1 text user want

	SHELL_UNDER_TEST=$(PATH=/usr/local/bin:/usr/bin:/bin \
	    command -v "$program") || skip "$program is not installed"
	text=$(cat)
	for user in ${ONLY:-$USERS}; do
		as_script "$program" <<<"$text"
		fresh "$user"
		run_script "$user"
		want=$OUT
		[ "${want##*$'\n'}" = end ] || fails "$user, no sandbox" ||
		    return
		fresh "$user"
		run_script "$user" -sfull --tmp="$V/two" -w "$V"
		grep -q 'sandbox=full,' log || fails "$user" || return
		[ "$OUT" = "$want" ] || fails "$user, full" || return
		# Nothing on standard error either: only the exec line.
		[ "$(wc -l <log)" -eq 1 ] || fails "$user, full" || return
	done
}

fails()
{
	echo "$1: $OUT"
	cat log
	return 1
}

# Shells get the assignments of V and PORT in front; other programs find them
# in their environment, through a shell that becomes them.
as_script()
{
	case $1 in
	sh | bash) { echo "PORT=${PORT:-} V=$V"; cat; } | script ;;
	*)
		cat >program
		SHELL_UNDER_TEST=/bin/sh script <<-EOS
		export V=$V PORT=${PORT:-}
		exec $SHELL_UNDER_TEST ${ARGUMENTS:-} $WORLD/program
		EOS
		;;
	esac
}

# A server on loopback that the script can ask for /file. Its port is PORT.
start_server()
{
	rm -f server
	mkdir -p served
	echo 'from the server' >served/file
	python3 -u -m http.server --bind 127.0.0.1 --directory served 0 \
	    >server 2>server.err 3>&- &
	NEIGHBOURS="$NEIGHBOURS $!"
	wait_until grep -q 'port [0-9]' server
	PORT=$(sed -n 's/.* port \([0-9]*\).*/\1/p' server)
}

# bats test_tags=P64
@test "sh: pipes, here-documents, jobs, traps, temporary files" {
	works sh <<-'EOS'
	cd $V
	printf 'b\na\n' | sort
	cat <<-END
	here $(expr 1 + 1)
	END
	(sleep 0.01; echo background) & wait
	trap 'echo trapped' USR1; kill -USR1 $$
	f=$(mktemp -p $V) && echo x >$f && cat $f && rm $f
	umask 077; mkdir -p a/b/c; find a | sort
	sed -i s/precious/changed/ file && cat file
	sh -c 'ulimit -n; nice true; timeout 5 true; echo $?'
	head -c 3 /dev/urandom | wc -c; date +%Y >/dev/null
	echo end
	EOS
}

@test "bash: arrays, process substitution, long here-documents" {
	works bash <<-'EOS'
	cd $V
	a=(1 2 3); echo ${#a[@]}
	diff <(echo 1) <(echo 2)
	printf -v long '%070000d' 1
	wc -c <<<"$long"
	coproc cat; echo co >&${COPROC[1]}; read -r line <&${COPROC[0]}
	echo $line; kill $COPROC_PID
	[[ x =~ (.) ]] && echo ${BASH_REMATCH[1]}
	echo end
	EOS
}

# bats test_tags=P64
@test "python3: subprocess, threads, sqlite3 with WAL, tempfile, urllib" {
	start_server
	works python3 <<-'EOS'
	import os, sqlite3, subprocess, sys, tempfile, threading
	import urllib.request
	w = os.environ['V']
	print(subprocess.run(['echo', 'child'], capture_output=True,
	                     text=True, check=True).stdout)
	print(os.popen('echo popen').read())
	results = []
	threads = [threading.Thread(target=results.append, args=(i,))
	           for i in range(4)]
	[t.start() for t in threads]
	[t.join() for t in threads]
	print(sorted(results))
	db = sqlite3.connect(w + '/db')
	print(db.execute('pragma journal_mode=wal').fetchone())
	db.execute('create table t (x)')
	db.execute('insert into t values (1)')
	db.commit()
	print(sorted(f for f in os.listdir(w) if f.startswith('db')))
	print(db.execute('select * from t').fetchall())
	db.close()
	with tempfile.TemporaryFile() as f:
	    f.write(b'x')
	url = 'http://127.0.0.1:%s/file' % os.environ['PORT']
	print(urllib.request.urlopen(url).read())
	print('end')
	EOS
}

@test "python3: local delivery to an mbox and a maildir" {
	works python3 <<-'EOS'
	import mailbox, os
	w = os.environ['V']
	for box in (mailbox.mbox(w + '/mbox'), mailbox.Maildir(w + '/mail')):
	    box.lock()
	    box.add('From: a@example.com\nSubject: hello\n\nbody\n')
	    box.flush()
	    box.unlock()
	    print([m['subject'] for m in box])
	    box.close()
	print(sorted(os.listdir(w + '/mail')))
	print('end')
	EOS
}

@test "sh: local delivery under a lock" {
	works sh <<-'EOS'
	cd $V
	deliver() { flock 9; printf 'From x\n\nbody\n\n' >>spool; }
	for i in 1 2 3; do (deliver) 9>>spool.lock & done; wait
	grep -c '^From ' spool
	echo end
	EOS
}

@test "perl: pipes, fork, sockets, files" {
	start_server
	works perl <<-'EOS'
	use strict; use IO::Socket::INET; use File::Temp 'tempfile';
	$| = 1;
	print `echo child`;
	open my $p, '-|', 'echo', 'pipe' or die; print <$p>; close $p;
	my $pid = fork // die; exit 3 unless $pid;
	waitpid $pid, 0; print $? >> 8, "\n";
	my $s = IO::Socket::INET->new("127.0.0.1:$ENV{PORT}") or die;
	print $s "GET /file HTTP/1.0\r\n\r\n";
	print grep /server\n/, <$s>;
	my ($h, $name) = tempfile(UNLINK => 1); print $h 'x';
	rename "$ENV{V}/file", "$ENV{V}/one/new" or die;
	print "end\n";
	EOS
}

@test "sqlite3: WAL and a temporary table" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	works sh <<-'EOS'
	cd $V
	sqlite3 db 'pragma journal_mode=wal; create table t (x);
	    insert into t values (1), (2); create temp table u as
	    select x from t; select sum(x) from u'
	sqlite3 db 'pragma temp_store=file; select count(*) from t; vacuum'
	echo end
	EOS
}

@test "curl: a page from loopback, into a file" {
	command -v curl >/dev/null || skip "curl is not installed"
	start_server
	works sh <<-'EOS'
	curl -sS http://127.0.0.1:$PORT/file
	curl -sS -o $V/page http://127.0.0.1:$PORT/file
	cat $V/page
	echo end
	EOS
}

# bats test_tags=P64
@test "node: files, a child, a worker, http" {
	start_server
	works node <<-'EOS'
	const fs = require('fs'), http = require('http');
	const { Worker } = require('worker_threads');
	const w = process.env.V;
	fs.writeFileSync(w + '/new', 'written\n');
	process.stdout.write(fs.readFileSync(w + '/new'));
	console.log(require('child_process').execSync('echo child') + '');
	new Worker('require("worker_threads").parentPort.postMessage(1)',
	    { eval: true }).on('message', m => {
		console.log('worker', m);
		http.get(`http://127.0.0.1:${process.env.PORT}/file`, r =>
		    r.on('data', d => process.stdout.write(d)).on('end',
		        () => fs.promises.readFile(w + '/file').then(d =>
		            console.log(d + 'end'))));
	});
	EOS
}

@test "java: a virtual machine starts" {
	command -v java >/dev/null || skip "java is not installed"
	works sh <<-'EOS'
	java -version >$V/out 2>&1 && echo end
	EOS
}

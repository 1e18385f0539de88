#!/usr/bin/env bats
# No memory is allocated on the path of a request: what a peer sends cannot
# make the process grow. Shown by what is linked, so it holds on every path.

load ../helpers/helper

# What allocates, in C libraries; and what calls it, as their manuals say.
ALLOCATORS='malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|'\
'posix_memalign|valloc|alloca|brk|sbrk|mmap|mremap'
CALLERS='strdup|strndup|asprintf|vasprintf|getline|getdelim|fopen|fdopen|'\
'freopen|fmemopen|open_memstream|popen|opendir|fdopendir|scandir|'\
'glob|realpath|getcwd|setenv|putenv|getaddrinfo|gethostbyname|'\
'getpwnam|getgrnam|openlog|syslog|qsort|setlocale|dlopen|'\
'pthread_create|regcomp|wordexp'

setup()
{
	list=$BATS_TEST_TMPDIR/list
}

# symbols FILE...: their names, without what a sanitizer puts before them.
symbols()
{
	nm "$@" | sed -n 's/.* [A-Za-z] \([^@]*\).*/\1/p' |
	    sed 's/^__*\(interceptor\|libc\|wrap\)_//' | sort -u
}

@test "no module calls an allocator, or what is known to call one" {
	symbols "$BUILD/sipcgi-handler.o" "$BUILD/libsipcgi.a" >"$list"
	grep -qx execve "$list"
	run -1 grep -Ex "($ALLOCATORS|$CALLERS)" "$list"
}

# bats test_tags=P29
@test "nor does sipcgi-each, but for memory of a fixed size at its start" {
	symbols "$BUILD"/each/*.o >"$list"
	grep -qx execve "$list"
	run -0 grep -Ex "($ALLOCATORS|$CALLERS)" "$list"
	[ "$output" = mmap ]
	# Where it is called.
	run -0 grep -l 'mmap(' "$TOP"/each/*.c
	[ "$output" = "$TOP/each/job.c"$'\n'"$TOP/each/service.c" ]
}

# The linker takes from libc.a what is needed: an allocator that is not there
# is not called by libc's functions either.
@test "the static program holds no allocator" {
	# ELF's program header INTERP is in every dynamic program.
	if readelf -lW "$HANDLER" | grep -q INTERP; then
		skip 'this program is linked dynamically'
	fi
	symbols "$HANDLER" >"$list"
	grep -qx execve "$list"
	run -1 grep -Ex "($ALLOCATORS)" "$list"
}

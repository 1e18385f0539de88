/*
 * smallest - the smallest static script: it answers and ends, without a C
 * library to start.  ANSWER may be another one.  Built with -nostdlib, for
 * x86-64 and arm64.
 */
#ifndef ANSWER
#define ANSWER "SIP/2.0 302 Moved Temporarily\r\n" \
    "Contact: <sip:bryan@example.org>\r\n" \
    "Content-Length: 0\r\n\r\n"
#endif

static const char answer[] = ANSWER;

static long
call(long number, long a, long b, long c)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall" : "=a"(result)
	    : "a"(number), "D"(a), "S"(b), "d"(c)
	    : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2)
	    : "memory");
	return x0;
#else
#error "no system call known for this machine"
#endif
}

#if defined(__x86_64__)
enum { WRITE = 1, EXIT = 60 };
#else
enum { WRITE = 64, EXIT = 93 };
#endif

void _start(void);

void
_start(void)
{
	call(WRITE, 1, (long)answer, sizeof answer - 1);
	for (;;)
		call(EXIT, 0, 0, 0);
}

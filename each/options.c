#include "cmdline.h"
#include "each/options.h"

#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/local/libexec"
#endif

static const char *
read_slots(const char *value, unsigned *slots)
{
	unsigned number = 0;

	for (; *value >= '0' && *value <= '9'; value++) {
		number = number * 10 + (unsigned)(*value - '0');
		if (number > OPTIONS_MAX_CHILDREN)
			break;
	}
	if (*value != '\0' || number == 0)
		return "not a number from 1 to 4096";
	*slots = number;
	return NULL;
}

static const char *
read_children(void *into, const char *value)
{
	return read_slots(value, &((struct each_options *)into)->children);
}

static const char *
read_per_source(void *into, const char *value)
{
	return read_slots(value, &((struct each_options *)into)->per_source);
}

static const char *
read_idle_timeout(void *into, const char *value)
{
	return cmdline_seconds(value, 0,
	    &((struct each_options *)into)->idle_timeout);
}

static const char *
read_request_timeout(void *into, const char *value)
{
	return cmdline_seconds(value, 1,
	    &((struct each_options *)into)->request_timeout);
}

static const char *
read_script_timeout(void *into, const char *value)
{
	return cmdline_seconds(value, 1,
	    &((struct each_options *)into)->script_timeout);
}

static const char *
read_max_body(void *into, const char *value)
{
	return cmdline_size(value, &((struct each_options *)into)->max_body);
}

static const char *
read_proxy_protocol(void *into, const char *value)
{
	(void)value;
	((struct each_options *)into)->proxy_protocol = true;
	return NULL;
}

static const char *
read_log(void *into, const char *value)
{
	return log_read_where(&((struct each_options *)into)->log, value);
}

static const char *
read_log_level(void *into, const char *value)
{
	return log_read_level(&((struct each_options *)into)->log, value);
}

static const struct cmdline_option table[] = {
{ .letter = 'c', .name = "children", .argument = "=N",
    .help = "processes at once, up to 4096",
    .standard = "64", .read = read_children },
{ .letter = 'p', .name = "per-source", .argument = "=N",
    .help = "of them for datagrams of one address; the rest is dropped",
    .standard = "16", .read = read_per_source },
{ .letter = 'i', .name = "idle-timeout", .argument = "=SECONDS",
    .help = "close a connection, or end, after so long without a request; "
	"0: never",
    .standard = "3700", .read = read_idle_timeout },
{ .letter = 't', .name = "request-timeout", .argument = "=SECONDS",
    .help = "a whole request must have arrived by then",
    .standard = "10", .read = read_request_timeout },
{ .letter = 'T', .name = "script-timeout", .argument = "=SECONDS",
    .help = "answer 504 and end the script after that",
    .standard = "25", .read = read_script_timeout },
{ .letter = 'b', .name = "max-body", .argument = "=BYTES",
    .help = "refuse larger bodies; K and M are understood, at most 1024M",
    .standard = "1M", .read = read_max_body },
{ .letter = 'P', .name = "proxy-protocol",
    .help = "the connection begins with a PROXY header",
    .read = read_proxy_protocol },
{ .letter = 'l', .name = "log", .argument = "=WHERE",
    .help = "auto, journal, syslog, stderr, none or an absolute file path",
    .standard = "auto", .read = read_log },
{ .letter = 'v', .name = "log-level", .argument = "=LEVEL",
    .help = "err, warning or info",
    .standard = "info", .read = read_log_level },
};

static const struct cmdline command_line = {
	.program = "sipcgi-each", .operands = " PROGRAM [ARGUMENT]...",
	.purpose = "Run PROGRAM, mostly sipcgi-handler, for each SIP message "
	    "on a connection\n"
	    "that is kept, or on UDP sockets, and send what it answers.\n"
	    "A super-server (systemd, xinetd, inetd, tcpserver) starts it.\n",
	.closing = "Over UDP until interrupted:\n"
	    "  systemd-socket-activate --datagram -l 5060 \\\n"
	    "    " LIBEXECDIR "/sipcgi-each \\\n"
	    "    " LIBEXECDIR "/sipcgi-handler -d DIR\n"
	    "Manual: sipcgi-each(8)\n",
	.operands_end_options = true,
	.options = table, .noptions = sizeof table / sizeof table[0]
};

void
each_options_read(struct each_options *o, int argc, char **argv)
{
	struct cmdline c = command_line;
	int operand;

	c.into = o;
	operand = cmdline_read(&c, argc, argv);
	if (operand == argc)
		cmdline_fail(&c, "PROGRAM", NULL, "missing");
	o->program = argv + operand;
}

_Noreturn void
each_options_fail_proxy_protocol(void)
{
	cmdline_fail(&command_line, "-P, --proxy-protocol", NULL,
	    "is for connections, not for UDP");
}

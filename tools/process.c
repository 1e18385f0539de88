#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "tally.h"

struct process {
	uint64_t pid;
	size_t length;
	char *name;			/* of the script that it became last */
};

static int
compare(const void *left, const void *right)
{
	const struct process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

void
process_began(struct processes *processes, const struct request *request)
{
	const struct value *name = &request->value[FIELD_SCRIPT];
	struct process wanted = {
		.pid = value_number(&request->value[FIELD_PID])
	};
	struct process **found = tally_checked(tsearch(&wanted,
	    &processes->tree, compare)), *process;

	if (*found == &wanted) {
		*found = tally_checked(malloc(sizeof(**found)));
		**found = wanted;
	}
	process = *found;
	process->length = name->length < TALLY_PART_MAX ? name->length :
	    TALLY_PART_MAX;
	process->name = tally_checked(realloc(process->name,
	    process->length + 1));
	memcpy(process->name, name->octets, process->length);
}

const char *
process_script(const struct processes *processes,
    const struct request *request, size_t *length)
{
	struct process wanted = {
		.pid = value_number(&request->value[FIELD_SCRIPT_PID])
	};
	struct process **found = tfind(&wanted, &processes->tree, compare);

	*length = found == NULL ? 0 : (*found)->length;
	return found == NULL ? "" : (*found)->name;
}

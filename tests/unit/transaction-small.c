/*
 * transaction-small - the model of the table again, with a table of 16 and a
 * ring of 1600 octets, so that both are full most of the time.
 *
 * usage: transaction-small random N    N programs for check_transaction()
 *        transaction-small check FILE...  each such a program
 */
#define TABLE_MAX 16
#define TABLE_KEEP 1600
#define TRANSACTION_LOOK_AT TABLE_MAX

#include "../../each/table.c"
#include "../../each/transaction.c"
#include "../fuzz/check_transaction.c"
#include "programs.h"

int
main(int argc, char **argv)
{
	return programs_main(argc, argv) ? 0 : 64;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ipc/client.h"
#include "options.h"
#include "verb.h"

static enum sg_err
lock(int argc, char **argv)
{
	auto_free(client) c = NULL;
	struct arguments a;
	const struct option table[] = { { .name = NULL } };

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_lock(c));
	(void)puts("Every program's login to the container is ended.");
	return SG_OK;
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(lock(argc, argv), "lock"));
}

const struct cli_verb cli_lock = {
	.name = "lock",
	.summary = "ends every program's login to your container",
	.usage = "lock\n",
	.text = "A login counts for the process that made it. This ends all of"
		" them; the next\nuse of a key asks for the PIN again.\n",
	.run = run,
};

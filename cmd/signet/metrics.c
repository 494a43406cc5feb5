/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ipc/client.h"
#include "options.h"
#include "verb.h"

static enum sg_err
metrics(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(buf) text = { 0 };
	struct arguments a;
	const struct option table[] = { { .name = NULL } };

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_metrics(c, &text));
	(void)fwrite(text.p, 1, text.n, stdout);
	return SG_OK;
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(metrics(argc, argv), "metrics"));
}

const struct cli_verb cli_metrics = {
	.name = "metrics",
	.summary = "prints what signetd has counted, for Prometheus",
	.usage = "metrics\n",
	.text = "Root only. The text format of Prometheus, for instance for the"
		" textfile\ncollector of its node exporter.\n",
	.run = run,
};

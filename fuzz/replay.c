/* SPDX-License-Identifier: BSD-2-Clause */

/* Runs a harness over every file of the folders named on the command line. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)16 << 20)

static int
replay_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		auto_done(buf) b = { 0 };
		auto_str file = NULL;

		if (e->d_name[0] == '.')
			continue;
		if (str_printf(&file, "%s/%s", path, e->d_name) != SG_OK ||
		    file_read(&b, file, INPUT_MAX) != SG_OK)
			exit(1);
		(void)LLVMFuzzerTestOneInput(b.p, b.n);
		n++;
	}
	(void)closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	printf("%d inputs replayed\n", n);
	if (n == 0) {
		fprintf(stderr, "the corpus is empty\n");
		return 1;
	}
	return 0;
}

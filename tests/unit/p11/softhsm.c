/* SPDX-License-Identifier: BSD-2-Clause */
#include "softhsm.h"

#include <stdlib.h>

#include "base/file.h"

int
softhsm_setup(void **state)
{
	static char dir[] = "/tmp/signet-p11-XXXXXX";
	auto_str conf = NULL;
	auto_str text = NULL;

	if (mkdtemp(dir) == NULL)
		return -1;
	OK(str_printf(&conf, "%s/conf", dir));
	OK(str_printf(&text, "directories.tokendir = %s\n"
	    "log.level = ERROR\n", dir));
	OK(file_create(conf, bytes_str(text), 0600));
	assert_int_equal(setenv("SOFTHSM2_CONF", conf, 1), 0);
	for (int i = 0; i < 2; i++) {
		auto_str line = NULL;

		OK(str_printf(&line, "softhsm2-util --init-token --free "
		    "--label %s --pin " SOFTHSM_PIN " --so-pin 99999999 >%s/log 2>&1",
		    i == 0 ? "hsm" : "other", dir));
		if (system(line) != 0)
			return -1;
	}
	*state = dir;
	return 0;
}

int
softhsm_teardown(void **state)
{
	auto_str line = NULL;

	OK(str_printf(&line, "rm -r %s", (char *)*state));
	return system(line);
}

/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Preloaded: the wall clock runs ahead by as many seconds as the file named by
 * $LAB_CLOCK says, now.  The monotonic clock is left alone, as by a person who
 * sets the time.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long
ahead(void)
{
	const char *path = getenv("LAB_CLOCK");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	(void)fclose(f);
	return n;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int (*real)(clockid_t, struct timespec *);
	int rc;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(clock, ts);
	if (rc == 0 && clock == CLOCK_REALTIME)
		ts->tv_sec += ahead();
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts = { 0 };

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

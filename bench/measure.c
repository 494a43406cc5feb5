/* SPDX-License-Identifier: BSD-2-Clause */
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static double
clock_us(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		die("no clock");
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double
now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

double
cpu_us(pid_t who)
{
	clockid_t clock;

	if (clock_getcpuclockid(who, &clock) != 0)
		die("process %d has no clock", (int)who);
	return clock_us(clock);
}

void
samples_add(struct samples *s, double us)
{
	if (s->n == s->room) {
		s->room = s->room == 0 ? 256 : 2 * s->room;
		s->us = reallocarray(s->us, s->room, sizeof(*s->us));
		if (s->us == NULL)
			die("out of memory");
	}
	s->us[s->n++] = us;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
samples_quantile(struct samples *s, double q)
{
	if (s->n == 0)
		die("nothing was measured");
	qsort(s->us, s->n, sizeof(*s->us), compare);
	return s->us[(size_t)(q * (double)(s->n - 1) + 0.5)];
}

void
samples_done(struct samples *s)
{
	free(s->us);
	*s = (struct samples) { 0 };
}

void
report_calls(struct samples *calls, double whole_us, double own_cpu_us,
    double other_cpu_us)
{
	double n = (double)calls->n;

	(void)printf("n=%zu p50=%.1f p95=%.1f rate=%.1f cpu=%.1f", calls->n,
	    samples_quantile(calls, 0.5), samples_quantile(calls, 0.95),
	    n * 1e6 / whole_us, own_cpu_us / n);
	if (other_cpu_us > 0)
		(void)printf(" daemon_cpu=%.1f", other_cpu_us / n);
	(void)printf("\n");
}

static void
in_child(int steps, void (*once)(void *arg, double *step), void *arg,
    double *step)
{
	ssize_t n = (ssize_t)((size_t)steps * sizeof(*step));
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) != 0)
		die("no pipe");
	pid = fork();
	if (pid < 0)
		die("no process");
	if (pid == 0) {
		once(arg, step);
		_exit(write(ends[1], step, (size_t)n) != n);
	}
	(void)close(ends[1]);
	if (read(ends[0], step, (size_t)n) != n)
		die("a process ended early");
	(void)close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("a process failed");
}

void
fresh_processes(long n, const char *const *names, int steps,
    void (*once)(void *arg, double *step), void *arg)
{
	struct samples each[FRESH_STEPS_MAX] = { 0 }, whole = { 0 };

	for (long i = 0; i < n; i++) {
		double step[FRESH_STEPS_MAX], sum = 0;

		in_child(steps, once, arg, step);
		for (int j = 0; j < steps; j++) {
			samples_add(&each[j], step[j]);
			sum += step[j];
		}
		samples_add(&whole, sum);
	}
	(void)printf("n=%ld", n);
	for (int j = 0; j < steps; j++) {
		(void)printf(" %s=%.1f", names[j],
		    samples_quantile(&each[j], 0.5));
		samples_done(&each[j]);
	}
	(void)printf(" total=%.1f p95=%.1f\n", samples_quantile(&whole, 0.5),
	    samples_quantile(&whole, 0.95));
	samples_done(&whole);
}

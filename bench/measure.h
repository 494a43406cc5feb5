/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/*
 * What the bench's programs share: clocks, quantiles, and one way of saying
 * it.  A result is words NAME=NUMBER on one line; times are microseconds.
 * Whatever fails ends the program with 1.
 */

#include <stddef.h>
#include <sys/types.h>

void die(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

double now_us(void);

/* Time on a processor, of all threads; who 0 is this process. */
double cpu_us(pid_t who);

struct samples {
	double *us;
	size_t n, room;
};

void samples_add(struct samples *s, double us);

/* 0 <= q <= 1; of no samples at all there is none. */
double samples_quantile(struct samples *s, double q);

void samples_done(struct samples *s);

/*
 * Says how long the calls took, what they cost this process and, unless it is
 * 0, the other one.
 */
void report_calls(struct samples *calls, double whole_us, double own_cpu_us,
    double other_cpu_us);

/*
 * N times, does in a process of its own what has these steps, and says the
 * median of each, of their sum, and the sum's 95th percentile.  The parent
 * must not have loaded what its children load.
 */
#define FRESH_STEPS_MAX 8
void fresh_processes(long n, const char *const *names, int steps,
    void (*once)(void *arg, double *step), void *arg);

#endif

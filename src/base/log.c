/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static enum log_level log_level = LOG_LEVEL_INFO;
static struct {
	atomic_int fd;
	atomic_ulong lost;	/* ever */
	atomic_ulong missing;	/* since the last line that was written */
} audit_state = { .fd = STDERR_FILENO };

void
log_set_level(enum log_level level)
{
	log_level = level;
}

/* True when all of it was written. */
static bool
line_write(int fd, char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n] = '\n';
	return write(fd, line, n + 1) == (ssize_t)(n + 1);
}

static void __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *fmt, va_list ap)
{
	/* sd-daemon(3) priorities, understood by the journal. */
	static const char *const prefix[] = { "<3>", "<4>", "<6>", "<7>" };
	static const char *const word[] = { "error: ", "warning: ", "", "" };
	char line[LINE_MAX_BYTES];
	size_t n;
	int m;

	if (level > log_level)
		return;
	n = (size_t)snprintf(line, 32, "%s",
	    getenv("JOURNAL_STREAM") != NULL ? prefix[level] : word[level]);
	m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (m < 0)
		return;
	n += (size_t)m < sizeof(line) - n - 2 ? (size_t)m
					      : sizeof(line) - n - 2;
	/* Nothing can be done when the log itself fails. */
	(void)line_write(STDERR_FILENO, line, n);
}

#define LOG_FUNCTION(name, level)                    \
	void name(const char *fmt, ...)              \
	{                                            \
		va_list ap;                          \
                                                     \
		va_start(ap, fmt);                   \
		log_line(level, fmt, ap);            \
		va_end(ap);                          \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
audit_set_fd(int fd)
{
	atomic_store(&audit_state.fd, fd);
}

unsigned long
audit_lost(void)
{
	return atomic_load(&audit_state.lost);
}

struct audit_text
audit_text(const char *foreign)
{
	struct audit_text t = { 0 };

	for (size_t i = 0; i < AUDIT_TEXT_MAX && foreign[i] != '\0'; i++)
		t.s[i] = foreign[i] >= ' ' && foreign[i] <= '~' &&
		    strchr("\"\\=", foreign[i]) == NULL ? foreign[i] : '?';
	return t;
}

/* The time and the word; bytes written. */
static size_t
line_begin(char line[LINE_MAX_BYTES], const char *what)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&now, &tm);
	n = strftime(line, LINE_MAX_BYTES, "%Y-%m-%dT%H:%M:%SZ ", &tm);
	return n + (size_t)snprintf(line + n, 64, "%s ", what);
}

/* A line that could be written in part only must not run into the next. */
static bool
write_gap(unsigned long missing)
{
	char line[LINE_MAX_BYTES];
	int fd = atomic_load(&audit_state.fd);
	size_t n = line_begin(line, "audit-gap");

	n += (size_t)snprintf(line + n, sizeof(line) - n, "lines=%lu",
	    missing);
	return write(fd, "\n", 1) == 1 && line_write(fd, line, n);
}

bool
audit_works(void)
{
	unsigned long missing = atomic_exchange(&audit_state.missing, 0);

	if (missing == 0 || write_gap(missing))
		return true;
	(void)atomic_fetch_add(&audit_state.missing, missing);
	return false;
}

void
audit(const char *what, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	size_t n = line_begin(line, what);
	va_list ap;
	int m;

	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	n += (size_t)m < sizeof(line) - n - 2 ? (size_t)m
					      : sizeof(line) - n - 2;
	if (audit_works() &&
	    line_write(atomic_load(&audit_state.fd), line, n))
		return;
	(void)atomic_fetch_add(&audit_state.lost, 1);
	(void)atomic_fetch_add(&audit_state.missing, 1);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static enum log_level log_level = LOG_LEVEL_INFO;
static int audit_fd = STDERR_FILENO;

void
log_set_level(enum log_level level)
{
	log_level = level;
}

static void
line_write(int fd, char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n] = '\n';
	/* Nothing can be done when the log itself fails. */
	if (write(fd, line, n + 1) < 0)
		return;
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
	line_write(STDERR_FILENO, line, n);
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
	audit_fd = fd;
}

void
audit(const char *what, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;
	size_t n;
	int m;

	(void)gmtime_r(&now, &tm);
	n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	n += (size_t)snprintf(line + n, 64, "%s ", what);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	n += (size_t)m < sizeof(line) - n - 2 ? (size_t)m
					      : sizeof(line) - n - 2;
	line_write(audit_fd, line, n);
}

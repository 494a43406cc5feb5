/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_LOG_H
#define SG_BASE_LOG_H

/*
 * What programs write while they run.  Libraries do not log: they return
 * notes.  log_*() is for the operator and has a level; audit() is always on
 * and is one line per use of a key, failed gesture, issued certificate.
 */

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);

/* A line on stderr, with a priority prefix when stderr is the journal's.
 * Control characters are shown as '?'. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * "<UTC time> <what> key=value ..." appended to the audit descriptor (stderr
 * until audit_set_fd), one write each, from any thread.  Text that somebody
 * else chose goes through audit_text() and between quotes, so that nobody
 * writes a pair or a line of his own.  base/audit_line.h reads it again.
 */
void audit_set_fd(int fd);
void audit(const char *what, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define AUDIT_TEXT_MAX 128
struct audit_text {
	char s[AUDIT_TEXT_MAX + 1];
};
/* Printable ASCII without '"', '\\' and '='; '?' stands for the rest. */
struct audit_text audit_text(const char *foreign);

/*
 * Lines that could not be written (the disk is full), since the start.  The
 * next one that can be comes after "audit-gap lines=N".
 */
unsigned long audit_lost(void);
/* Whether lines can be written, as far as one knows: after a loss it tries to
 * write the gap down. */
bool audit_works(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_LOG_H
#define SG_BASE_LOG_H

/*
 * What programs write while they run.  Libraries do not log: they return
 * notes.  log_*() is for the operator and has a level; audit() is always on
 * and is one line per use of a key, failed gesture, issued certificate.
 */

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
 * until audit_set_fd).  Values come from the format, the caller quotes them
 * with audit's %s only for text of its own; foreign text goes through the
 * same taming as log lines.
 */
void audit_set_fd(int fd);
void audit(const char *what, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif

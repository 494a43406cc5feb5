/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PCSC_READER_H
#define SG_PCSC_READER_H

/* Card readers as programs see them, by PC/SC. */

#include "base/bytes.h"

/* SG_OK when there is a reader of that name, with a card or without; SG_EIO
 * when no PC/SC service runs (asking starts one that systemd starts on demand),
 * SG_ENOENT when it has no such reader. */
enum sg_err reader_find(const char *name);

/*
 * Returns when a card is in the reader of that name, which takes it a moment
 * after signetd shows one.  As reader_find(), and SG_ETIMEOUT when there is no
 * card after so many milliseconds.
 */
enum sg_err reader_wait_card(const char *name, unsigned ms);

#endif

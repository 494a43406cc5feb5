/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_UTF_H
#define SG_PROTO_UTF_H

/* Texts as Windows' editors save them. */

#include "base/bytes.h"

/*
 * Appends text as UTF-8 without byte order mark.  A mark decides between
 * UTF-8 and UTF-16 of either order; without one it is UTF-8.  SG_EFORMAT for
 * what is not valid (overlong forms and lone surrogates included) and for NUL
 * characters.
 */
enum sg_err utf_read(struct buf *out, struct bytes text);

/* Appends text, which is valid UTF-8, as UTF-16LE behind a byte order mark. */
enum sg_err utf16_write(struct buf *out, struct bytes text);

/* Appends text of the Windows code page 1252 as UTF-8; SG_EFORMAT for its five
 * holes and for NUL characters. */
enum sg_err cp1252_read(struct buf *out, struct bytes text);

/* SG_EFORMAT unless text is valid UTF-8 without NUL characters. */
enum sg_err utf8_check(struct bytes text);

#endif

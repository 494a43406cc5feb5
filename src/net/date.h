/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_DATE_H
#define SG_NET_DATE_H

/* Dates as HTTP has them, RFC 9110 5.6.7, whatever the locale. */

#include "base/bytes.h"

#define HTTP_DATE_LEN 30	/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/* SG_EARG for years that have not four digits. */
enum sg_err http_date_print(char out[HTTP_DATE_LEN], int64_t t);
/* SG_EFORMAT for anything but that form. */
enum sg_err http_date_parse(int64_t *out, const char *text);

#endif

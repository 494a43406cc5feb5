/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_SCREEN_H
#define SG_RDPHOST_SCREEN_H

/* What the client is shown: the four quarters in colours of their own, and a
 * line of text between the upper and the lower ones. */

#include <freerdp/freerdp.h>

enum screen { SCREEN_WAITING, SCREEN_DESKTOP, SCREEN_REFUSED };

/* False when it cannot be sent.  Letters of text are shown as capitals, what
 * has no shape here as a blank. */
bool screen_paint(rdpContext *context, enum screen what, const char *text);

#endif

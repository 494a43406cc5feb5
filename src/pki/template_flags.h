/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_FLAGS_H
#define SG_PKI_TEMPLATE_FLAGS_H

/* The names of a template's flags, as certutil writes them (MS-CRTD 2.4 and
 * 2.26 to 2.28), both ways. */

#include "pki/texts.h"

/* Is this an attribute of flags ("flags", "msPKI-Enrollment-Flag", ...)? */
bool template_flags_known(const char *attribute);

/* Appends the name of each bit that is set, the lowest first; what has no
 * name as "0x...". */
enum sg_err template_flags_names(struct texts *out, const char *attribute,
    uint32_t value);

/* "CT_FLAG_X -- 100 (256)", as certutil prints a bit behind its value. */
enum sg_err template_flags_print(char **out, const char *attribute,
    const char *name);

/* "+NAME" sets, "-NAME" clears, "A|B" or a number replaces.  SG_EARG names
 * what is not a flag of that attribute. */
enum sg_err template_flags_edit(uint32_t *value, const char *attribute,
    const char *text);

#endif

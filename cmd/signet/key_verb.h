/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_KEY_VERB_H
#define SIGNET_KEY_VERB_H

#include "keys.h"

enum sg_err key_new(int argc, char **argv);

/* Makes the key and says so. */
enum sg_err key_make(struct keys *k, const struct ksp_make *ask);

#endif

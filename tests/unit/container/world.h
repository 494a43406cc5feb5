/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_CONTAINER_WORLD_H
#define SG_TEST_CONTAINER_WORLD_H

/* A keeper with a real TPM below and no socket above. */

#include "../tpm/swtpm.h"

#include <unistd.h>

#include "base/log.h"
#include "container/keeper.h"
#include "container/store.h"

#define ALICE 1000
#define BOB 1001

struct world {
	struct swtpm swtpm;
	char folder[64];
	struct keeper *k;
};

/* Two processes of alice, one of bob, one of root. */
#define CALLER(name, process, uid, pid) \
	static const struct caller name __attribute__((unused)) = \
	    { process, uid, "test", pid }
CALLER(alice, "alice 1", ALICE, 11);
CALLER(alice2, "alice 2", ALICE, 12);
CALLER(bob, "bob", BOB, 21);
CALLER(root, "root", 0, 1);

/* Stands still unless a test moves it. */
static int64_t world_now = 1000000;

static inline int64_t
world_clock(void)
{
	return world_now;
}

static inline struct keeper_config
world_config(const struct world *w)
{
	return (struct keeper_config) { .folder = w->folder,
		.tcti = w->swtpm.tcti, .pin_min = 6, .tries = 3,
		.containers_max = 2, .clock = world_clock };
}

static inline void
open_keeper(struct world *w)
{
	const struct keeper_config cfg = world_config(w);

	OK(keeper_new(&w->k, &cfg));
}

static inline int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return 1;
	tpm_quiet();
	audit_set_fd(-1);
	strcpy(w->folder, "/tmp/signet-test-XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return 1;
	swtpm_start(&w->swtpm);
	open_keeper(w);
	*state = w;
	return 0;
}

static inline int
world_teardown(void **state)
{
	struct world *w = *state;

	OK(store_remove(w->folder, ALICE));
	OK(store_remove(w->folder, BOB));
	keeper_free(w->k);
	swtpm_stop(&w->swtpm);
	(void)rmdir(w->folder);
	free(w);
	return 0;
}

static inline enum sg_err
setup(struct world *w, const struct caller *c, const char *pin,
    struct secret *code)
{
	auto_done(buf) escrow = { 0 };
	struct keeper_setup ask = { .pin = bytes_str(pin),
		.type = OBJECT_P256, .key_name = "default" };

	return keeper_setup(w->k, c, &ask, code, &escrow);
}

static inline enum sg_err
make_in(struct world *w, const struct caller *c, const char *name,
    enum provider provider)
{
	const struct key_ask ask = { name, OBJECT_P256, provider };

	return keeper_key_make(w->k, c, &ask);
}

static inline enum sg_err
make_key(struct world *w, const struct caller *c, const char *name)
{
	return make_in(w, c, name, KSP_PASSPORT);
}

static inline enum sg_err
login(struct world *w, const struct caller *c, const char *pin)
{
	uint32_t left = 0;

	return keeper_login(w->k, c, bytes_str(pin), &left);
}

#endif

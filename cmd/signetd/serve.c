/* SPDX-License-Identifier: BSD-2-Clause */

/* Each verb of ipc/verbs.def, from its fields to the keeper and back. */

#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "container/keeper_card.h"
#include "ipc/objects_wire.h"
#include "ipc/verbs.h"
#include "metrics.h"
#include "paths.h"
#include "serve_impl.h"
#include "trail.h"

#define CERTS_AT_ONCE 64

enum sg_err
call_text(const struct field *f, size_t max, char **out)
{
	if (f->b.n > max)
		return sg_fail(SG_ELIMIT, "a text is longer than %zu bytes",
		    max);
	return str_from_bytes(out, f->b);
}

static enum sg_err
do_hello(struct call *c)
{
	if (c->f[0].u != MESSAGE_PROTOCOL)
		return sg_fail(SG_EUNSUPPORTED, "this signetd speaks protocol "
		    "%d", MESSAGE_PROTOCOL);
	c->out->f[0] = field_u(MESSAGE_PROTOCOL);
	c->out->f[1] = field_s("signetd " SIGNET_VERSION);
	return SG_OK;
}

/* What the daemon knows of itself, into a status on its way. */
static enum sg_err
answer_status(struct call *c, struct status *s)
{
	struct server_load load = server_load(c->serving->server);

	s->waiting = load.waiting;
	s->busy_s = load.busy_s;
	s->audit_lost = audit_lost();
	free(s->daemon);
	s->daemon = NULL;
	SG_TRY(str_dup(&s->daemon, "signetd " SIGNET_VERSION));
	SG_TRY(status_write(&c->out->hold, s));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

static enum sg_err
do_status(struct call *c)
{
	auto_done(status) s = { 0 };

	SG_TRY(keeper_status(c->keeper, &c->caller, (uint32_t)c->f[0].u,
	    &s));
	return answer_status(c, &s);
}

static enum sg_err
do_glance(struct call *c)
{
	auto_done(status) s = { 0 };

	SG_TRY(board_glance(keeper_board(c->keeper), c->caller.uid,
	    c->caller.process, &s));
	return answer_status(c, &s);
}

/* A number that an enum would cut must not become a valid one. */
static enum sg_err
key_type(const struct field *f, enum object_key_type *out)
{
	if (f->u != OBJECT_RSA2048 && f->u != OBJECT_P256)
		return sg_fail(SG_EARG, "the key type is neither RSA-2048 "
		    "nor P-256");
	*out = (enum object_key_type)f->u;
	return SG_OK;
}

static enum sg_err
do_setup(struct call *c)
{
	auto_str name = NULL;
	struct keeper_setup ask = { .pin = c->f[0].b };

	SG_TRY(call_text(&c->f[2], OBJECT_NAME_MAX, &name));
	SG_TRY(key_type(&c->f[1], &ask.type));
	ask.key_name = name;
	ask.tries = c->f[3].u > UINT32_MAX ? UINT32_MAX
					   : (uint32_t)c->f[3].u;
	ask.escrow = c->f[4].b;
	ask.without_tpm = c->f[5].u != 0;
	SG_TRY(keeper_setup(c->keeper, &c->caller, &ask, &c->out->secret,
	    &c->out->hold));
	c->out->f[0] = field_b(secret_bytes(&c->out->secret));
	c->out->f[1] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

static enum sg_err
do_login(struct call *c)
{
	return keeper_login(c->keeper, &c->caller, c->f[0].b,
	    &c->out->detail);
}

static enum sg_err
do_login_begin(struct call *c)
{
	uint8_t ticket[KEEPER_TICKET_LEN];
	enum sg_err e;

	SG_TRY(keeper_login_begin(c->keeper, &c->caller, ticket));
	e = secret_set(&c->out->secret, ticket, sizeof(ticket));
	wipe(ticket, sizeof(ticket));
	c->out->f[0] = field_b(secret_bytes(&c->out->secret));
	return e;
}

static enum sg_err
do_login_finish(struct call *c)
{
	return keeper_login_finish(c->keeper, &c->caller, c->f[0].b,
	    c->f[1].b, &c->out->detail);
}

static enum sg_err
do_logout(struct call *c)
{
	return keeper_logout(c->keeper, &c->caller);
}

static enum sg_err
do_lock(struct call *c)
{
	return keeper_lock(c->keeper, &c->caller);
}

static enum sg_err
do_objects(struct call *c)
{
	SG_TRY(board_objects(keeper_board(c->keeper), c->caller.uid,
	    &c->out->hold));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

static enum sg_err
do_generation(struct call *c)
{
	uint64_t generation = 0;

	SG_TRY(board_generation(keeper_board(c->keeper), c->caller.uid,
	    &generation));
	c->out->f[0] = field_u(generation);
	return SG_OK;
}

static enum sg_err
do_key_use(struct call *c)
{
	auto_str key = NULL;

	SG_TRY(call_text(&c->f[0], OBJECT_NAME_MAX, &key));
	SG_TRY(keeper_key_use(c->keeper, &c->caller, key, c->f[1].b,
	    &c->out->hold));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

static enum sg_err
do_key_make(struct call *c)
{
	auto_str name = NULL;
	struct key_ask ask = { .type = OBJECT_RSA2048 };

	SG_TRY(call_text(&c->f[0], OBJECT_NAME_MAX, &name));
	SG_TRY(key_type(&c->f[1], &ask.type));
	if (c->f[2].u < KSP_PASSPORT || c->f[2].u >= KSP_END)
		return sg_fail(SG_EARG, "no such key storage provider");
	ask.provider = (enum provider)c->f[2].u;
	ask.name = name;
	return keeper_key_make(c->keeper, &c->caller, &ask);
}

static enum sg_err
do_key_record(struct call *c)
{
	auto_done(key_object) key = { 0 };
	struct reader r = reader_of(c->f[0].b);

	SG_TRY(key_object_read(&r, &key));
	SG_TRY(reader_finish(&r, "a key's record"));
	return keeper_key_record(c->keeper, &c->caller, &key);
}

static enum sg_err
do_key_remove(struct call *c)
{
	auto_str name = NULL;

	SG_TRY(call_text(&c->f[0], OBJECT_NAME_MAX, &name));
	return keeper_key_remove(c->keeper, &c->caller, name);
}

static void
certs_done(struct cert_object *certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cert_object_done(&certs[i]);
	free(certs);
}

static enum sg_err
read_certs(struct bytes x, struct cert_object *certs, size_t n)
{
	struct reader r = reader_of(x);

	(void)read_u16(&r);
	for (size_t i = 0; i < n && !r.failed; i++)
		SG_TRY(cert_object_read(&r, &certs[i]));
	return reader_finish(&r, "certificates");
}

static enum sg_err
do_certs_add(struct call *c)
{
	auto_str done = NULL;
	struct reader r = reader_of(c->f[0].b);
	size_t n = read_u16(&r);
	struct cert_object *certs;
	enum sg_err e;

	SG_TRY(call_text(&c->f[1], OBJECT_NAME_MAX, &done));
	if (n < 1 || n > CERTS_AT_ONCE)
		return sg_fail(SG_ELIMIT, "1 to %d certificates at once",
		    CERTS_AT_ONCE);
	if ((certs = calloc(n, sizeof(*certs))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	e = read_certs(c->f[0].b, certs, n);
	if (e == SG_OK)
		e = keeper_certs_add(c->keeper, &c->caller, certs, n, done);
	certs_done(certs, n);
	return e;
}

static enum sg_err
do_cert_remove(struct call *c)
{
	return keeper_cert_remove(c->keeper, &c->caller, c->f[0].b);
}

static enum sg_err
do_request_add(struct call *c)
{
	auto_str name = NULL;
	auto_str key = NULL;

	SG_TRY(call_text(&c->f[0], OBJECT_NAME_MAX, &name));
	SG_TRY(call_text(&c->f[1], OBJECT_NAME_MAX, &key));
	return keeper_request_add(c->keeper, &c->caller, name, key,
	    c->f[2].b);
}

static enum sg_err
do_request_remove(struct call *c)
{
	auto_str name = NULL;

	SG_TRY(call_text(&c->f[0], OBJECT_NAME_MAX, &name));
	return keeper_request_remove(c->keeper, &c->caller, name);
}

static enum sg_err
do_pin_change(struct call *c)
{
	return keeper_pin_change(c->keeper, &c->caller, c->f[0].b, c->f[1].b,
	    &c->out->detail);
}

static enum sg_err
do_pin_recover(struct call *c)
{
	return keeper_pin_recover(c->keeper, &c->caller, c->f[0].b,
	    c->f[1].b);
}

static enum sg_err
do_reset(struct call *c)
{
	return keeper_reset(c->keeper, &c->caller, (uint32_t)c->f[0].u);
}

static enum sg_err
do_audit(struct call *c)
{
	const char *path = c->serving->audit;
	uint64_t start = 0;

	if (path == NULL && c->f[0].u == TRAIL_EVERYBODY)
		return sg_fail(SG_EUNSUPPORTED, "signetd writes its audit "
		    "lines to the journal: journalctl -u signetd");
	if (path == NULL)
		return sg_fail(SG_EUNSUPPORTED, "signetd writes its audit "
		    "lines to the journal: journalctl -u signetd -g ' uid=%u '"
		    " (as root, or in the group systemd-journal)",
		    (unsigned)c->f[0].u);
	SG_TRY(trail_read(path, (uint32_t)c->f[0].u, c->f[1].u,
	    &c->out->hold, &start));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	c->out->f[1] = field_u(start);
	return SG_OK;
}

/* Pages in memory, out of /proc/self/statm; 0 when it cannot be read. */
static unsigned long
resident(void)
{
	auto_done(buf) b = { 0 };
	unsigned long pages;

	if (file_read(&b, "/proc/self/statm", 4096) != SG_OK ||
	    buf_terminate(&b) != SG_OK ||
	    sscanf((const char *)b.p, "%*u %lu", &pages) != 1)
		return 0;
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

static enum sg_err
do_metrics(struct call *c)
{
	struct metrics m = {
		.server = server_stats(c->serving->server),
		.load = server_load(c->serving->server),
		.keeper = board_count(keeper_board(c->keeper)),
		.audit_lost = audit_lost(),
		.resident = resident(),
	};

	SG_TRY(metrics_write(&m, &c->out->hold));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

static verb_handler *
handler_of(unsigned verb)
{
	switch ((enum verb)verb) {
	case VERB_HELLO: return do_hello;
	case VERB_STATUS: return do_status;
	case VERB_SETUP: return do_setup;
	case VERB_LOGIN: return do_login;
	case VERB_LOGIN_BEGIN: return do_login_begin;
	case VERB_LOGIN_FINISH: return do_login_finish;
	case VERB_LOGOUT: return do_logout;
	case VERB_LOCK: return do_lock;
	case VERB_OBJECTS: return do_objects;
	case VERB_GENERATION: return do_generation;
	case VERB_KEY_USE: return do_key_use;
	case VERB_KEY_MAKE: return do_key_make;
	case VERB_KEY_RECORD: return do_key_record;
	case VERB_KEY_REMOVE: return do_key_remove;
	case VERB_CERTS_ADD: return do_certs_add;
	case VERB_CERT_REMOVE: return do_cert_remove;
	case VERB_REQUEST_ADD: return do_request_add;
	case VERB_REQUEST_REMOVE: return do_request_remove;
	case VERB_PIN_CHANGE: return do_pin_change;
	case VERB_PIN_RECOVER: return do_pin_recover;
	case VERB_RESET: return do_reset;
	case VERB_GLANCE: return do_glance;
	case VERB_AUDIT: return do_audit;
	case VERB_METRICS: return do_metrics;
	case VERB_CARD_TABLE: return do_card_table;
	case VERB_CARD_OBJECTS: return do_card_objects;
	case VERB_CARD_STATE: return do_card_state;
	case VERB_CARD_VERIFY: return do_card_verify;
	case VERB_CARD_DROP: return do_card_drop;
	case VERB_CARD_USE: return do_card_use;
	case VERB_CARD_PIN_CHANGE: return do_card_pin_change;
	case VERB_SESSION_PIN: return do_session_pin;
	case VERB_SESSION_PIN_END: return do_session_pin_end;
	case VERB_SESSION_LOGIN: return do_session_login;
	case VERB_CARD_STATUS: return do_card_status;
	}
	return NULL;
}

/* Do the fields begin with a user? */
static bool
names_user(enum verb_who who, const struct message *in)
{
	return who == VERB_OWNER_OR_ROOT ||
	    (who == VERB_CARD && in->verb->request[0] == 'u');
}

/* The table's "who", before anything else looks at the fields. */
static enum sg_err
permitted(const struct serving *s, const struct peer *peer,
    const struct message *in)
{
	enum verb_who who = verb_who(in->verb);

	if (names_user(who, in) && in->f[0].u > UINT32_MAX)
		return sg_fail(SG_EARG, "there is no such user");
	if (peer->uid == 0)
		return SG_OK;
	if (who == VERB_CARD && (!s->has_card_user ||
	    peer->uid != s->card_user))
		return sg_fail(SG_EPERM, "only the card service may ask for "
		    "that (user in [card] of signetd.conf)");
	if (who == VERB_ROOT)
		return sg_fail(SG_EPERM, "only root may ask for that");
	if (who == VERB_OWNER_OR_ROOT && in->f[0].u != peer->uid)
		return sg_fail(SG_EPERM, "only root may do that to another "
		    "user's container");
	return SG_OK;
}

static enum sg_err
handle(struct serving *s, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct call c = { s, s->keeper, { peer, peer->uid, peer->program,
		peer->pid }, in->f, out };
	verb_handler *h = handler_of(in->verb->number);

	SG_TRY(permitted(s, peer, in));
	return h(&c);
}

static enum sg_err
at_once(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	enum sg_err e = handle(arg, peer, in, out);

	log_debug("%s uid=%u pid=%ld program=\"%s\": %s", in->verb->name,
	    (unsigned)peer->uid, (long)peer->pid, peer->program,
	    e == SG_OK ? "ok" : sg_note(e));
	return e;
}

/* What opens and changes nothing goes on without an audit. */
static bool
ends_only(unsigned verb)
{
	return verb == VERB_STATUS || verb == VERB_LOCK ||
	    verb == VERB_CARD_DROP || verb == VERB_SESSION_PIN_END;
}

/* Where the audit is required, nothing is begun that cannot be written down,
 * and what could not be is not handed out. */
static enum sg_err
handle_audited(struct serving *s, const struct peer *peer,
    const struct message *in, struct answer *out)
{
	unsigned long lost = audit_lost();
	enum sg_err e;

	if (s->audit_required && !ends_only(in->verb->number) &&
	    !audit_works())
		return sg_fail(SG_EIO, "the audit file cannot be written, and "
		    "signetd.conf requires it");
	e = at_once(s, peer, in, out);
	if (e == SG_OK && s->audit_required && audit_lost() != lost)
		return sg_fail(SG_EIO, "done, but it could not be written to "
		    "the audit file, which signetd.conf requires");
	return e;
}

/* After every change: what was counted, and when the next thing ends. */
static void
tell(struct serving *s)
{
	int64_t end = keeper_next_end(s->keeper);

	keeper_tell(s->keeper);
	if (s->end_changes != NULL && end != s->next_end)
		s->end_changes(s->end_arg, end);
	s->next_end = end;
}

static enum sg_err
in_turn(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct serving *s = arg;
	enum sg_err e = handle_audited(s, peer, in, out);

	tell(s);
	return e;
}

static void
gone(void *arg, const struct peer *peer)
{
	struct serving *s = arg;

	keeper_forget(s->keeper, peer);
	tell(s);
}

static void
rest(void *arg)
{
	struct serving *s = arg;

	keeper_rest(s->keeper);
	tell(s);
}

/* Something is over, by the clock or by a new policy. */
static void
chore(void *arg)
{
	struct serving *s = arg;

	keeper_expire(s->keeper);
	tell(s);
}

struct server_calls
serve_calls(struct serving *s)
{
	/* What is AT_ONCE looks at the keeper's board, at files and at what
	 * was counted, never at the keeper. */
	return (struct server_calls) { .at_once = at_once, .handle = in_turn,
		.gone = gone, .rest = rest, .chore = chore, .arg = s };
}

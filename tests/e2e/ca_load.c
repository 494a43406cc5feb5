/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A CA under load, as the process that signs will be:
 *
 *	ca_load DIR REQUEST issue COUNT GROUP
 *		issues COUNT certificates (0: until it is killed), GROUP of
 *		them with one commit, and prints each one's serial number when
 *		it is handed out; at the end, what one has cost
 *	ca_load DIR REQUEST fill COUNT
 *		adds lines as if so many had been issued before
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/file.h"
#include "ca/submit.h"

#define FILL_STEP 10000

struct load {
	struct ca_store *s;
	struct ca_key *key;
	struct ca_issuer issuer;
	struct template t;
	struct identity id;
	struct buf csr;
	unsigned long failed;
};

struct job {
	struct load *l;
	struct ca_outcome out;
};

static enum sg_err
work(struct job *j)
{
	auto_free(csr) r = NULL;
	struct ca_order o = { .template = &j->l->t, .identity = &j->l->id,
		.now = (int64_t)time(NULL), .requester = "load" };

	SG_TRY(csr_read(&r, buf_bytes(&j->l->csr)));
	o.request = r;
	return ca_submit(&j->out, j->l->s, &j->l->issuer, &o);
}

/* Handed out: it is on the disk by now. */
static void
hand_out(struct job *j)
{
	if (j->out.cert != NULL) {
		(void)printf("%s\n", j->out.cert->serial);
	} else {
		j->l->failed++;
		(void)fprintf(stderr, "ca_load: %s\n", j->out.verdict.words);
	}
}

static enum sg_err
commit_some(struct job *jobs, unsigned long n)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, jobs->l->s->db, DB_WRITE));
	for (unsigned long i = 0; i < n; i++)
		SG_TRY(work(&jobs[i]));
	SG_TRY(db_commit(&tx));
	for (unsigned long i = 0; i < n; i++)
		hand_out(&jobs[i]);
	(void)fflush(stdout);
	return SG_OK;
}

static double
cpu_now(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
cost_print(unsigned long n, double cpu, double wall)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	(void)fprintf(stderr, "%lu certificates, %.0f us CPU and %.0f us each,"
	    " %ld KiB\n", n, cpu * 1e6 / (double)n, wall * 1e6 / (double)n,
	    u.ru_maxrss);
}

static double
wall_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum sg_err
issue(struct load *l, unsigned long count, unsigned long group)
{
	struct job *jobs = calloc(group, sizeof(*jobs));
	double cpu = cpu_now(), wall = wall_now();
	enum sg_err e = SG_OK;

	if (jobs == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (unsigned long i = 0; (count == 0 || i < count) && e == SG_OK &&
	    l->failed == 0; i += group) {
		unsigned long n = count == 0 || count - i > group ? group
								 : count - i;

		for (unsigned long k = 0; k < n; k++)
			jobs[k].l = l;
		e = commit_some(jobs, n);
		for (unsigned long k = 0; k < n; k++)
			ca_outcome_done(&jobs[k].out);
	}
	free(jobs);
	if (e == SG_OK && count > 0)
		cost_print(count, cpu_now() - cpu, wall_now() - wall);
	return e == SG_OK && l->failed > 0
	    ? sg_fail(SG_EIO, "%lu were not issued", l->failed) : e;
}

static enum sg_err
fill_one(const struct load *l, const struct cert *c, struct db_stmt *line,
    struct db_stmt *body, struct db_stmt *request)
{
	uint8_t serial[16];
	bool row;
	int64_t id;

	SG_TRY(random_fill(serial, sizeof(serial)));
	db_bind_blob(request, 1, buf_bytes(&l->csr));
	db_bind_blob(request, 2, bytes_of(serial, sizeof(serial)));
	SG_TRY(db_run(request));
	db_bind_blob(line, 1, bytes_of(serial, sizeof(serial)));
	db_bind_text(line, 2, c->subject);
	db_bind_int(line, 3, c->not_before);
	db_bind_int(line, 4, c->not_after);
	db_bind_blob(line, 5, bytes_of(c->key_id, sizeof(c->key_id)));
	SG_TRY(db_step(&row, line));
	id = db_int(line, 0);
	SG_TRY(db_run(line));
	db_bind_int(body, 1, id);
	db_bind_blob(body, 2, buf_bytes(&c->der));
	return db_run(body);
}

static enum sg_err
fill_some(struct load *l, const struct cert *c, unsigned long count)
{
	auto_done(db_tx) tx = { 0 };
	auto_free(db_stmt) line = NULL, *body = NULL, *request = NULL;

	SG_TRY(db_prepare(&request, l->s->db, "INSERT INTO requests (received,"
	    " template, requester, evidence, agents, days, identity, csr,"
	    " disposition, status, words, resolved, serial) VALUES (0, 'User',"
	    " 'fill', 1, 0, 0, x'01', $1, 3, 0, 'Issued', 0, $2)"));
	SG_TRY(db_prepare(&line, l->s->db, "INSERT INTO certificates (serial,"
	    " issuer, template, label, subject, upn, not_before, not_after,"
	    " key_id, state) VALUES ($1, $5, 'SmartcardLogon', $2, $2, $2, $3,"
	    " $4, $5, 0) RETURNING id"));
	SG_TRY(db_prepare(&body, l->s->db,
	    "INSERT INTO bodies (cert, der) VALUES ($1, $2)"));
	SG_TRY(db_begin(&tx, l->s->db, DB_WRITE));
	for (unsigned long i = 0; i < count; i++)
		SG_TRY(fill_one(l, c, line, body, request));
	return db_commit(&tx);
}

static enum sg_err
fill(struct load *l, unsigned long count)
{
	auto_free(csr) r = NULL;
	auto_free(cert) c = NULL;
	struct ca_order o = { .template = &l->t, .identity = &l->id,
		.now = (int64_t)time(NULL) };

	SG_TRY(csr_read(&r, buf_bytes(&l->csr)));
	o.request = r;
	SG_TRY(ca_issue(&c, &l->issuer, &o));
	while (count > 0) {
		unsigned long n = count < FILL_STEP ? count : FILL_STEP;

		SG_TRY(fill_some(l, c, n));
		count -= n;
	}
	return SG_OK;
}

static enum sg_err
load_open(struct load *l, char **argv)
{
	const struct ca_config *c;

	SG_TRY(ca_store_open(&l->s, argv[1]));
	SG_TRY(file_read(&l->csr, argv[2], CSR_MAX));
	SG_TRY(ca_store_key(&l->key, l->s, CA_ISSUING, NULL));
	c = &l->s->config;
	l->issuer = (struct ca_issuer) { l->s->cert[CA_ISSUING],
		ca_key_signer(l->key), &c->cdp[CA_ISSUING],
		&c->ca_issuers[CA_ISSUING], &c->ocsp[CA_ISSUING] };
	SG_TRY(template_builtin(&l->t, "SmartcardLogon", NULL));
	return str_dup(&l->id.upn, "load@corp.example");
}

static enum sg_err
run(struct load *l, int argc, char **argv)
{
	unsigned long count = strtoul(argv[4], NULL, 10);

	SG_TRY(load_open(l, argv));
	if (strcmp(argv[3], "fill") == 0)
		return fill(l, count);
	return issue(l, count, argc > 5 ? strtoul(argv[5], NULL, 10) : 1);
}

int
main(int argc, char **argv)
{
	struct load l = { 0 };
	enum sg_err e;

	if (argc < 5)
		return 2;
	e = run(&l, argc, argv);
	if (e != SG_OK)
		(void)fprintf(stderr, "ca_load: %s\n", sg_note(e));
	buf_done(&l.csr);
	identity_done(&l.id);
	template_done(&l.t);
	ca_key_free(l.key);
	ca_store_free(l.s);
	return e == SG_OK ? 0 : 1;
}

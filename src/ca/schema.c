/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/schema.h"

#define SIGNET_CA 0x53674341	/* "SgCA" */

/*
 * Only what issuing looks up has an index: each costs a page of its own for
 * every certificate.  The DER lies apart, so that a search reads little.
 */
static const char *const migrations[] = {
	"CREATE TABLE requests ("
	" id {id},"
	" received {int} NOT NULL,"
	" template TEXT NOT NULL,"
	" requester TEXT NOT NULL,"
	" evidence {int} NOT NULL,"
	" agents {int} NOT NULL,"
	" days {int} NOT NULL,"
	" renews {blob},"
	" identity {blob} NOT NULL,"
	" csr {blob} NOT NULL,"
	" disposition {int} NOT NULL,"
	" status {int} NOT NULL,"
	" words TEXT NOT NULL,"
	" resolved {int},"
	" officer TEXT,"
	" serial {blob}) {strict};"
	"CREATE INDEX requests_pending ON requests (id)"
	" WHERE disposition = 5;"

	"CREATE TABLE certificates ("
	" id {id},"
	" serial {blob} NOT NULL UNIQUE,"
	" request {int} REFERENCES requests (id),"
	" issuer {blob} NOT NULL,"
	" template TEXT,"
	" label TEXT NOT NULL,"
	" subject TEXT NOT NULL,"
	" upn TEXT,"
	" sid TEXT,"
	" not_before {int} NOT NULL,"
	" not_after {int} NOT NULL,"
	" key_id {blob} NOT NULL,"
	" state {int} NOT NULL) {strict};"
	"CREATE TABLE bodies ("
	" cert {int} PRIMARY KEY REFERENCES certificates (id),"
	" der {blob} NOT NULL) {strict};"

	/* One line for each certificate that ever was revoked or held; change
	 * counts what happened to any of them, for delta lists. */
	"CREATE TABLE revocations ("
	" cert {int} PRIMARY KEY REFERENCES certificates (id),"
	" serial {blob} NOT NULL,"
	" revoked {int} NOT NULL,"
	" reason {int} NOT NULL,"
	" released {int} NOT NULL,"
	" not_after {int} NOT NULL,"
	" change {int} NOT NULL UNIQUE) {strict};"
	"CREATE TABLE crls ("
	" level {int} NOT NULL,"
	" number {int} NOT NULL,"
	" base {int},"
	" made {int} NOT NULL,"
	" change {int} NOT NULL,"
	" PRIMARY KEY (level, number)) {strict};"

	"CREATE TABLE audit ("
	" seq {int} PRIMARY KEY,"
	" at {int} NOT NULL,"
	" who TEXT NOT NULL,"
	" what TEXT NOT NULL,"
	" detail TEXT NOT NULL,"
	" result TEXT NOT NULL,"
	" prev {blob} NOT NULL) {strict};"
	"CREATE TABLE audit_head ("
	" one {int} PRIMARY KEY CHECK (one = 1),"
	" seq {int} NOT NULL,"
	" hash {blob} NOT NULL) {strict}",

	/* The CAs' own certificates, and of everything else which of them, and
	 * with it which key, it belongs to: before there was one of each. */
	"CREATE TABLE cas ("
	" ca_level {int} NOT NULL,"
	" ca_index {int} NOT NULL,"
	" ca_key {int} NOT NULL,"
	" made {int} NOT NULL,"
	" request {blob},"
	" cert {blob},"
	" above {blob},"
	" PRIMARY KEY (ca_level, ca_index)) {strict};"
	"ALTER TABLE certificates ADD COLUMN ca_level {int} NOT NULL DEFAULT 1;"
	"ALTER TABLE certificates ADD COLUMN ca_index {int} NOT NULL DEFAULT 0;"
	"ALTER TABLE revocations ADD COLUMN ca_level {int} NOT NULL DEFAULT 1;"
	"ALTER TABLE revocations ADD COLUMN ca_key {int} NOT NULL DEFAULT 0;"
	"ALTER TABLE crls ADD COLUMN ca_key {int} NOT NULL DEFAULT 0",

	/* Who may ask, and what was proved by signatures; once is the SHA-256
	 * of a request that such a proof came with. */
	"CREATE TABLE accounts ("
	" id {id},"
	" name TEXT NOT NULL,"
	" folded TEXT NOT NULL UNIQUE,"
	" sid TEXT NOT NULL UNIQUE,"
	" upn TEXT UNIQUE,"
	" identity {blob} NOT NULL,"
	" member_of TEXT NOT NULL) {strict};"
	"CREATE TABLE signers ("
	" request {int} NOT NULL REFERENCES requests (id),"
	" place {int} NOT NULL,"
	" serial {blob} NOT NULL,"
	" role {int} NOT NULL,"
	" PRIMARY KEY (request, place)) {strict};"
	"ALTER TABLE requests ADD COLUMN once {blob};"
	"CREATE INDEX requests_once ON requests (once)"
	" WHERE once IS NOT NULL",

	/* Secrets that were handed out, by their hashes, with what they are
	 * good for; and for each SCEP transaction, by the first bits of the
	 * hash of key and name, which request it was. */
	"CREATE TABLE challenges ("
	" id {id},"
	" hash {blob} NOT NULL UNIQUE,"
	" template TEXT NOT NULL,"
	" binding {blob} NOT NULL,"
	" made {int} NOT NULL,"
	" who TEXT NOT NULL,"
	" expires {int} NOT NULL,"
	" uses_left {int},"
	" used {int} NOT NULL,"
	" refused {int} NOT NULL,"
	" revoked {int},"
	" last_key {blob},"
	" last_request {int}) {strict};"
	"CREATE TABLE transactions ("
	" id {int} PRIMARY KEY,"
	" hash {blob} NOT NULL,"
	" asked {blob} NOT NULL,"
	" request {int} NOT NULL REFERENCES requests (id)) {strict}",
};

const struct db_schema ca_schema = { SIGNET_CA, migrations,
	sizeof(migrations) / sizeof(migrations[0]) };
